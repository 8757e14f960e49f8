//! Pages of a list: how many, and where to go on.
//!
//! Invariant: a token belongs to one list, one caller and one set of conditions. It says where a
//! page ended and nothing that its holder does not know.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::convert::Reader;
use crate::domain::id::Oin;
use crate::domain::time::Timestamp;
use crate::gateway::Error;
use crate::gateway::disclosures::PageStart;

/// Page size when the caller names none.
const SIZE_DEFAULT: u32 = 50;
/// Largest page; a larger wish is cut.
const SIZE_MAX: u32 = 500;
/// Bytes of the digest in a token: enough to tell lists apart.
const DIGEST_BYTES: usize = 16;

/// The lists that have pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Organisations,
    ReferralStatuses,
    SummaryRevisions,
    Notices,
    Disclosures,
    ReferralChanges,
    Reviews,
    ReviewChanges,
    Incidents,
    Reports,
    SubjectRequests,
    AccessReport,
    BreachScope,
    Holds,
    Signals,
    Suppressions,
    OwnLooks,
    Questions,
}

/// A list as one caller asked for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query([u8; DIGEST_BYTES]);

impl Query {
    /// `conditions` are the fields of the request that choose what is in the list.
    pub(super) fn new(list: List, caller: &Oin, conditions: &[u8]) -> Self {
        let number = match list {
            List::Organisations => 1,
            List::ReferralStatuses => 2,
            List::SummaryRevisions => 3,
            List::Notices => 4,
            List::Disclosures => 5,
            List::ReferralChanges => 6,
            List::Reviews => 7,
            List::ReviewChanges => 8,
            List::Incidents => 9,
            List::Reports => 10,
            List::SubjectRequests => 11,
            List::AccessReport => 12,
            List::BreachScope => 13,
            List::Holds => 14,
            List::Signals => 15,
            List::Suppressions => 16,
            List::OwnLooks => 17,
            List::Questions => 18,
        };
        // Every OIN is 20 bytes, so the parts cannot run into each other.
        let whole = [&[number], caller.as_bytes(), conditions].concat();
        let mut short = [0; DIGEST_BYTES];
        for (to, from) in short.iter_mut().zip(digest(&SHA256, &whole).as_ref()) {
            *to = *from;
        }
        Self(short)
    }

    /// A token for the place after a page.
    pub(super) fn token(self, position: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([&self.0, position].concat())
    }

    /// The place that a token stands for; none for an empty token.
    pub(super) fn position<T>(
        self,
        token: &str,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).or(Err(Error::PageToken))?;
        let position = bytes.strip_prefix(&self.0).ok_or(Error::PageToken)?;
        read(position).map(Some).ok_or(Error::PageToken)
    }
}

/// Where a page of entries begins, as a token has it.
pub(super) fn start(position: &[u8]) -> Option<PageStart> {
    let (after, tree_size) = position.split_first_chunk()?;
    let (after, tree_size) = (i64::from_be_bytes(*after), tree_size.try_into().ok()?);
    Some(PageStart { after, tree_size: i64::from_be_bytes(tree_size) })
}

/// The token of the page of entries that follows.
pub(super) fn next(query: Query, after: Option<i64>, tree_size: i64) -> String {
    let next = after.map(|after| [after, tree_size].map(i64::to_be_bytes));
    next.map_or_else(String::new, |next| query.token(next.as_flattened()))
}

/// The token of the page that follows these; empty when the page is not full, and so the last.
pub(super) fn after<T>(
    query: Query,
    found: &[T],
    size: u32,
    place: impl FnOnce(&T) -> Vec<u8>,
) -> String {
    let is_full = u32::try_from(found.len()).is_ok_and(|found| found >= size);
    found.last().filter(|_| is_full).map_or_else(String::new, |last| query.token(&place(last)))
}

/// A place in a list that is ordered by a moment and an id.
pub(super) fn place(at: Timestamp, id: &[u8; 16]) -> Vec<u8> {
    [at.as_micros().to_be_bytes().as_slice(), id].concat()
}

/// Reads it.
pub(super) fn placed(position: &[u8]) -> Option<(Timestamp, [u8; 16])> {
    let (at, id) = position.split_first_chunk()?;
    Some((Timestamp::from_micros(i64::from_be_bytes(*at))?, id.try_into().ok()?))
}

/// How many to put in a page.
pub(super) fn size(asked: i32, reader: &mut Reader) -> u32 {
    match u32::try_from(asked) {
        Ok(0) => SIZE_DEFAULT,
        Ok(asked) => asked.min(SIZE_MAX),
        Err(_) => {
            reader.wrong("page_size", "OUT_OF_RANGE", "must not be negative");
            SIZE_DEFAULT
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(list: List, oin: &str, conditions: &[u8]) -> Query {
        Query::new(list, &oin.parse().unwrap(), conditions)
    }

    #[test]
    fn a_token_leads_back_to_its_place_in_its_own_list_only() {
        let (police, other) = ("00000099000000002000", "00000099000000003000");
        let mine = query(List::ReferralStatuses, police, b"x");
        let token = mine.token(b"here");
        let read = |query: Query, token: &str| query.position(token, |at| Some(at.to_vec()));
        assert_eq!(read(mine, &token).unwrap(), Some(b"here".to_vec()));
        assert_eq!(read(mine, "").unwrap(), None);
        for foreign in [
            query(List::ReferralStatuses, police, b"y"),
            query(List::ReferralStatuses, other, b"x"),
            query(List::Organisations, police, b"x"),
        ] {
            assert!(matches!(read(foreign, &token), Err(Error::PageToken)));
        }
        for bad in ["?", "AAAA", "é"] {
            assert!(matches!(read(mine, bad), Err(Error::PageToken)), "{bad}");
        }
        assert!(matches!(mine.position(&token, |_| None::<()>), Err(Error::PageToken)));
    }

    #[test]
    fn a_page_has_a_default_and_a_limit() {
        let mut reader = Reader::default();
        assert_eq!([0, 7, 500, 501].map(|n| size(n, &mut reader)), [50, 7, 500, 500]);
        assert!(reader.finish(Some(())).is_ok());
        let mut reader = Reader::default();
        size(-1, &mut reader);
        assert!(reader.finish(Some(())).is_err());
    }
}
