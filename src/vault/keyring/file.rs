//! The text of a key file, one secret a line.
//!
//! ```text
//! # A comment; blank lines are allowed too.
//! kek 2027-01 <base64 of 32 bytes>
//! kek 2026-01 <base64 of 32 bytes>
//! pseudonym <base64 of 32 bytes>
//! opening <base64 of 32 bytes>
//! idempotency <base64 of 32 bytes>
//! log <base64 of 32 bytes>
//! receipt <base64 of 32 bytes>
//! session <base64 of 32 bytes>
//! ```
//!
//! The first kek is the current one. Reading is strict: every name once, nothing unknown, nothing
//! missing, no secret twice. An error names the line and never shows what stands in it, because a
//! secret may stand in the wrong place.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{KEKS_MAX, Kek, KekId, Keyring, OpeningKey, Seed32, SessionKey};
use crate::vault::pseudonym::{IdempotencyKey, PseudonymKey};
use crate::vault::secret::{SECRET_LEN, Secret32};

const HEAD: &str = "\
# Key file of a Ketenpoort gateway. Whoever reads it can read all sealed content: owner only (0600),
# and a backup apart from that of the database.
# The first kek encrypts, every kek decrypts. Delete an old kek only when no key is wrapped by it.
";

/// What a key file may not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// A line is wrong.
    #[error("line {number} of the key file: {fault}")]
    Line {
        /// Number of the line, from 1.
        number: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// A secret is missing.
    #[error("the key file has no line `{name}`")]
    Missing {
        /// The first word of the missing line.
        name: &'static str,
    },
}

/// What is wrong with a line of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// The first word says nothing.
    #[error("must start with kek, pseudonym, opening, idempotency, log, receipt or session")]
    UnknownName,
    /// Too many or too few words.
    #[error("must be `kek <id> <secret>` or `<name> <secret>`")]
    WordCount,
    /// The kek has no proper id.
    #[error("the kek id must be 1 to 32 of A-Z a-z 0-9 . _ -")]
    KekId,
    /// The last word is no secret.
    #[error("the secret must be the base64 of 32 bytes, 44 characters")]
    Secret,
    /// The secret is a placeholder.
    #[error("the secret is all zero")]
    ZeroSecret,
    /// The secret serves another line already.
    #[error("the secret stands in an earlier line too; every line needs its own")]
    RepeatedSecret,
    /// The name or kek id stands in an earlier line.
    #[error("the name or kek id stands in an earlier line too")]
    RepeatedName,
    /// The file has too many keks.
    #[error("a key file has at most {KEKS_MAX} keks")]
    TooManyKeks,
}

impl Keyring {
    /// Reads the text of a key file. The caller wipes the text.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut draft = Draft::default();
        for (line, number) in text.lines().zip(1..) {
            draft.read(line).map_err(|fault| KeyFileError::Line { number, fault })?;
        }
        draft.finish()
    }

    /// The text of a key file with these secrets.
    pub fn to_file_text(&self) -> Zeroizing<String> {
        // Room for all of it: a text that grows would leave a copy of secrets behind.
        const LINE_LEN_MAX: usize = 96;
        let mut text =
            Zeroizing::new(String::with_capacity(HEAD.len() + LINE_LEN_MAX * (KEKS_MAX + 6)));
        text.push_str(HEAD);
        for kek in self.keks() {
            push_line(&mut text, &["kek", kek.id.as_str()], &kek.secret);
        }
        push_line(&mut text, &["pseudonym"], self.pseudonym.secret());
        push_line(&mut text, &["opening"], &self.opening.0);
        push_line(&mut text, &["idempotency"], self.idempotency.secret());
        push_line(&mut text, &["log"], &self.log.0);
        push_line(&mut text, &["receipt"], &self.receipt.0);
        push_line(&mut text, &["session"], &self.session.0);
        text
    }
}

fn push_line(text: &mut String, words: &[&str], secret: &Secret32) {
    for word in words {
        text.push_str(word);
        text.push(' ');
    }
    STANDARD.encode_string(secret.as_bytes(), text);
    text.push('\n');
}

/// What was read so far.
#[derive(Default)]
struct Draft {
    keks: Vec<Kek>,
    pseudonym: Option<Secret32>,
    opening: Option<Secret32>,
    idempotency: Option<Secret32>,
    log: Option<Secret32>,
    receipt: Option<Secret32>,
    session: Option<Secret32>,
}

impl Draft {
    fn read(&mut self, line: &str) -> Result<(), LineFault> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match *words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["kek", id, secret] => self.read_kek(id, secret),
            ["kek", ..] => Err(LineFault::WordCount),
            [name, ref words @ ..] => self.read_named(name, words),
        }
    }

    fn read_kek(&mut self, id: &str, secret: &str) -> Result<(), LineFault> {
        let id: KekId = id.parse().or(Err(LineFault::KekId))?;
        if self.keks.iter().any(|kek| kek.id == id) {
            return Err(LineFault::RepeatedName);
        }
        if self.keks.len() >= KEKS_MAX {
            return Err(LineFault::TooManyKeks);
        }
        let secret = self.decode(secret)?;
        self.keks.push(Kek { id, secret });
        Ok(())
    }

    fn read_named(&mut self, name: &str, words: &[&str]) -> Result<(), LineFault> {
        if self.slot(name).ok_or(LineFault::UnknownName)?.is_some() {
            return Err(LineFault::RepeatedName);
        }
        let [secret] = *words else { return Err(LineFault::WordCount) };
        let secret = self.decode(secret)?;
        *self.slot(name).ok_or(LineFault::UnknownName)? = Some(secret);
        Ok(())
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<Secret32>> {
        match name {
            "pseudonym" => Some(&mut self.pseudonym),
            "opening" => Some(&mut self.opening),
            "idempotency" => Some(&mut self.idempotency),
            "log" => Some(&mut self.log),
            "receipt" => Some(&mut self.receipt),
            "session" => Some(&mut self.session),
            _ => None,
        }
    }

    /// Reads a secret that no earlier line has.
    fn decode(&self, text: &str) -> Result<Secret32, LineFault> {
        // The decoder wants room for a multiple of three bytes.
        let mut buffer = Zeroizing::new([0; SECRET_LEN + 1]);
        let len = STANDARD.decode_slice(text, buffer.as_mut_slice()).or(Err(LineFault::Secret))?;
        let bytes = buffer.get(..len).ok_or(LineFault::Secret)?;
        let secret = Secret32::from_slice(bytes).ok_or(LineFault::Secret)?;
        if secret.is_same(&Secret32::zeroed()) {
            return Err(LineFault::ZeroSecret);
        }
        let keys = [&self.pseudonym, &self.opening, &self.idempotency];
        let named = keys.into_iter().chain([&self.log, &self.receipt, &self.session]).flatten();
        let mut earlier = self.keks.iter().map(|kek| &kek.secret).chain(named);
        if earlier.any(|earlier| earlier.is_same(&secret)) {
            return Err(LineFault::RepeatedSecret);
        }
        Ok(secret)
    }

    fn finish(self) -> Result<Keyring, KeyFileError> {
        fn found<T>(value: Option<T>, name: &'static str) -> Result<T, KeyFileError> {
            value.ok_or(KeyFileError::Missing { name })
        }
        let mut keks = self.keks.into_iter();
        Ok(Keyring {
            current: found(keks.next(), "kek")?,
            older: keks.collect(),
            pseudonym: PseudonymKey::new(found(self.pseudonym, "pseudonym")?),
            opening: OpeningKey(found(self.opening, "opening")?),
            idempotency: IdempotencyKey::new(found(self.idempotency, "idempotency")?),
            log: Seed32(found(self.log, "log")?),
            receipt: Seed32(found(self.receipt, "receipt")?),
            session: SessionKey(found(self.session, "session")?),
        })
    }
}

#[cfg(test)]
mod tests;
