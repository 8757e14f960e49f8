//! How the entries of a search are spread.

use crate::domain::event::Disposition;
use crate::domain::id::Oin;
use crate::domain::lines::{Day, Tally, of_day};
use crate::domain::time::Date;
use crate::grpc::pb;

/// The counts of a search.
pub(in crate::grpc) fn tally(of: &Tally) -> pb::DisclosureTally {
    pb::DisclosureTally {
        days: of.days.iter().map(day).collect(),
        senders: of.senders.iter().map(organisation).collect(),
        recipients: of.recipients.iter().map(organisation).collect(),
        bases: of
            .bases
            .iter()
            .map(|(basis, count)| pb::BasisTally {
                basis: i32::from(*basis),
                count: number(*count),
            })
            .collect(),
        events: of
            .events
            .iter()
            .map(|(event, count)| pb::EventTally {
                event_code: i32::from(*event),
                count: number(*count),
            })
            .collect(),
        week_hours: of.hours.as_flattened().iter().copied().map(number).collect(),
    }
}

fn day((date, counts): (&Date, &Day)) -> pb::DayTally {
    let count = |of: Disposition| number(of_day(counts, of));
    pb::DayTally {
        date: date.to_string(),
        allowed_count: count(Disposition::Allowed),
        narrowed_count: count(Disposition::Narrowed),
        refused_count: count(Disposition::Refused),
        emergency_count: count(Disposition::Emergency),
        failed_count: count(Disposition::Failed),
    }
}

fn organisation((oin, count): (&Oin, &u64)) -> pb::OrganisationTally {
    pb::OrganisationTally { oin: oin.to_string(), count: number(*count) }
}

/// A count as protobuf has it.
pub(in crate::grpc) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
