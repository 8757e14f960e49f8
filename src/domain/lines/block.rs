//! The columns of up to 4096 entries, and the bytes that keep them.

use super::{BLOCK_LINES, Line};
use crate::domain::event::Disposition;
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;

/// The layout of the bytes.
const LAYOUT: u8 = 1;
/// No organisation.
const NOBODY: u16 = u16::MAX;

/// Columns of entries in the order of the ledger. Organisations are numbers of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// Position in the ledger from which places are counted.
    first: i64,
    parties: Vec<Oin>,
    rows: Vec<Row>,
}

/// One line, with numbers for organisations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) at: i64,
    /// Position behind the first of the block.
    pub(super) place: u16,
    pub(super) categories: u16,
    pub(super) actor: u16,
    pub(super) sender: u16,
    pub(super) recipient: u16,
    pub(super) event: u8,
    pub(super) disposition: Disposition,
    pub(super) denial: u8,
    pub(super) purpose: u8,
    pub(super) basis: u8,
}

/// Bytes that are not a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a block of search lines")]
pub struct InvalidBlock;

impl Block {
    /// A block of lines from position `first` on. Lines that do not stand in the [`BLOCK_LINES`]
    /// positions from there, or not in their order, are no block.
    pub fn new(first: i64, lines: impl IntoIterator<Item = Line>) -> Result<Self, InvalidBlock> {
        let mut block = Self { first, ..Self::default() };
        for line in lines {
            let row = block.row(&line)?;
            block.rows.push(row);
        }
        block.checked()
    }

    fn checked(self) -> Result<Self, InvalidBlock> {
        let in_order = self.rows.is_sorted_by(|one, next| one.place < next.place);
        let fits = self.rows.last().is_none_or(|row| usize::from(row.place) < BLOCK_LINES);
        if in_order && fits && self.first >= 0 { Ok(self) } else { Err(InvalidBlock) }
    }

    /// How many lines it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The earliest and the latest moment.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.rows.iter().map(|row| row.at).min()?;
        let last = self.rows.iter().map(|row| row.at).max()?;
        Some((Timestamp::from_micros(first)?, Timestamp::from_micros(last)?))
    }

    /// Position in the ledger of a line.
    pub(super) fn idx(&self, row: &Row) -> i64 {
        self.first.saturating_add(i64::from(row.place))
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The number of an organisation; none when no line has it.
    pub(super) fn number(&self, party: &Oin) -> Option<u16> {
        let place = self.parties.iter().position(|one| one == party)?;
        u16::try_from(place).ok()
    }

    /// The organisations, by number.
    pub(super) fn parties(&self) -> &[Oin] {
        &self.parties
    }

    fn row(&mut self, line: &Line) -> Result<Row, InvalidBlock> {
        Ok(Row {
            at: line.at.as_micros(),
            place: u16::try_from(line.idx - self.first).or(Err(InvalidBlock))?,
            categories: line.categories,
            actor: self.numbered(Some(&line.actor))?,
            sender: self.numbered(line.sender.as_ref())?,
            recipient: self.numbered(line.recipient.as_ref())?,
            event: line.event,
            disposition: line.disposition,
            denial: line.denial,
            purpose: line.purpose,
            basis: line.basis,
        })
    }

    fn numbered(&mut self, party: Option<&Oin>) -> Result<u16, InvalidBlock> {
        let Some(party) = party else { return Ok(NOBODY) };
        if let Some(number) = self.number(party) {
            return Ok(number);
        }
        let number = u16::try_from(self.parties.len()).or(Err(InvalidBlock))?;
        self.parties.push(party.clone());
        if number == NOBODY { Err(InvalidBlock) } else { Ok(number) }
    }

    /// The bytes, which the store keeps.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![LAYOUT];
        bytes.extend(self.first.to_be_bytes());
        let count = |len: usize| u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
        bytes.extend(count(self.parties.len()));
        for party in &self.parties {
            bytes.extend(party.as_str().as_bytes());
        }
        bytes.extend(count(self.rows.len()));
        for row in &self.rows {
            bytes.extend(row.to_bytes());
        }
        bytes
    }

    /// Reads the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidBlock> {
        let mut rest = Rest(bytes);
        let [LAYOUT] = rest.take()? else { return Err(InvalidBlock) };
        let first = i64::from_be_bytes(rest.take()?);
        let parties = (0..u16::from_be_bytes(rest.take()?)).map(|_| {
            let digits: [u8; 20] = rest.take()?;
            let digits = std::str::from_utf8(&digits).or(Err(InvalidBlock))?;
            digits.parse().or(Err(InvalidBlock))
        });
        let parties = parties.collect::<Result<Vec<Oin>, _>>()?;
        let rows = (0..u16::from_be_bytes(rest.take()?)).map(|_| Row::from_bytes(&rest.take()?));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        if !rest.0.is_empty() {
            return Err(InvalidBlock);
        }
        Self { first, parties, rows }.checked()
    }
}

impl Row {
    const BYTES: usize = 23;

    fn to_bytes(self) -> impl Iterator<Item = u8> {
        let numbers = [self.place, self.categories, self.actor, self.sender, self.recipient];
        let codes = [
            self.event,
            u8::try_from(self.disposition.number()).unwrap_or(0),
            self.denial,
            self.purpose,
            self.basis,
        ];
        let at = self.at.to_be_bytes().into_iter();
        at.chain(numbers.into_iter().flat_map(u16::to_be_bytes)).chain(codes)
    }

    fn from_bytes(bytes: &[u8; Self::BYTES]) -> Result<Self, InvalidBlock> {
        let mut rest = Rest(bytes);
        let at = i64::from_be_bytes(rest.take()?);
        let mut number = || Ok(u16::from_be_bytes(rest.take()?));
        let (place, categories) = (number()?, number()?);
        let (actor, sender, recipient) = (number()?, number()?, number()?);
        let [event, disposition, denial, purpose, basis] = rest.take()?;
        let disposition = Disposition::from_number(disposition.into()).ok_or(InvalidBlock)?;
        Ok(Self {
            at,
            place,
            categories,
            actor,
            sender,
            recipient,
            event,
            disposition,
            denial,
            purpose,
            basis,
        })
    }
}

/// Bytes that were not read yet.
struct Rest<'b>(&'b [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], InvalidBlock> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(InvalidBlock)?;
        self.0 = rest;
        Ok(*head)
    }
}
