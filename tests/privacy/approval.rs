//! A report is prepared by one officer and approved by another: what is approved is what is sent.

use std::time::Duration;

use ketenpoort::domain::deadline::PostponementReason;
use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::id::SubjectRequestId;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::subject_request::{
    Ending, RequestState, SubjectRequestDraft, WithheldDraft, WithholdingGround,
};
use ketenpoort::gateway::access_report::{AccessReport, Reading};
use ketenpoort::gateway::deadlines::informing::PostponementDraft;
use ketenpoort::gateway::subject_requests::RequestView;
use ketenpoort::gateway::subject_requests::preparing::{Approving, Preparing};
use ketenpoort::gateway::{Call, Error, Request};
use ketenpoort::ledger::entry::{Body, Entry};
use ketenpoort::store::{self, Db, KeyDb};

use super::house::{CASE, GGZ, House, STEUNPUNT, at, new_request};

/// A request of the mother, who signed a consent, and whom the police reported.
struct Asked {
    house: House,
    id: SubjectRequestId,
}

fn digest_of(view: &RequestView) -> Vec<u8> {
    view.report.as_ref().unwrap().digest.to_vec()
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::Precondition(unmet) => unmet.first().map_or("", |one| one.code),
        Error::Invalid(violations) => violations.iter().next().map_or("", |one| one.rule),
        Error::Denied { reason: None } => "HIDDEN",
        Error::Denied { .. }
        | Error::NotInRegion
        | Error::Reused(_)
        | Error::RevisionMismatch
        | Error::PageToken
        | Error::Busy
        | Error::LedgerUnavailable(_)
        | Error::OutcomeUnknown
        | Error::Internal(_) => panic!("another refusal: {error}"),
    }
}

impl Asked {
    async fn open() -> Self {
        let house = House::open().await;
        house.case_with_summary().await;
        house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
        Self::about_the_mother(house).await
    }

    /// Another request of hers, that comes in now.
    async fn another(self) -> Self {
        Self::about_the_mother(self.house).await
    }

    async fn about_the_mother(house: House) -> Self {
        let draft = SubjectRequestDraft {
            subject_person_key: "mother".to_owned(),
            capacity: 1,
            identity_check: 1,
            received_at: Some(house.gateway.clock().now()),
            ..SubjectRequestDraft::default()
        };
        let officer = house.call_of(STEUNPUNT, "fg-1", UserRole::PrivacyOfficer);
        let request = new_request("OpenDataSubjectRequest");
        let asked = (CASE.parse().unwrap(), draft);
        let encode = |view: &RequestView| view.id.to_string().into_bytes();
        let id = house.gateway.open_subject_request(&officer, &request, asked, encode).await;
        let id = String::from_utf8(id.unwrap()).unwrap().parse().unwrap();
        Self { house, id }
    }

    fn officer(&self, user: &str) -> Call {
        self.house.call_of(STEUNPUNT, user, UserRole::PrivacyOfficer)
    }

    async fn read(&self, user: &str, reading: Reading) -> Result<AccessReport, Error> {
        self.house.gateway.read_access_report(&self.officer(user), self.id, reading).await
    }

    async fn prepare(&self, withheld: &[(i64, i32)]) -> Result<[u8; 32], Error> {
        let tree_size = self.read("fg-1", Reading::Anew(None)).await?.tree_size;
        self.prepare_at(tree_size, withheld).await
    }

    async fn prepare_at(&self, tree_size: i64, withheld: &[(i64, i32)]) -> Result<[u8; 32], Error> {
        let draft = |(entry_index, ground): &(i64, i32)| WithheldDraft {
            entry_index: *entry_index,
            ground: *ground,
        };
        let withheld = withheld.iter().map(draft).collect();
        let preparing = Preparing { id: self.id, tree_size, withheld };
        let request = new_request("PrepareAccessReport");
        let call = self.officer("fg-1");
        let gateway = &self.house.gateway;
        let digest = gateway.prepare_access_report(&call, &request, preparing, digest_of).await?;
        Ok(digest.try_into().unwrap())
    }

    async fn approve(&self, user: &str, digest: [u8; 32]) -> Result<Vec<u8>, Error> {
        let request = new_request("ApproveAccessReport");
        self.approve_as(&self.officer(user), &request, digest).await
    }

    async fn approve_as(
        &self,
        call: &Call,
        request: &Request,
        digest: [u8; 32],
    ) -> Result<Vec<u8>, Error> {
        let approving = Approving { id: self.id, digest };
        self.house.gateway.approve_access_report(call, request, approving, digest_of).await
    }

    async fn close(&self, ending: Ending) -> Result<Vec<u8>, Error> {
        let request = new_request("CloseDataSubjectRequest");
        let closing = (self.id, ending);
        let call = self.officer("fg-1");
        self.house.gateway.close_subject_request(&call, &request, closing, |_| Vec::new()).await
    }

    /// Who did it, count and digest of the entries about reports.
    async fn reported(&self) -> Vec<(String, u64, [u8; 32])> {
        let mut tx = self.house.db().await.read().await.unwrap();
        let mut found = Vec::new();
        for leaf in tx.leaves(0, 10_000).await.unwrap() {
            let entry = Entry::decode(&leaf.entry).unwrap();
            if entry.event != EventCode::DsarReported.number() {
                continue;
            }
            let row = tx.disclosure(leaf.idx).await.unwrap().unwrap();
            let Body::Administration(about) = entry.body else { panic!("{:?}", entry.body) };
            found.push((row.actor_user_id.to_string(), about.count, about.digest));
        }
        found
    }
}

#[tokio::test]
async fn only_what_another_officer_approved_is_final_and_closes_the_request() {
    let asked = Asked::open().await;
    assert_eq!(code(&asked.approve("fg-2", [0; 32]).await.unwrap_err()), "REPORT_PREPARED");
    let digest = asked.prepare(&[]).await.unwrap();
    let draft = asked.read("fg-2", Reading::Prepared).await.unwrap();
    assert_eq!((draft.is_draft, draft.request.life.state), (true, RequestState::Open));
    assert_eq!(code(&asked.read("fg-1", Reading::Approved).await.unwrap_err()), "REPORT_APPROVED");
    assert_eq!(code(&asked.close(Ending::Answered).await.unwrap_err()), "REQUEST_STATE");

    assert_eq!(code(&asked.approve("fg-1", digest).await.unwrap_err()), "SECOND_OFFICER");
    assert_eq!(code(&asked.approve("fg-2", [7; 32]).await.unwrap_err()), "REPORT_UNCHANGED");
    let ggz = asked.house.call_of(GGZ, "fg-2", UserRole::PrivacyOfficer);
    let request = new_request("ApproveAccessReport");
    let refused = asked.approve_as(&ggz, &request, digest).await.unwrap_err();
    assert_eq!(code(&refused), "HIDDEN", "an officer of another organisation");

    let second = asked.officer("fg-2");
    let done = asked.approve_as(&second, &request, digest).await.unwrap();
    assert_eq!(asked.approve_as(&second, &request, digest).await.unwrap(), done, "once");
    let again = asked.approve("fg-2", digest).await.unwrap_err();
    assert_eq!(code(&again), "REPORT_NOT_APPROVED_BEFORE");
    let given = asked.read("fg-1", Reading::Approved).await.unwrap();
    assert_eq!((given.is_draft, given.request.life.state), (false, RequestState::Reported));
    assert_eq!((given.entries, given.tree_size), (draft.entries, draft.tree_size));
    let lines = u64::try_from(asked.read("fg-1", Reading::Prepared).await.unwrap().entries.len());
    let lines = lines.unwrap();
    let expected = [("fg-1", lines, digest), ("fg-2", lines, digest)];
    assert_eq!(asked.reported().await, expected.map(|(who, n, d)| (who.to_owned(), n, d)));
    asked.close(Ending::Answered).await.unwrap();
}

#[tokio::test]
async fn what_is_withheld_is_seen_by_the_second_officer_and_not_told() {
    let asked = Asked::open().await;
    let draft = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    let (first, rest) = draft.entries.split_first().unwrap();
    assert!(!rest.is_empty());
    for (withheld, rule) in [
        (vec![(first.idx + 1_000, 1)], "UNKNOWN_ENTRY"),
        (vec![(first.idx, 0)], "UNKNOWN_CODE"),
        // She asks for herself.
        (vec![(first.idx, 3)], "NOT_APPLICABLE"),
    ] {
        assert_eq!(code(&asked.prepare(&withheld).await.unwrap_err()), rule);
    }
    for tree_size in [0, i64::MAX] {
        assert_eq!(code(&asked.prepare_at(tree_size, &[]).await.unwrap_err()), "OUT_OF_RANGE");
    }
    let plain = asked.prepare_at(draft.tree_size, &[]).await.unwrap();
    let digest = asked.prepare_at(draft.tree_size, &[(first.idx, 1)]).await.unwrap();
    let other = asked.prepare_at(draft.tree_size, &[(first.idx, 2)]).await.unwrap();
    assert!(plain != digest && digest != other, "the ground is approved as well");
    let refused = asked.approve("fg-2", digest).await.unwrap_err();
    assert_eq!(code(&refused), "REPORT_UNCHANGED", "it was replaced");

    let read = asked.read("fg-2", Reading::Prepared).await.unwrap();
    assert_eq!(read.entries.len(), draft.entries.len());
    assert_eq!(read.entries[0].withheld, Some(WithholdingGround::ProtectionTask));
    asked.approve("fg-2", other).await.unwrap();
    let given = asked.read("fg-1", Reading::Approved).await.unwrap();
    assert_eq!(given.entries, rest);
    let (call, gateway) = (asked.officer("fg-1"), &asked.house.gateway);
    let page = gateway.build_access_report(&call, asked.id, None, 500).await.unwrap();
    assert_eq!(page.entries, rest, "the API tells the same");
}

#[tokio::test]
async fn what_changed_after_it_was_prepared_or_approved_must_be_prepared_again() {
    let asked = Asked::open().await;
    let digest = asked.prepare(&[]).await.unwrap();
    asked.approve("fg-2", digest).await.unwrap();
    let given = asked.read("fg-1", Reading::Approved).await.unwrap().entries.len();
    let digest = asked.prepare(&[]).await.unwrap();
    // Informing her of the report of the police would put her in danger.
    let house = &asked.house;
    let db = house.db().await;
    let case = db.read().await.unwrap().case(&CASE.parse().unwrap()).await.unwrap().unwrap();
    let postponed = PostponementDraft {
        referral_id: case.referral_id,
        person: "mother".parse().unwrap(),
        reason: PostponementReason::EndViolence,
        until: at("2026-04-20T10:00:00Z"),
        motivation: "Wie het leest, leest mee met de vader.".parse().unwrap(),
        supervisor: "u-2".parse().unwrap(),
    };
    let call = house.call(STEUNPUNT, UserRole::CaseWorker);
    let request = new_request("PostponeInforming");
    house.gateway.postpone_informing(&call, &request, postponed, |_| Vec::new()).await.unwrap();

    assert_eq!(code(&asked.approve("fg-2", digest).await.unwrap_err()), "REPORT_UNCHANGED");
    let refused = asked.close(Ending::Answered).await.unwrap_err();
    assert_eq!(code(&refused), "REPORT_APPROVED", "a newer report waits");
    let digest = asked.prepare(&[]).await.unwrap();
    asked.approve("fg-2", digest).await.unwrap();
    let now = asked.read("fg-1", Reading::Approved).await.unwrap().entries.len();
    assert!(now < given, "{now} of {given}");

    // Later it may be told again; what was approved is not that.
    house.gateway.clock().set(at("2026-04-21T09:00:00Z"));
    assert_eq!(code(&asked.read("fg-1", Reading::Approved).await.unwrap_err()), "REPORT_UNCHANGED");
    asked.close(Ending::Answered).await.unwrap();
}

#[tokio::test]
async fn nothing_is_left_out_by_preparing_an_old_draft() {
    let asked = Asked::open().await;
    let clock = asked.house.gateway.clock();
    let start = clock.now();
    let minutes = |count: u64| start.plus(Duration::from_mins(count));
    let old = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    clock.set(minutes(90));
    asked.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    for tree_size in [1, old.tree_size] {
        let refused = asked.prepare_at(tree_size, &[]).await.unwrap_err();
        let Error::Invalid(found) = &refused else { panic!("{refused}") };
        let found: Vec<_> = found.iter().map(|one| (one.field.as_str(), one.rule)).collect();
        assert_eq!(found, [("tree_size", "STALE_DRAFT")]);
    }
    let draft = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert_eq!(draft.entries.len(), old.entries.len() + 1);
    // The officer takes almost an hour to weigh it, and then more.
    clock.set(minutes(149));
    asked.prepare_at(draft.tree_size, &[]).await.unwrap();
    clock.set(minutes(151));
    let refused = asked.prepare_at(draft.tree_size, &[]).await.unwrap_err();
    assert_eq!(code(&refused), "STALE_DRAFT");
    asked.prepare(&[]).await.unwrap();
}

/// A draft from before the request came in answers another question.
#[tokio::test]
async fn a_draft_is_not_older_than_the_receipt_of_the_request() {
    let asked = Asked::open().await;
    let own = asked.read("fg-1", Reading::Anew(None)).await.unwrap().tree_size;
    let clock = asked.house.gateway.clock();
    clock.set(clock.now().plus(Duration::from_mins(1)));
    let later = asked.another().await;
    let refused = later.prepare_at(own, &[]).await.unwrap_err();
    assert_eq!(code(&refused), "STALE_DRAFT");
    later.prepare(&[]).await.unwrap();
}

#[tokio::test]
async fn a_report_that_waited_for_a_day_is_approved_when_no_line_was_added() {
    let asked = Asked::open().await;
    let clock = asked.house.gateway.clock();
    let start = clock.now();
    let hours = |count: u64| start.plus(Duration::from_hours(count));
    // What was added within the day is for a later request.
    let digest = asked.prepare(&[]).await.unwrap();
    asked.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    clock.set(hours(23));
    asked.approve("fg-2", digest).await.unwrap();

    let digest = asked.prepare(&[]).await.unwrap();
    clock.set(hours(49));
    asked.approve("fg-2", digest).await.unwrap();

    let digest = asked.prepare(&[]).await.unwrap();
    asked.house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    clock.set(hours(74));
    assert_eq!(code(&asked.approve("fg-2", digest).await.unwrap_err()), "REPORT_UNCHANGED");
    let digest = asked.prepare(&[]).await.unwrap();
    asked.approve("fg-2", digest).await.unwrap();
}

#[tokio::test]
async fn capitals_make_no_second_officer() {
    let asked = Asked::open().await;
    let digest = asked.prepare(&[]).await.unwrap();
    assert_eq!(code(&asked.approve("FG-1", digest).await.unwrap_err()), "SECOND_OFFICER");
    asked.approve("fg-2", digest).await.unwrap();
}

/// A request that cannot end would hold back the purge for ever.
#[tokio::test]
async fn a_request_of_somebody_who_was_forgotten_can_be_ended() {
    for is_reported in [false, true] {
        let asked = Asked::open().await;
        let digest = asked.prepare(&[]).await.unwrap();
        if is_reported {
            asked.approve("fg-2", digest).await.unwrap();
            asked.prepare(&[]).await.unwrap();
        }
        let db = asked.house.db().await;
        let row = db.read().await.unwrap().subject_request(asked.id).await.unwrap().unwrap();
        let path = asked.house.directory.path().join("keys.sqlite");
        let keys = KeyDb::new(Db::open_sqlite(&path, store::keys::SCHEMA).await.unwrap());
        assert!(keys.destroy(row.subject.as_bytes()).await.unwrap());
        // Keys stay in memory for a while; a gateway that starts has none.
        let asked = Asked { house: asked.house.restart().await, id: asked.id };
        let refused = asked.close(Ending::RefusalTold).await.unwrap_err();
        assert_eq!(code(&refused), "REQUEST_STATE", "nothing was refused");
        asked.close(Ending::TakenBack).await.unwrap();
        let db = asked.house.db().await;
        let mut tx = db.read().await.unwrap();
        assert!(tx.holds_in_force(None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_line_that_was_changed_is_held_back_and_named_and_the_report_records_it() {
    let asked = Asked::open().await;
    let sound = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert_eq!(sound.changed, Vec::<i64>::new());
    let digest = asked.prepare(&[]).await.unwrap();
    let changed = sound.entries[0].idx;
    asked.house.tamper_record(changed);
    // What was prepared told of it.
    let late = asked.approve("fg-2", digest).await.unwrap_err();
    assert_eq!(code(&late), "REPORT_UNCHANGED");
    let draft = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert_eq!(draft.changed, [changed]);
    let rest: Vec<i64> = draft.entries.iter().map(|line| line.idx).collect();
    let expected: Vec<i64> = sound.entries[1..].iter().map(|line| line.idx).collect();
    assert_eq!(rest, expected, "the others are told");
    let withheld = asked.prepare(&[(changed, 1)]).await.unwrap_err();
    assert_eq!(code(&withheld), "UNKNOWN_ENTRY");
    let digest = asked.prepare(&[]).await.unwrap();
    let prepared = asked.read("fg-2", Reading::Prepared).await.unwrap();
    assert_eq!(prepared.request.report.unwrap().changed, [changed]);
    asked.approve("fg-2", digest).await.unwrap();
    let given = asked.read("fg-1", Reading::Approved).await.unwrap();
    assert_eq!((given.changed, given.entries), (vec![changed], draft.entries));
    // Another one, after it was approved: nothing is given any more.
    asked.house.tamper_record(rest[0]);
    let now = asked.read("fg-1", Reading::Approved).await.unwrap_err();
    assert_eq!(code(&now), "REPORT_UNCHANGED");
}

#[tokio::test]
async fn a_line_whose_row_was_changed_is_told_as_its_record_has_it() {
    let asked = Asked::open().await;
    let sound = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    let idx = sound.entries[0].idx;
    asked.house.tamper(&format!(
        "UPDATE disclosures SET recipient_oin = 'nobody', basis = 99, event_code = 2 WHERE idx = {idx}"
    ));
    let now = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert_eq!((now.changed, now.entries), (sound.changed, sound.entries));
}

/// Makes the entry about another person of the ledger, or about nobody.
fn about_another(house: &House, idx: i64) {
    house.tamper(&format!(
        "UPDATE disclosures SET subject =
                (SELECT other.subject FROM disclosures AS other
                  WHERE other.subject <> disclosures.subject LIMIT 1)
          WHERE idx = {idx}"
    ));
}

async fn examine(house: &House) {
    while house.gateway.detect_signals().await.unwrap().more {}
}

#[tokio::test]
async fn an_entry_that_was_made_to_be_about_somebody_else_stays_in_the_report() {
    let asked = Asked::open().await;
    let sound = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert!(!sound.is_incomplete);
    let digest = asked.prepare(&[]).await.unwrap();
    asked.approve("fg-2", digest).await.unwrap();
    // One of the case; the referral came before there was one.
    let idx = sound.entries.last().unwrap().idx;
    about_another(&asked.house, idx);
    for reading in [Reading::Anew(None), Reading::Approved] {
        let now = asked.read("fg-1", reading).await.unwrap();
        assert_eq!((now.changed, &now.entries), (vec![], &sound.entries), "{reading:?}");
        assert!(!now.is_incomplete, "{reading:?}");
    }
    // Not of the case any more either: then the watch must have found it.
    asked.house.tamper(&format!(
        "UPDATE disclosures SET subject = NULL, case_ref = 'VVT-2026-999999', recorded_at = 0
          WHERE idx = {idx}"
    ));
    let missed = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert_eq!(missed.entries.len() + 1, sound.entries.len());
    examine(&asked.house).await;
    let now = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert_eq!((now.changed, &now.entries), (vec![], &sound.entries));
    // Its row is gone altogether: whom it was about still stands in its leaf.
    asked.house.tamper(&format!("DELETE FROM disclosures WHERE idx = {idx}"));
    let now = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert_eq!((now.changed, now.is_incomplete), (vec![idx], true));
}

#[tokio::test]
async fn a_report_may_be_incomplete_only_while_nobody_knows_whom_an_entry_is_about() {
    let asked = Asked::open().await;
    let sound = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    let own: Vec<i64> = sound.entries.iter().map(|line| line.idx).collect();
    let mut tx = asked.house.db().await.read().await.unwrap();
    let person = tx.disclosure(own[0]).await.unwrap().unwrap().subject;
    let search = store::Search { size: sound.tree_size, ..store::Search::default() };
    let rows = tx.search(&search, 1_000).await.unwrap();
    drop(tx);
    let others: Vec<i64> =
        rows.iter().filter(|row| row.subject != person).map(|row| row.idx).collect();
    // It was changed, and is about somebody else.
    let other = "UPDATE disclosures SET event_code = 999 WHERE idx =";
    asked.house.tamper(&format!("{other} {}", others[0]));
    examine(&asked.house).await;
    let now = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert_eq!((&now.entries, now.is_incomplete), (&sound.entries, false));
    // Its leaf now says that it is about nobody; that is not what was signed.
    asked.house.tamper(&format!(
        "UPDATE leaves SET entry = (SELECT entry FROM leaves AS one WHERE one.idx = {})
          WHERE idx = {}",
        others[1], others[0]
    ));
    let now = asked.read("fg-1", Reading::Anew(None)).await.unwrap();
    assert_eq!((&now.changed[..], now.is_incomplete), (&[][..], true));
    assert_eq!(now.entries, sound.entries);
}
