//! The consent audit finds each way to rely on a consent that did not allow it, and nothing else.

use proptest::prelude::*;

use super::*;
use crate::domain::id::{EventId, GroupId, Oin};
use crate::ledger::commitment::Commitment;
use crate::ledger::entry::{Administration, ConsentUses};

const SUCCESS: u8 = 0;
const REFUSED: u8 = 8;
const ON_CONSENT: u8 = 1;
const BY_LAW: u8 = 2;
const ACTIVE: u8 = 2;
const WITHDRAWN: u8 = 4;
const CODES: AuditCodes =
    AuditCodes { outcome_success: SUCCESS, basis_consent: ON_CONSENT, state_active: ACTIVE };

fn oin(number: u32) -> Oin {
    format!("00000099{number:09}000").parse().unwrap()
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

fn id(id: u8) -> ConsentId {
    ConsentId::from_bytes([id; 16])
}

fn entry(outcome: u8, body: Body) -> Entry {
    Entry {
        event_id: EventId::from_bytes([1; 16]),
        group_id: GroupId::from_bytes([2; 16]),
        recorded_at: moment(50),
        event: 1,
        outcome,
        reason: 0,
        actor_organisation: oin(1),
        subject: Commitment::NOTHING,
        actor: Commitment::NOTHING,
        case: Commitment::NOTHING,
        details: Commitment::NOTHING,
        body,
    }
}

/// Consent 7, version 3, from organisation 1 to 2, for purpose 5 and categories 0b110.
fn consent() -> ConsentChange {
    ConsentChange {
        consent_id: id(7),
        version: 3,
        state: ACTIVE,
        source: oin(1),
        recipient: oin(2),
        purpose: 5,
        categories: 0b110,
        valid_from: moment(40),
        valid_until: moment(60),
    }
}

/// What that consent allows.
fn disclosure() -> Disclosure {
    Disclosure {
        sender: oin(3),
        recipient: oin(2),
        custodian: oin(1),
        purpose: 5,
        basis: ON_CONSENT,
        categories: 0b010,
        policy: "1".parse().unwrap(),
        policy_hash: [0; 32],
        payload: Commitment::NOTHING,
        consents: uses(&[(7, 3)]),
    }
}

fn uses(uses: &[(u8, u32)]) -> ConsentUses {
    let uses =
        uses.iter().map(|&(consent, version)| ConsentUse { consent_id: id(consent), version });
    ConsentUses::new(uses.collect()).unwrap()
}

fn changed(change: impl FnOnce(&mut ConsentChange)) -> Entry {
    let mut consent = consent();
    change(&mut consent);
    entry(SUCCESS, Body::Consent(consent))
}

fn disclosed(change: impl FnOnce(&mut Disclosure)) -> Entry {
    let mut disclosure = disclosure();
    change(&mut disclosure);
    entry(SUCCESS, Body::Disclosure(disclosure))
}

fn audit(entries: &[Entry]) -> AuditReport {
    let mut audit = ConsentAudit::new(CODES);
    for (index, entry) in (0..).zip(entries) {
        audit.entry(index, entry);
    }
    audit.finish()
}

fn faults(entries: &[Entry]) -> Vec<(u64, ConsentFault)> {
    let report = audit(entries);
    assert_eq!(report.findings_total, u64::try_from(report.findings.len()).unwrap());
    report.findings.iter().map(|finding| (finding.index, finding.fault)).collect()
}

#[test]
fn a_disclosure_within_its_consent_is_right() {
    let report = audit(&[changed(|_| ()), disclosed(|_| ()), disclosed(|d| d.categories = 0b110)]);
    assert_eq!(
        report,
        AuditReport { disclosures: 2, consent_changes: 1, ..AuditReport::default() }
    );
}

#[test]
fn a_withdrawal_wins_from_the_entry_on_that_records_it() {
    let withdrawn = changed(|c| c.state = WITHDRAWN);
    let entries = [changed(|_| ()), disclosed(|_| ()), withdrawn, disclosed(|_| ())];
    assert_eq!(faults(&entries), [(3, ConsentFault::NotActive { changed_at: 2 })]);
}

#[test]
fn a_consent_recorded_afterwards_does_not_help() {
    let entries = [disclosed(|_| ()), changed(|_| ())];
    assert_eq!(faults(&entries), [(0, ConsentFault::NotRecorded)]);
}

#[test]
fn each_condition_of_a_consent_counts() {
    for (entry, fault) in [
        (disclosed(|d| d.consents = uses(&[(7, 2)])), ConsentFault::OtherVersion { changed_at: 0 }),
        (disclosed(|d| d.consents = uses(&[(7, 4)])), ConsentFault::OtherVersion { changed_at: 0 }),
        (disclosed(|d| d.consents = uses(&[(8, 3)])), ConsentFault::NotRecorded),
        (disclosed(|d| d.custodian = oin(9)), ConsentFault::OtherSource),
        (disclosed(|d| d.recipient = oin(9)), ConsentFault::OtherRecipient),
        (disclosed(|d| d.purpose = 6), ConsentFault::OtherPurpose),
        (disclosed(|d| d.categories = 0b011), ConsentFault::CategoryNotCovered),
        (disclosed(|d| d.consents = uses(&[])), ConsentFault::NoneNamed),
    ] {
        assert_eq!(faults(&[changed(|_| ()), entry]), [(1, fault)]);
    }
}

#[test]
fn a_consent_counts_from_its_first_moment_and_not_at_its_last() {
    for (at, expected) in [
        (39, Some(ConsentFault::NotYetValid)),
        (40, None),
        (59, None),
        (60, Some(ConsentFault::Expired)),
    ] {
        let disclosed = Entry { recorded_at: moment(at), ..disclosed(|_| ()) };
        let found = faults(&[changed(|_| ()), disclosed]);
        assert_eq!(found.first().map(|(_, fault)| *fault), expected, "{at}");
    }
}

#[test]
fn every_consent_that_is_named_must_allow_it() {
    let other = changed(|c| (c.consent_id, c.recipient) = (id(8), oin(9)));
    let entries = [changed(|_| ()), other, disclosed(|d| d.consents = uses(&[(7, 3), (8, 3)]))];
    let report = audit(&entries);
    assert_eq!(
        report.findings,
        [AuditFinding { index: 2, consent_id: Some(id(8)), fault: ConsentFault::OtherRecipient }]
    );
}

#[test]
fn a_consent_named_beside_another_basis_is_checked_too() {
    let by_law = |consents: &[(u8, u32)]| {
        let consents = uses(consents);
        disclosed(|d| (d.basis, d.consents) = (BY_LAW, consents))
    };
    assert_eq!(faults(&[by_law(&[])]), []);
    assert_eq!(faults(&[by_law(&[(7, 3)])]), [(0, ConsentFault::NotRecorded)]);
}

#[test]
fn what_did_not_happen_neither_needs_nor_changes_a_consent() {
    let refused = |entry: Entry| Entry { outcome: REFUSED, ..entry };
    assert_eq!(faults(&[refused(disclosed(|_| ()))]), []);
    let entries = [refused(changed(|_| ())), disclosed(|_| ())];
    assert_eq!(faults(&entries), [(1, ConsentFault::NotRecorded)]);
    let withdrawal = refused(changed(|c| c.state = WITHDRAWN));
    assert_eq!(faults(&[changed(|_| ()), withdrawal, disclosed(|_| ())]), []);
}

#[test]
fn findings_are_capped_and_counted() {
    let administration = Administration { scope: 0, count: 0, digest: [0; 32] };
    let mut entries = vec![disclosed(|_| ()); AUDIT_FINDINGS_MAX + 5];
    entries.push(entry(SUCCESS, Body::Administration(administration)));
    let report = audit(&entries);
    assert_eq!(report.findings.len(), AUDIT_FINDINGS_MAX);
    assert_eq!(report.findings_total, u64::try_from(AUDIT_FINDINGS_MAX).unwrap() + 5);
}

proptest! {
    /// After a withdrawal, whatever happened before it, nothing may rely on that version any more.
    #[test]
    fn nothing_after_a_withdrawal_relies_on_the_consent(
        before in prop::collection::vec((1_u32..5, prop::bool::ANY), 0..8),
        at in 0_i64..100,
        version in 0_u32..6,
    ) {
        let mut entries: Vec<_> = before
            .iter()
            .map(|&(version, active)| {
                changed(|c| (c.version, c.state) = (version, if active { ACTIVE } else { WITHDRAWN }))
            })
            .collect();
        entries.push(changed(|c| c.state = WITHDRAWN));
        let disclosed = disclosed(|d| d.consents = uses(&[(7, version)]));
        entries.push(Entry { recorded_at: moment(at), ..disclosed });
        let changed_at = u64::try_from(before.len()).unwrap();
        prop_assert_eq!(
            faults(&entries),
            [(changed_at + 1, ConsentFault::NotActive { changed_at })]
        );
    }
}
