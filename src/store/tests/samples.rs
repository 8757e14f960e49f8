//! Values and rows that differ by a number.

use crate::domain::id::{CaseRef, Oin, Pseudonym, TeamId, UserId};
use crate::domain::referral::{State, Urgency};
use crate::ledger::commitment::Commitment;
use crate::ledger::entry::{Administration, Body, Entry};
use crate::store::{
    CaseRow, DeliveryRow, DeliveryState, DisclosureRow, NewEntry, OrganisationRow, ReferralRow,
};

use super::at;

/// Sixteen bytes, for any of the ids that are UUIDs.
pub(super) fn uuid(number: u64) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

pub(super) fn oin(number: u64) -> Oin {
    format!("00000099{number:09}000").parse().unwrap()
}

pub(super) fn subject(number: u8) -> Pseudonym {
    Pseudonym::new([number; 32])
}

pub(super) fn case_ref(number: u64) -> CaseRef {
    format!("VVT-2026-{number:06}").parse().unwrap()
}

pub(super) fn team(name: &str) -> TeamId {
    name.parse().unwrap()
}

pub(super) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

pub(super) fn organisation(number: u64) -> OrganisationRow {
    OrganisationRow {
        oin: oin(number),
        name: format!("Organisatie {number}"),
        role: crate::domain::organisation::Role::Steunpunt,
        standing: crate::domain::organisation::Standing::Active,
        certified_institution: number.is_multiple_of(2),
        agreement_version: Some("2026-1".parse().unwrap()),
        agreement_signed_on: Some(at(0).date()),
        agreement_valid_until: None,
        updated_at: at(number),
    }
}

/// A referral about to be stored: what comes later in its life is empty.
pub(super) fn referral(number: u64) -> ReferralRow {
    ReferralRow {
        referral_id: crate::domain::id::ReferralId::from_bytes(uuid(number)),
        sender_oin: oin(1),
        request_id: crate::domain::id::RequestId::from_bytes(uuid(number)),
        recipient_oin: oin(2),
        team_id: team("utrecht-noord"),
        routing_version: "2026-1".parse().unwrap(),
        state: State::Routed,
        urgency: Urgency::Standard,
        effective_urgency: Urgency::Urgent,
        gemeentecode: "0344".parse().unwrap(),
        violence_kinds: 1,
        with_children: 0,
        body_digest: vec![1; 32],
        submitted_at: at(number),
        ack_due_at: at(number + 60),
        first_contact_due_at: None,
        safety_assessment_due_at: None,
        inform_subject_due_at: at(number + 90),
        feedback_due_at: None,
        investigation_due_at: None,
        next_due_at: Some(at(number + 60)),
        deadlines_told: 0,
        acknowledged_at: None,
        first_contact_at: None,
        local_reference: None,
        triaged_at: None,
        triage_outcome: None,
        feedback_sent_at: None,
        investigation_closed_at: None,
        send_back_reason: None,
        repeat_index: 1,
        address: subject(200),
        subjects: subject(1).as_bytes().to_vec(),
        receipt: String::new(),
        content: vec![0, 255, 7],
    }
}

/// A delivery of the referral with the same number to organisation 2, waiting since `at(number)`.
pub(super) fn delivery(number: u64) -> DeliveryRow {
    DeliveryRow {
        delivery_id: crate::domain::id::DeliveryId::from_bytes(uuid(number)),
        referral_id: crate::domain::id::ReferralId::from_bytes(uuid(number)),
        recipient_oin: oin(2),
        team_id: team("utrecht-noord"),
        state: DeliveryState::Waiting,
        available_at: at(number),
        lease_until: None,
        attempts: 0,
        failures: 0,
        lease_token: None,
        client_id: None,
        quarantine_cause: None,
        ack_due_at: at(number + 60),
    }
}

pub(super) fn case(number: u64) -> CaseRow {
    CaseRow {
        case_ref: case_ref(number),
        team_id: team("utrecht-noord"),
        steunpunt_oin: oin(2),
        state: 1,
        phase: 1,
        process_director_user_id: user("regie"),
        manager_user_id: user("manager"),
        referral_id: crate::domain::id::ReferralId::from_bytes(uuid(number)),
        version: 1,
        facts_version: 1,
        opened_at: at(number),
        content: vec![3; 40],
    }
}

/// An entry and its row, about nobody and with nobody on the other side.
pub(super) fn entry(number: u64) -> NewEntry {
    let event_id = crate::domain::id::EventId::from_bytes(uuid(number));
    let group_id = crate::domain::id::GroupId::from_bytes(uuid(number));
    NewEntry {
        directory_version: None,
        entry: Entry {
            event_id,
            group_id,
            recorded_at: at(number),
            event: 1,
            outcome: 0,
            reason: 0,
            actor_organisation: oin(1),
            subject: Commitment::NOTHING,
            actor: Commitment::NOTHING,
            case: Commitment::NOTHING,
            details: Commitment::NOTHING,
            body: Body::Administration(Administration { scope: 1, count: 1, digest: [0; 32] }),
        },
        row: DisclosureRow {
            idx: -1,
            event_id,
            group_id,
            event_code: 1,
            outcome: 0,
            denial: 0,
            disposition: 1,
            recorded_at: at(number),
            actor_oin: oin(1),
            actor_user_id: user("u.janssen"),
            sender_oin: None,
            recipient_oin: None,
            purpose: 0,
            basis: 0,
            categories: 0,
            case_ref: None,
            message_id: None,
            subject: None,
            sealed: vec![9; 20],
            unread: Vec::new(),
        },
    }
}

/// Entries with the numbers of the range.
pub(super) fn entries(numbers: std::ops::Range<u64>) -> Vec<NewEntry> {
    numbers.map(entry).collect()
}
