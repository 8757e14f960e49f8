//! How the story reads on the terminal: steps with their moment, what happened, what was refused.

use std::io;

use crate::cli::terminal::{Terminal, Tone};

/// Columns before the text of a step: its number.
const INDENT: usize = 5;

/// Tells the story. What it is given never holds a value of a person.
pub(super) struct Narrator<'a> {
    terminal: &'a mut Terminal,
}

impl<'a> Narrator<'a> {
    /// Tells on a terminal.
    pub(super) const fn new(terminal: &'a mut Terminal) -> Self {
        Self { terminal }
    }

    /// A part of the story.
    pub(super) fn chapter(&mut self, title: &str) -> io::Result<()> {
        let title = self.terminal.paint(Tone::Strong, title);
        self.terminal.line(format_args!("\n{title}"))
    }

    /// A step: its number as in the domain model, its moment unless it is that of the step before,
    /// and who does what.
    pub(super) fn step(&mut self, number: &str, moment: &str, sentence: &str) -> io::Result<()> {
        let number = format!("{number:<INDENT$}");
        self.terminal.line("")?;
        if moment.is_empty() {
            return self.wrapped(&number, sentence);
        }
        let moment = self.terminal.paint(Tone::Faint, moment);
        self.terminal.line(format_args!("{number}{moment}"))?;
        self.wrapped("", sentence)
    }

    /// Something happened as it should.
    pub(super) fn happened(&mut self, sentence: &str) -> io::Result<()> {
        let mark = self.terminal.paint(Tone::Good, "yes ");
        self.marked(&mark, sentence)
    }

    /// Something was refused as it should.
    pub(super) fn refused(&mut self, refusal: &str, sentence: &str) -> io::Result<()> {
        let mark = self.terminal.paint(Tone::Doubtful, "no  ");
        let refusal = self.terminal.paint(Tone::Doubtful, refusal);
        self.terminal.line(format_args!("{:INDENT$}{mark}{refusal}", ""))?;
        self.marked("    ", sentence)
    }

    /// How far the ledger is.
    pub(super) fn ledger(&mut self, size: u64, grown: u64) -> io::Result<()> {
        let line = format!("ledger {size} entries, {grown} new");
        let line = self.terminal.paint(Tone::Faint, &line);
        self.terminal.line(format_args!("{:INDENT$}{line}", ""))
    }

    fn marked(&mut self, mark: &str, sentence: &str) -> io::Result<()> {
        let mut lines = wrap(sentence, self.width().saturating_sub(4)).into_iter();
        let first = lines.next().unwrap_or_default();
        self.terminal.line(format_args!("{:INDENT$}{mark}{first}", ""))?;
        lines.try_for_each(|line| self.terminal.line(format_args!("{:INDENT$}    {line}", "")))
    }

    fn wrapped(&mut self, first: &str, sentence: &str) -> io::Result<()> {
        let mut head = first;
        for line in wrap(sentence, self.width()) {
            self.terminal.line(format_args!("{head:INDENT$}{line}"))?;
            head = "";
        }
        Ok(())
    }

    /// Columns for text. Longer lines are hard to read on any screen.
    const fn width(&self) -> usize {
        let width = self.terminal.width();
        let width = if width > 100 { 100 } else { width };
        width.saturating_sub(INDENT)
    }
}

/// Breaks a sentence between words. A word that is longer than a line stands alone on its line.
fn wrap(sentence: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::tests::kept;

    #[test]
    fn a_step_shows_its_number_moment_and_outcome() {
        let (mut terminal, data, _) = kept();
        let mut narrator = Narrator::new(&mut terminal);
        narrator.step("1", "Thu 2026-03-12 01:52", "The police submit a referral.").unwrap();
        narrator.happened("It is stored.").unwrap();
        narrator.step("1o", "", "The GGZ tries it too.").unwrap();
        narrator.refused("PERMISSION_DENIED", "Only the police may.").unwrap();
        narrator.ledger(8, 4).unwrap();
        assert_eq!(
            data.text(),
            "\n1    Thu 2026-03-12 01:52\n     The police submit a referral.\n     \
             yes It is stored.\n\n1o   The GGZ tries it too.\n     \
             no  PERMISSION_DENIED\n         Only the police may.\n     ledger 8 entries, 4 new\n"
        );
    }

    #[test]
    fn sentences_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("indivisible word", 4), ["indivisible", "word"]);
        assert_eq!(wrap("één twee", 8), ["één twee"]);
    }
}
