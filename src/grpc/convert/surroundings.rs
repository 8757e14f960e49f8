//! What stands around one entry, and the word of the other side.

use crate::domain::time::Timestamp;
use crate::gateway::around::{Around, Colleagues, Lately};
use crate::gateway::disclosures::DisclosureRow;
use crate::gateway::other_side::{Agreement, OtherSide, Word};
use crate::grpc::convert::disclosure::small;
use crate::grpc::convert::{moment, number, tally};
use crate::grpc::pb;

/// What stands around an entry.
pub(in crate::grpc) fn surroundings(of: &Around) -> pb::DisclosureSurroundings {
    pb::DisclosureSurroundings {
        act: of.act.iter().map(nearby).collect(),
        case_entries: of.case.iter().map(nearby).collect(),
        employee: Some(lately(of.employee)),
        role: of.usual.map(usual),
        review_id: of.review.map_or_else(String::new, |id| id.to_string()),
    }
}

fn nearby(of: &DisclosureRow) -> pb::NearbyDisclosure {
    pb::NearbyDisclosure {
        index: of.idx,
        event_code: small(of.event_code),
        recorded_at: Some(moment(of.recorded_at)),
        actor_oin: of.actor_oin.to_string(),
        actor_user_id: of.actor_user_id.to_string(),
        disposition: small(of.disposition),
    }
}

fn lately(of: Lately) -> pb::EmployeeActivity {
    pb::EmployeeActivity {
        disclosure_count: tally::number(of.disclosures),
        emergency_count: tally::number(of.emergencies),
        denied_count: tally::number(of.refusals),
        case_count: number(of.cases),
    }
}

fn usual(of: Colleagues) -> pb::RoleActivity {
    let Colleagues { role, count, median } = of;
    pb::RoleActivity {
        role: role.number().into(),
        colleague_count: number(count),
        median_disclosure_count: median.map(tally::number),
    }
}

/// The word of the other side.
pub(in crate::grpc) fn other_side(of: &OtherSide) -> pb::OtherSide {
    let (state, told) = told(&of.word);
    pb::OtherSide {
        recipient_oin: of.recipient.to_string(),
        team_id: of.team.as_ref().map_or_else(String::new, ToString::to_string),
        state: state.into(),
        ..told
    }
}

/// The state, and what goes with it.
fn told(word: &Word) -> (pb::OtherSideState, pb::OtherSide) {
    use pb::OtherSideState as State;
    match word {
        Word::Received(row, agreement) => (State::Received, by_entry(row, *agreement)),
        Word::About(row, agreement) => (State::About, by_entry(row, *agreement)),
        Word::Awaited { until, is_late } => (State::Awaited, until_then(*until, *is_late)),
        Word::Unread { until, is_over } => (State::Unread, until_then(*until, *is_over)),
        Word::TakenBack => (State::TakenBack, pb::OtherSide::default()),
        Word::SentBack => (State::SentBack, pb::OtherSide::default()),
        Word::Stuck => (State::Stuck, pb::OtherSide::default()),
        Word::Fetched => (State::Fetched, pb::OtherSide::default()),
        Word::NotAsked => (State::NotAsked, pb::OtherSide::default()),
    }
}

fn by_entry(row: &DisclosureRow, agreement: Agreement) -> pb::OtherSide {
    let agreement = match agreement {
        Agreement::SameContent => pb::EntryAgreement::SameContent,
        Agreement::SameVersion => pb::EntryAgreement::SameVersion,
        Agreement::Differs => pb::EntryAgreement::Differs,
        Agreement::Unknown => pb::EntryAgreement::Unknown,
    };
    pb::OtherSide {
        entry: Some(nearby(row)),
        agreement: agreement.into(),
        ..pb::OtherSide::default()
    }
}

fn until_then(until: Timestamp, past: bool) -> pb::OtherSide {
    pb::OtherSide { until: Some(moment(until)), past, ..pb::OtherSide::default() }
}
