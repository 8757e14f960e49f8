//! An officer keeps a search, for the own use or for every officer of the organisation. What is kept is
//! the address of the search: it names no person, but it may name a case or an employee. That it is saved
//! or deleted is in the ledger; opening it is a search like any other. One that is weekly is counted for the digest.

use crate::domain::digest::DigestLanguage;
use crate::domain::id::{Oin, SavedSearchId, UserId};
use crate::domain::look::Look;
use crate::domain::purpose::Purpose;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::store::{self, NewEntry, Placed, SavedSearchRow, Tx};
use crate::vault::random;

use super::Gateway;
use super::call::{Call, Request};
use super::disclosures::{SearchDraft, visible_to};
use super::error::{Error, Result};
use super::once::{Encode, Keep, Refusal, Work};

pub mod question;

use question::Question;

/// Searches that one officer keeps at most.
pub const KEPT_MAX: i64 = 50;
/// Searches that are listed at most: those of an officer, and of others who share them.
const LISTED_MAX: u32 = 500;
/// Most characters in a name.
pub const NAME_CHARS_MAX: usize = 60;
/// Most bytes of an address.
const QUERY_BYTES_MAX: usize = 1_000;
/// More digits than this can be a number of a person.
const DIGITS_MAX: usize = 7;

/// A search that is to be kept.
#[derive(Debug, Clone, Default)]
pub struct SavedDraft {
    /// How the officer calls it.
    pub name: String,
    /// As the address has it.
    pub query: String,
    /// The same, read: what cannot be searched is not kept.
    pub search: SearchDraft,
    /// Whether every officer of the organisation sees it.
    pub is_shared: bool,
    /// In which language a weekly mail counts what is new of it; none: no mail does.
    pub weekly: Option<DigestLanguage>,
}

/// A search that was kept.
#[derive(Debug, Clone)]
pub struct SavedSearch {
    /// Its id.
    pub id: SavedSearchId,
    /// How the officer calls it.
    pub name: String,
    /// As the address has it.
    pub query: String,
    /// The same, read; none when it cannot be read any more.
    pub search: Option<SearchDraft>,
    /// Officer who keeps it.
    pub owner: UserId,
    /// Whether every officer of the organisation sees it.
    pub is_shared: bool,
    /// Whether a weekly mail counts what is new of it.
    pub is_weekly: bool,
    /// Whether the one who asks keeps it.
    pub is_own: bool,
    /// When it was saved.
    pub saved_at: Timestamp,
}

impl Gateway {
    /// Keeps a search that is no address of a page. What an address cannot say is refused.
    pub async fn keep_search(
        &self,
        call: &Call,
        request: &Request,
        (name, search): (String, SearchDraft),
        (is_shared, is_weekly): (bool, bool),
        encode: Encode<SavedSearchId>,
    ) -> Result<Vec<u8>> {
        self.require_officer(call).await?;
        let own = visible_to(call);
        let query = Question::of(&search, own.as_ref().map(Oin::as_str))?.text();
        let weekly = is_weekly.then_some(DigestLanguage::Dutch);
        let draft = SavedDraft { name, query, search, is_shared, weekly };
        self.save_search(call, request, draft, encode).await
    }

    /// Keeps a search. One that names an employee is for the own use only.
    pub async fn save_search(
        &self,
        call: &Call,
        request: &Request,
        draft: SavedDraft,
        encode: Encode<SavedSearchId>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let name = checked(&draft)?;
        // A key and a period are asked for when it is opened.
        let (_, purpose) = draft.search.parse_for_export(visible_to(call), None)?;
        let id = SavedSearchId::new(random::uuid_v7(call.now()).map_err(Error::internal)?);
        let size = self.db().read().await?.log_state().await?.map_or(0, |state| state.size);
        let row = SavedSearchRow {
            saved_search_id: id,
            oin: call.oin().clone(),
            user_id: call.actor.user_id.clone(),
            name: name.as_str().to_owned(),
            query: draft.query,
            is_shared: i64::from(draft.is_shared),
            saved_at: call.now(),
            weekly: draft.weekly,
            counted_at: call.now(),
            counted_size: size,
        };
        let entry = self.looked(call, (Look::SearchSaved, purpose), row.query.as_bytes())?;
        let work = Keeping { row, entry, deed: Deed::Save };
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }

    /// Deletes a search of the caller's own.
    pub async fn delete_search(
        &self,
        call: &Call,
        request: &Request,
        id: SavedSearchId,
        encode: Encode<SavedSearchId>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let Some(row) = self.own_search(call, id).await? else {
            return self.refuse_hidden(call).await;
        };
        let what = (Look::SearchDeleted, call.purpose_or(Purpose::PrivacyReview));
        let entry = self.looked(call, what, row.query.as_bytes())?;
        let work = Keeping { row, entry, deed: Deed::Delete };
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }

    /// Has a search of the caller's own counted weekly from now on, or not any more. One that is counted
    /// already goes on from where it was, in its language. In the ledger it is kept once more.
    pub async fn count_weekly(
        &self,
        call: &Call,
        request: &Request,
        (id, weekly): (SavedSearchId, Option<DigestLanguage>),
        encode: Encode<SavedSearchId>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        self.require_officer(call).await?;
        let Some(mut row) = self.own_search(call, id).await? else {
            return self.refuse_hidden(call).await;
        };
        row.weekly = weekly.map(|asked| row.weekly.unwrap_or(asked));
        row.counted_at = call.now();
        row.counted_size = self.db().read().await?.log_state().await?.map_or(0, |state| state.size);
        let what = (Look::SearchSaved, call.purpose_or(Purpose::PrivacyReview));
        let entry = self.looked(call, what, row.query.as_bytes())?;
        let work = Keeping { row, entry, deed: Deed::Mark };
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }

    async fn own_search(&self, call: &Call, id: SavedSearchId) -> Result<Option<SavedSearchRow>> {
        let row = self.db().read().await?.saved_search(id).await?;
        let own =
            |row: &SavedSearchRow| row.oin == *call.oin() && row.user_id == call.actor.user_id;
        Ok(row.filter(own))
    }

    /// The searches of the caller, and then those that others of the organisation share. The list says
    /// nothing about the ledger, so it is no look.
    pub async fn saved_searches(&self, call: &Call) -> Result<Vec<SavedSearch>> {
        self.require_officer(call).await?;
        let whose = (call.oin(), &call.actor.user_id);
        let rows = self.db().read().await?.saved_searches(whose, LISTED_MAX).await?;
        let own = visible_to(call);
        let own = own.as_ref().map(Oin::as_str);
        let saved = |row: SavedSearchRow| SavedSearch {
            id: row.saved_search_id,
            search: Question::read(&row.query).and_then(|question| question.draft(own)),
            name: row.name,
            query: row.query,
            is_own: row.user_id == call.actor.user_id,
            owner: row.user_id,
            is_shared: row.is_shared != 0,
            is_weekly: row.weekly.is_some(),
            saved_at: row.saved_at,
        };
        Ok(rows.into_iter().map(saved).collect())
    }
}

fn checked(draft: &SavedDraft) -> Result<Line<NAME_CHARS_MAX>> {
    let mut violations = Violations::new();
    let name: Option<Line<NAME_CHARS_MAX>> = violations.take("name", draft.name.trim().parse());
    let words = "must hold at most 7 digits: more can be a number of a person";
    violations.require(!may_name_person(&draft.name), "name", "NAMES_PERSON", words);
    let search = &draft.search;
    let words = "must not name a person";
    let no_person = search.subject_pseudonym.is_empty() && search.subject_of.is_none();
    violations.require(no_person, "query", "NAMES_PERSON", words);
    let alone = !draft.is_shared || search.actor_user_id.is_empty();
    let words = "a search for an employee is for the own use";
    violations.require(alone, "shared", "EMPLOYEE_NOT_SHARED", words);
    let fits = draft.query.len() <= QUERY_BYTES_MAX;
    violations.require(fits, "query", "TOO_LONG", "must be at most 1000 bytes");
    violations.into_result(name)?.ok_or_else(Error::hidden)
}

/// Whoever types a BSN into a name is stopped, whatever they write between its digits.
fn may_name_person(name: &str) -> bool {
    name.chars().filter(|character| character.is_numeric()).count() > DIGITS_MAX
}

struct Keeping {
    row: SavedSearchRow,
    entry: NewEntry,
    deed: Deed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Save,
    Delete,
    /// Counted weekly, or not any more.
    Mark,
}

impl Work for Keeping {
    type Answer = SavedSearchId;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let row = &self.row;
        let id = row.saved_search_id;
        if self.deed == Deed::Save {
            let kept = tx.saved_search_count((&row.oin, &row.user_id)).await?;
            if kept >= KEPT_MAX {
                let words = format!("an officer keeps at most {KEPT_MAX} searches");
                return Ok(Err(Error::unmet("SEARCHES_KEPT", words).into()));
            }
            tx.insert_saved_search(row).await?;
        } else {
            let done = if self.deed == Deed::Delete {
                tx.delete_saved_search(id).await
            } else {
                let counted = (row.counted_at, row.counted_size);
                tx.mark_saved_search((id, row.weekly), counted).await
            };
            match done {
                Ok(()) => {}
                // Somebody was quicker.
                Err(store::Error::Conflict) => return Ok(Err(Error::Busy.into())),
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(vec![self.entry.clone()]))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<SavedSearchId> {
        Ok(self.row.saved_search_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_a_person_is_seen_through_what_stands_between_its_digits() {
        for name in
            ["999990044", "Zaak 999 990 044", "9999.90.044", "9a9b9c9d9e0f0g4h4", "1-2-3-4-5-6-7-8"]
        {
            assert!(may_name_person(name), "{name}");
        }
        for name in ["Noodtoegang", "2026, kwartaal 3", "Week 12 t/m 26 van 202", "1234567"] {
            assert!(!may_name_person(name), "{name}");
        }
    }

    #[test]
    fn a_search_about_a_person_is_not_kept_however_it_names_them() {
        let draft = |search| SavedDraft { name: "x".to_owned(), search, ..SavedDraft::default() };
        let by_entry = SearchDraft { subject_of: Some(7), ..SearchDraft::default() };
        let by_pseudonym =
            SearchDraft { subject_pseudonym: "ab".repeat(32), ..SearchDraft::default() };
        for search in [by_entry, by_pseudonym] {
            let Err(Error::Invalid(violations)) = checked(&draft(search)) else { panic!() };
            assert!(
                violations.iter().any(|one| one.rule == "NAMES_PERSON" && one.field == "query")
            );
        }
        assert!(checked(&draft(SearchDraft::default())).is_ok());
    }
}
