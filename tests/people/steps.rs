//! What the tests do and look at.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ketenpoort::domain::consent::ExclusionReason;
use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::id::PersonKey;
use ketenpoort::domain::notice::NoticeContent;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::people::{ChangeDraft, PersonChangeDraft};
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::exclude_representative::Excluding;
use ketenpoort::gateway::people::PersonChanged;
use ketenpoort::gateway::{Error, Request};
use ketenpoort::store::Search;

use crate::house::{CASE, GGZ, House, STEUNPUNT, at, new_request};

pub(crate) const SUPERVISOR: &str = "sp-0031";
pub(crate) const ITSELF: i32 = 1;
pub(crate) const PARENT: i32 = 2;
pub(crate) const MENTOR: i32 = 5;

/// Records a change on the word of the process director and a supervisor. The answer has a line per
/// consent that was judged again, `before after`, and a line with the number of notices.
pub(crate) async fn change(
    house: &House,
    person: &str,
    change: ChangeDraft,
) -> Result<String, Error> {
    change_as(house, &new_request("RecordPersonChange"), (STEUNPUNT, SUPERVISOR), person, change)
        .await
}

pub(crate) async fn change_as(
    house: &House,
    request: &Request,
    (oin, supervisor): (&str, &str),
    person: &str,
    change: ChangeDraft,
) -> Result<String, Error> {
    let call = house.call(oin, UserRole::ProcessDirector);
    let draft = PersonChangeDraft {
        case_ref: CASE.to_owned(),
        person_key: person.to_owned(),
        supervisor_user_id: supervisor.to_owned(),
        change,
    };
    let answer = house.gateway.record_person_change(&call, request, draft, encode).await?;
    Ok(String::from_utf8(answer).unwrap())
}

pub(crate) async fn exclude(
    house: &House,
    representative: &str,
    person: &str,
) -> Result<String, Error> {
    let call = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let excluding = Excluding {
        case_ref: CASE.parse().unwrap(),
        person: person.parse().unwrap(),
        representative: representative.parse().unwrap(),
        reason: ExclusionReason::SuspectedPerpetrator,
        supervisor: SUPERVISOR.parse().unwrap(),
    };
    let request = new_request("ExcludeRepresentative");
    let answer = house.gateway.exclude_representative(&call, &request, excluding, encode).await?;
    Ok(String::from_utf8(answer).unwrap())
}

fn encode(answer: &PersonChanged) -> Vec<u8> {
    let mut text = String::new();
    for one in &answer.affected {
        writeln!(text, "{} {}", one.before, one.after).unwrap();
    }
    write!(text, "notices {}", answer.notice_count).unwrap();
    text.into_bytes()
}

pub(crate) fn begun(representative: &str, capacity: i32, from: Timestamp) -> ChangeDraft {
    let representative_key = representative.to_owned();
    ChangeDraft::RepresentationBegun { representative_key, capacity, from: Some(from) }
}

pub(crate) fn ended(representative: &str, capacity: i32, until: Timestamp) -> ChangeDraft {
    let representative_key = representative.to_owned();
    ChangeDraft::RepresentationEnded { representative_key, capacity, until: Some(until) }
}

/// How many people the partner sees, and how many are left out.
pub(crate) async fn seen(house: &House) -> (usize, usize) {
    let answer = house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("people ")).unwrap();
    let (people, left_out) = line.split_once(' ').unwrap();
    (people.parse().unwrap(), left_out.parse().unwrap())
}

pub(crate) fn missing(error: &Error) -> &'static str {
    let Error::Precondition(unmet) = error else { panic!("another refusal: {error}") };
    unmet.first().map_or("", |unmet| unmet.code)
}

/// The state that `GetConsent` tells.
pub(crate) async fn state(house: &House, consent_id: &str) -> String {
    let call = house.call(GGZ, UserRole::CaseWorker);
    house.gateway.consent_view(&call, consent_id).await.unwrap().state.to_string()
}

/// The notices of an organisation, the oldest first.
pub(crate) async fn notices(house: &House, oin: &str) -> Vec<NoticeContent> {
    let caller = house.gateway.admit(&oin.parse().unwrap(), None).unwrap();
    let notices = house.gateway.notices(&caller, -1, 100).await.unwrap();
    notices.into_iter().map(|notice| notice.content).collect()
}

/// How many entries of an event there are about how many people.
pub(crate) async fn entries(house: &House, event: EventCode) -> (usize, usize) {
    let mut tx = house.db().await.read().await.unwrap();
    let all = Search { size: i64::MAX, ..Search::default() };
    let mut rows = tx.search(&all, 100_000).await.unwrap();
    rows.retain(|row| row.event_code == i64::from(event.number()));
    let people: BTreeSet<_> = rows.iter().map(|row| row.subject.unwrap()).collect();
    (rows.len(), people.len())
}

pub(crate) fn now(house: &House) -> Timestamp {
    house.gateway.clock().now()
}

pub(crate) fn set(house: &House, moment: &str) {
    house.gateway.clock().set(at(moment));
}

pub(crate) fn key(text: &str) -> PersonKey {
    text.parse().unwrap()
}
