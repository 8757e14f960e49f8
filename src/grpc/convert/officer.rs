//! The work of an officer that is about no single entry.

use prost::Message as _;

use crate::domain::id::SavedSearchId;
use crate::domain::look::Look;
use crate::domain::occasion::Occasion;
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::gateway::directory::{
    DirectoryChange, DirectoryLook, OrganisationEvent, OrganisationNews, Part, PolicyNews,
};
use crate::gateway::disclosures::Looked;
use crate::gateway::draw::{Drawing, Drawn, Judged, Judgement, Wish};
use crate::gateway::integrity::{Sample, Sampled};
use crate::gateway::month::{Covered, Month, UndeliveredRow};
use crate::gateway::own_looks::LookNote;
use crate::gateway::saved_searches::SavedSearch;
use crate::gateway::traffic::{CallCounts, OrganisationCalls};
use crate::gateway::witnesses::Heard;
use crate::grpc::convert::disclosure::{self, small};
use crate::grpc::convert::{Reader, count, deadline, moment, tally};
use crate::grpc::pb;

/// A period that must be given.
pub(in crate::grpc) fn period(
    field: &str,
    of: Option<pb::Period>,
    reader: &mut Reader,
) -> Option<(Timestamp, Timestamp)> {
    let of = of.unwrap_or_default();
    let start = deadline::moment_given(&format!("{field}.start_time"), of.start_time, reader);
    let end = deadline::moment_given(&format!("{field}.end_time"), of.end_time, reader);
    start.zip(end)
}

/// What is drawn from, and how many; a number that is none is judged as 0.
pub(in crate::grpc) fn wish(
    field: &str,
    (of, count): (Option<pb::Period>, i32),
    reader: &mut Reader,
) -> Option<Wish> {
    let (from, until) = period(field, of, reader)?;
    Some(Wish { from, until, count: u32::try_from(count).unwrap_or(0) })
}

/// A drawing, as it was given.
pub(in crate::grpc) fn drawing_given(
    of: Option<pb::Drawing>,
    reader: &mut Reader,
) -> Option<Drawing> {
    let of = reader.given("drawing", of)?;
    let seed = bytes("drawing.seed", &of.seed, reader);
    let mark = bytes("drawing.mark", &of.mark, reader);
    let wish = wish("drawing.period", (of.period, of.count), reader);
    let ((seed, mark), wish) = seed.zip(mark).zip(wish)?;
    Some(Drawing { seed, tree_size: of.tree_size, wish, mark })
}

fn bytes(field: &str, of: &[u8], reader: &mut Reader) -> Option<[u8; 32]> {
    let read = of.try_into().ok();
    if read.is_none() {
        reader.wrong(field, "LENGTH", "must be the 32 bytes that the gateway gave");
    }
    read
}

/// The answer to `DrawSample`.
pub(in crate::grpc) fn drawn(of: &Drawing) -> Vec<u8> {
    pb::DrawSampleResponse { drawing: Some(drawing(of)) }.encode_to_vec()
}

fn drawing(of: &Drawing) -> pb::Drawing {
    let period = pb::Period {
        start_time: Some(moment(of.wish.from)),
        end_time: Some(moment(of.wish.until)),
    };
    pb::Drawing {
        seed: of.seed.to_vec(),
        tree_size: of.tree_size,
        period: Some(period),
        count: count(of.wish.count),
        mark: of.mark.to_vec(),
    }
}

/// What a drawing came to.
pub(in crate::grpc) fn sample(of: &Drawn) -> pb::GetSampleResponse {
    pb::GetSampleResponse {
        disclosures: of.entries.iter().map(disclosure::disclosure).collect(),
        drawn_from_count: i64::try_from(of.of).unwrap_or(i64::MAX),
        judgements: of.judgements.iter().map(judgement).collect(),
    }
}

fn judgement(of: &Judgement) -> pb::SampleJudgement {
    pb::SampleJudgement {
        index: of.judged.index,
        verdict: of.judged.verdict.number().into(),
        judge_time: Some(moment(of.judged.at)),
        judgement_index: of.judged.idx,
        user_id: of.user_id.to_string(),
        grounds: of.grounds.words().unwrap_or_default().to_owned(),
        changed: of.grounds.is_changed(),
    }
}

/// The answer to `JudgeSampleEntry`.
pub(in crate::grpc) fn judged(of: &Judged) -> Vec<u8> {
    pb::JudgeSampleEntryResponse {
        index: of.index,
        verdict: of.verdict.number().into(),
        judge_time: Some(moment(of.at)),
        judgement_index: of.idx,
    }
    .encode_to_vec()
}

/// The last thirty days, and what is wrong today.
pub(in crate::grpc) fn overview(of: &Month, heard: Option<Heard>) -> pb::GetOverviewResponse {
    pb::GetOverviewResponse {
        from_time: Some(moment(of.from)),
        total_count: tally::number(of.tally.total),
        explained_count: tally::number(of.explained()),
        tree_size: of.tree_size,
        tally: Some(tally::tally(&of.tally)),
        reviewed_count: tally::number(of.coverage.reviewed()),
        waiting_count: tally::number(of.coverage.waiting()),
        organisations: of.coverage.organisations.iter().map(covered).collect(),
        coverage_cut: !of.coverage.is_whole,
        undelivered_referrals: of.undelivered.iter().map(undelivered).collect(),
        changed_count: tally::number(of.changed),
        witnesses: heard.map(witnesses),
        open_question_count: tally::number(of.questions.0),
        late_question_count: tally::number(of.questions.1),
        own_check_at: of.own_check.map(|check| moment(check.at)),
        own_check: of.own_check.map_or(0, |check| check.what.number()).into(),
        organisation_news: of.news.organisations.iter().map(organisation_news).collect(),
        policy_news: of.news.policy.iter().map(policy_news).collect(),
    }
}

fn organisation_news(of: &OrganisationNews) -> pb::OrganisationNews {
    let event = match of.what {
        OrganisationEvent::New => pb::OrganisationEvent::New,
        OrganisationEvent::Suspended => pb::OrganisationEvent::Suspended,
        OrganisationEvent::Active => pb::OrganisationEvent::Active,
    };
    pb::OrganisationNews {
        activated_at: Some(moment(of.at)),
        oin: of.oin.to_string(),
        name: of.name.clone(),
        event: event.into(),
    }
}

fn policy_news(of: &PolicyNews) -> pb::PolicyNews {
    pb::PolicyNews {
        activated_at: Some(moment(of.at)),
        version: of.version.clone(),
        version_before: of.before.clone().unwrap_or_default(),
        changed_parts: of.parts.clone(),
    }
}

fn covered(of: &Covered) -> pb::OrganisationCoverage {
    pb::OrganisationCoverage {
        oin: of.oin.to_string(),
        total_count: tally::number(of.total),
        explained_count: tally::number(of.explained),
        reviewed_count: tally::number(of.reviewed),
        waiting_count: tally::number(of.waiting),
    }
}

fn undelivered(of: &UndeliveredRow) -> pb::UndeliveredReferral {
    pb::UndeliveredReferral {
        referral_id: of.referral_id.to_string(),
        sender_oin: of.sender_oin.to_string(),
        recipient_oin: of.recipient_oin.to_string(),
        submitted_at: Some(moment(of.submitted_at)),
        ack_due_at: Some(moment(of.ack_due_at)),
    }
}

fn witnesses(of: Heard) -> pb::HeardWitnesses {
    let number = |of| i32::try_from(of).unwrap_or(i32::MAX);
    pb::HeardWitnesses {
        heard_count: number(of.heard),
        known_count: number(of.known),
        needed_count: number(of.needed),
    }
}

/// Something that the officer looked at.
pub(in crate::grpc) fn look(of: &Looked) -> pb::OwnLook {
    let note = LookNote::of(of);
    pb::OwnLook {
        index: of.row.idx,
        event_code: small(of.row.event_code),
        recorded_at: Some(moment(of.row.recorded_at)),
        look: note.what.map_or(0, Look::number).into(),
        purpose: note.purpose.map_or(0, Purpose::number).into(),
        occasion: note.occasion.map_or(0, Occasion::number).into(),
        detail: note.more.join(" "),
        changed: of.is_unreadable(),
    }
}

/// Entries that were held against a checkpoint.
pub(in crate::grpc) fn verified(of: &Sample) -> pb::VerifyRandomEntriesResponse {
    let entry = |of: &Sampled| pb::VerifiedEntry {
        index: of.index,
        event_code: small(of.event_code),
        recorded_at: Some(moment(of.recorded_at)),
        holds: of.holds,
    };
    pb::VerifyRandomEntriesResponse {
        tree_size: tally::number(of.size),
        entries: of.entries.iter().map(entry).collect(),
    }
}

/// How the directory changed.
pub(in crate::grpc) fn directory_history(of: &DirectoryLook) -> pb::GetDirectoryHistoryResponse {
    pb::GetDirectoryHistoryResponse {
        policy_since: of.policy_since.map(moment),
        routing_since: of.routing_since.map(moment),
        changes: of.changes.iter().map(change).collect(),
        calls: of.calls.iter().map(calls).collect(),
    }
}

fn calls(of: &OrganisationCalls) -> pb::OrganisationCalls {
    pb::OrganisationCalls {
        oin: of.oin.to_string(),
        last_seen_at: Some(moment(of.last_seen_at)),
        counts: of.counts.as_ref().map(call_counts),
    }
}

fn call_counts(of: &CallCounts) -> pb::CallCounts {
    pb::CallCounts {
        call_count: tally::number(of.calls),
        refused_count: tally::number(of.refused),
        failed_count: tally::number(of.failed),
        client: of.client.clone(),
        open_stream_count: i32::try_from(of.streams).unwrap_or(i32::MAX),
    }
}

fn change(of: &DirectoryChange) -> pb::DirectoryChange {
    let part = match of.part {
        Part::Organisations => pb::DirectoryPart::Organisations,
        Part::RoutingTable => pb::DirectoryPart::RoutingTable,
        Part::PolicyPack => pb::DirectoryPart::PolicyPack,
    };
    pb::DirectoryChange {
        index: of.index,
        recorded_at: Some(moment(of.at)),
        part: part.into(),
        count: tally::number(of.count),
        version: of.version.clone(),
    }
}

/// The answer to `SaveSearch`.
pub(in crate::grpc) fn saved(of: &SavedSearchId) -> Vec<u8> {
    pb::SaveSearchResponse { saved_search_id: of.to_string() }.encode_to_vec()
}

/// The answer to `SetSavedSearchWeekly`.
pub(in crate::grpc) fn marked(of: &SavedSearchId) -> Vec<u8> {
    pb::SetSavedSearchWeeklyResponse { saved_search_id: of.to_string() }.encode_to_vec()
}

/// The answer to `DeleteSavedSearch`.
pub(in crate::grpc) fn deleted(of: &SavedSearchId) -> Vec<u8> {
    pb::DeleteSavedSearchResponse { saved_search_id: of.to_string() }.encode_to_vec()
}

/// A search that was kept.
pub(in crate::grpc) fn saved_search(of: SavedSearch) -> pb::SavedSearch {
    pb::SavedSearch {
        saved_search_id: of.id.to_string(),
        name: of.name,
        filter: of.search.map(disclosure::filter),
        owner_user_id: of.owner.to_string(),
        shared: of.is_shared,
        weekly: of.is_weekly,
        own: of.is_own,
        saved_at: Some(moment(of.saved_at)),
    }
}
