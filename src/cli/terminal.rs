//! The only writer to standard output and standard error.
//!
//! Invariant: data goes to standard output and nothing else does, so that a pipe gets exactly what
//! it was promised; everything meant for a person who waits goes to standard error. Colour and
//! moving bars appear only where a person looks.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// Where nothing tells how wide the terminal is: the width every terminal starts with.
pub const WIDTH_DEFAULT: usize = 80;

/// How often a bar is drawn: as often as an eye notices.
const REDRAWS_PER_SECOND: u8 = 10;

/// What a piece of text means, for its colour. The words must say it too: many read without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// In order.
    Good,
    /// Needs a look.
    Doubtful,
    /// Wrong.
    Bad,
    /// A heading.
    Strong,
    /// Of minor importance.
    Faint,
}

impl Tone {
    /// Select Graphic Rendition of ECMA-48 §8.3.117.
    const fn sgr(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "31",
            Self::Strong => "1",
            Self::Faint => "2",
        }
    }
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The two outputs of a command.
pub struct Terminal {
    data: Output,
    messages: Output,
    /// Somebody sees standard error, so bars may move there.
    attended: bool,
    width: usize,
}

struct Output {
    writer: Box<dyn Write + Send>,
    coloured: bool,
}

impl Terminal {
    /// Standard output and standard error of this process.
    pub fn standard(colour: Colour, width: Option<usize>) -> Self {
        let coloured = |terminal: bool| match colour {
            Colour::Auto => terminal,
            Colour::Always => true,
            Colour::Never => false,
        };
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let attended = stderr.is_terminal();
        Self {
            data: Output {
                coloured: coloured(stdout.is_terminal()),
                writer: Box::new(io::LineWriter::new(stdout)),
            },
            messages: Output { coloured: coloured(attended), writer: Box::new(stderr) },
            attended,
            width: width.unwrap_or(WIDTH_DEFAULT),
        }
    }

    /// Two writers of the caller, for tests: no colour, nobody watches.
    pub fn of(data: impl Write + Send + 'static, messages: impl Write + Send + 'static) -> Self {
        Self {
            data: Output { writer: Box::new(data), coloured: false },
            messages: Output { writer: Box::new(messages), coloured: false },
            attended: false,
            width: WIDTH_DEFAULT,
        }
    }

    /// Columns of the terminal.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Writes a line of data.
    pub fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.data.writer, "{text}")
    }

    /// Writes data as it is.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.data.writer.write_all(text.as_bytes())?;
        self.data.writer.flush()
    }

    /// Writes one JSON document: the form of data for programs.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(value)?;
        text.push('\n');
        self.text(&text)
    }

    /// Writes a line for the person who waits. That nobody reads it stops no work.
    pub fn note(&mut self, text: impl Display) {
        drop(writeln!(self.messages.writer, "{text}"));
    }

    /// Colours a piece of data.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        paint(self.data.coloured, tone, text)
    }

    /// Colours a piece of a message.
    pub fn paint_note(&self, tone: Tone, text: &str) -> String {
        paint(self.messages.coloured, tone, text)
    }

    /// A bar that shows how much of `length` is done; invisible where nobody looks. The caller
    /// clears it with `finish_and_clear` before it writes anything.
    pub fn progress(&self, length: u64, label: &'static str) -> ProgressBar {
        self.bar(length, label, "{msg} {wide_bar} {human_pos}/{human_len} · {per_sec} · {eta} left")
    }

    /// The same for bytes.
    pub fn progress_bytes(&self, length: u64, label: &'static str) -> ProgressBar {
        self.bar(
            length,
            label,
            "{msg} {wide_bar} {bytes}/{total_bytes} · {bytes_per_sec} · {eta} left",
        )
    }

    fn bar(&self, length: u64, label: &'static str, template: &str) -> ProgressBar {
        if !self.attended {
            return ProgressBar::hidden();
        }
        let target = ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND);
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_template| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(length), target).with_style(style);
        bar.set_message(label);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("width", &self.width).finish_non_exhaustive()
    }
}

fn paint(coloured: bool, tone: Tone, text: &str) -> String {
    if coloured { format!("\u{1b}[{}m{text}\u{1b}[0m", tone.sgr()) } else { text.to_owned() }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Keeps what is written, for a test to read afterwards.
    #[derive(Clone, Default)]
    pub(in crate::cli) struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        pub(in crate::cli) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A terminal, its data and its messages.
    pub(in crate::cli) fn kept() -> (Terminal, Kept, Kept) {
        let (data, messages) = (Kept::default(), Kept::default());
        (Terminal::of(data.clone(), messages.clone()), data, messages)
    }

    #[test]
    fn data_and_messages_never_mix() {
        let (mut terminal, data, messages) = kept();
        terminal.line("one").unwrap();
        terminal.note("waiting");
        terminal.json(&["two"]).unwrap();
        assert_eq!(data.text(), "one\n[\n  \"two\"\n]\n");
        assert_eq!(messages.text(), "waiting\n");
    }

    #[test]
    fn colour_appears_only_where_it_is_wanted() {
        assert_eq!(paint(false, Tone::Bad, "fail"), "fail");
        assert_eq!(paint(true, Tone::Bad, "fail"), "\u{1b}[31mfail\u{1b}[0m");
        assert_eq!(kept().0.paint(Tone::Bad, "fail"), "fail");
    }

    #[test]
    fn a_reader_that_went_away_stops_data_and_not_messages() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut terminal = Terminal::of(Gone, Gone);
        assert_eq!(terminal.line("data").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        terminal.note("message");
    }
}
