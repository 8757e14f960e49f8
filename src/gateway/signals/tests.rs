//! Every rule fires once and is silent just below, also those about what the use cases never let happen:
//! for them the entries are made up.

use std::time::Duration;

use tempfile::TempDir;

use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::consent::ConsentRef;
use crate::domain::disclosure::ObjectType;
use crate::domain::emergency::Cause;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::export::Names;
use crate::domain::id::{CaseRef, ConsentId, Oin, Pseudonym};
use crate::domain::organisation::{Actor, UserRole};
use crate::domain::person::AgeBand;
use crate::domain::purpose::Purpose;
use crate::domain::signal::{SignalRule, SignalState};
use crate::domain::time::Timestamp;
use crate::gateway::journal::{Happening, Matter, Scope, Sharing, Subject, new_group};
use crate::gateway::reviews::Staged;
use crate::gateway::{Call, Clock, Gateway, Opening};
use crate::ledger::entry::{Administration, ConsentChange};
use crate::store::{
    self, Command, Db, Flow, KeyDb, MemberRow, NewEntry, Placed, SignalQuery, SignalRow, Tx,
};
use crate::vault::keyring::Keyring;

mod broken;
mod compared;
mod crashes;
mod networks;

const STEUNPUNT: &str = "00000099000000003000";
const GGZ: &str = "00000099000000006000";
const MEE: &str = "00000099000000007000";
const CASE: &str = "VVT-2026-000123";
/// A Tuesday. The clock goes on from there, so what happens at a limit happens after it.
const NOON: &str = "2026-03-10T11:00:00Z";
const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const CONSENT: ConsentId = ConsentId::from_bytes([0xc0; 16]);

struct Watch {
    gateway: Gateway,
    directory: TempDir,
    keyring: String,
}

impl Watch {
    async fn open() -> Self {
        let keyring = Keyring::generate().unwrap().to_file_text().to_string();
        let directory = tempfile::tempdir().unwrap();
        let gateway = Self::gateway(&directory, &keyring).await;
        gateway.clock().set(at(NOON));
        let watch = Self { gateway, directory, keyring };
        watch.examine().await;
        watch
    }

    async fn gateway(directory: &TempDir, keyring: &str) -> Gateway {
        let db = |name: &str| directory.path().join(name);
        let data = Db::open_sqlite(&db("data.sqlite"), store::ledger::SCHEMA).await.unwrap();
        let keys = Db::open_sqlite(&db("keys.sqlite"), store::keys::SCHEMA).await.unwrap();
        let organisations = include_str!("../../../certs-example/directory.toml");
        let policy = include_str!("../../../certs-example/haaglanden-1.toml");
        Gateway::open(Opening {
            db: data,
            keys: KeyDb::new(keys),
            keyring: Keyring::parse(keyring).unwrap(),
            origin: "ketenpoort.example/test".parse().unwrap(),
            own_oin: "00000099000000001000".parse().unwrap(),
            directory: crate::cli::directory::from_texts(organisations, policy).unwrap(),
            clock: Clock::system(),
            anchor: None,
            witnesses: None,
            names: Names::of("ketenpoort.example/test", "00000099000000001000".parse().unwrap())
                .unwrap(),
        })
        .await
        .unwrap()
    }

    fn later(&self, by: Duration) {
        let now = self.gateway.clock().now();
        self.gateway.clock().set(now.plus(by));
    }

    fn call(&self, oin: &str, user: &str, role: UserRole) -> Call {
        let caller = self.gateway.admit(&oin.parse().unwrap(), None).unwrap();
        caller.act(Actor { user_id: user.parse().unwrap(), role, on_behalf_of: None })
    }

    fn worker(&self) -> Call {
        self.call(GGZ, "ggz-1", UserRole::CaseWorker)
    }

    /// Data about somebody goes from the Steunpunt to the GGZ, or is refused.
    async fn goes(&self, call: &Call, of: &Goes) {
        let key = self.gateway.keys().subjects(&[of.subject], call.now()).await.unwrap();
        let (steunpunt, ggz): (Oin, Oin) = (STEUNPUNT.parse().unwrap(), GGZ.parse().unwrap());
        let case_ref: CaseRef = CASE.parse().unwrap();
        let event = if of.denied { EventCode::AccessDenied } else { EventCode::SummaryDelivered };
        let sharing = Sharing {
            sender: &steunpunt,
            recipient: &ggz,
            custodian: &steunpunt,
            purpose: Purpose::CareCoordination,
            basis: of.basis,
            categories: Categories::of(of.categories),
            consents: of.consents,
            payload: &[],
        };
        let group = new_group(call).unwrap();
        let matter = Matter::Sharing(sharing);
        let happening = Happening {
            subject: Some(Subject { key: &key[0], age_band: AgeBand::Adult }),
            case_ref: Some(&case_ref),
            outcome: if of.denied { Outcome::SeriousFailure } else { Outcome::Success },
            denial: of.denied.then_some(DenialReason::NoConsent),
            ..Happening::new(event, group, ObjectType::CaseSummary, matter)
        };
        let entry = self.gateway.write_down(call, happening).unwrap().entry;
        self.gateway.append(vec![entry]).await.unwrap();
    }

    /// Something about a consent of the Steunpunt for the GGZ.
    async fn consent(&self, call: &Call, event: EventCode, state: u8) {
        let key = self.gateway.keys().subjects(&[person(1)], call.now()).await.unwrap();
        let change = ConsentChange {
            consent_id: CONSENT,
            version: 1,
            state,
            source: STEUNPUNT.parse().unwrap(),
            recipient: GGZ.parse().unwrap(),
            purpose: 1,
            categories: Categories::of(&[Category::Identification]).bits(),
            valid_from: call.now(),
            valid_until: call.now().plus(DAY * 90),
        };
        let group = new_group(call).unwrap();
        let happening = Happening {
            subject: Some(Subject { key: &key[0], age_band: AgeBand::Adult }),
            message_id: Some(CONSENT.into()),
            ..Happening::new(event, group, ObjectType::Consent, Matter::Consent(change))
        };
        let entry = self.gateway.write_down(call, happening).unwrap().entry;
        self.gateway.append(vec![entry]).await.unwrap();
    }

    async fn is_member(&self, of: &str) {
        let row = MemberRow {
            oin: of.parse().unwrap(),
            kind: 1,
            reason: 0,
            member_from: Timestamp::EPOCH,
            member_until: None,
        };
        self.gateway.writer().commit(Join(row)).await.unwrap();
    }

    async fn examine(&self) {
        while self.gateway.detect_signals().await.unwrap().more {}
    }

    async fn open_signals(&self) -> Vec<SignalRow> {
        self.examine().await;
        let all = SignalQuery {
            party: None,
            state: SignalState::Open,
            rule: None,
            score_min: 0,
            before: None,
        };
        let mut rows = self.gateway.db().read().await.unwrap().signals(&all, 500).await.unwrap();
        rows.sort_by_key(|row| row.rule);
        rows
    }

    async fn rules(&self) -> Vec<SignalRule> {
        self.open_signals().await.iter().map(|row| row.rule).collect()
    }
}

/// What goes; where nothing else is said, identification of person 1 on a ground in law.
struct Goes {
    subject: Pseudonym,
    basis: Basis,
    categories: &'static [Category],
    consents: &'static [ConsentRef],
    denied: bool,
}

impl Default for Goes {
    fn default() -> Self {
        Self {
            subject: person(1),
            basis: Basis::VitalInterest,
            categories: &[Category::Identification],
            consents: &[],
            denied: false,
        }
    }
}

const USED: &[ConsentRef] = &[ConsentRef { consent_id: CONSENT, version: 1 }];

fn on_consent() -> Goes {
    Goes { basis: Basis::Consent, consents: USED, ..Goes::default() }
}

struct Join(MemberRow);

impl Command for Join {
    type Outcome = ();

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<()>> {
        tx.insert_case_member(&CASE.parse().unwrap(), &self.0).await?;
        Ok(Flow::Append(Vec::<NewEntry>::new()))
    }

    async fn complete(&self, _: &mut Tx, _: &mut Placed) -> store::Result<()> {
        Ok(())
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn person(number: u8) -> Pseudonym {
    Pseudonym::new([number; 32])
}

#[tokio::test]
async fn what_goes_after_a_withdrawal_is_seen_and_what_went_before_is_not() {
    let watch = Watch::open().await;
    watch.is_member(GGZ).await;
    let director = watch.call(STEUNPUNT, "sp-1", UserRole::ProcessDirector);
    watch.consent(&director, EventCode::ConsentRecorded, 2).await;
    watch.goes(&watch.worker(), &on_consent()).await;
    assert_eq!(watch.rules().await, []);
    watch.consent(&director, EventCode::ConsentWithdrawn, 4).await;
    watch.goes(&watch.worker(), &on_consent()).await;
    watch.goes(&watch.worker(), &on_consent()).await;
    let signals = watch.open_signals().await;
    assert_eq!(signals.len(), 1, "of one user in one case it is one: {signals:?}");
    assert_eq!((signals[0].rule, signals[0].score), (SignalRule::AfterWithdrawal, 100));
    assert_eq!(signals[0].entry_count, 3, "the withdrawal, and what went");
    assert_eq!(signals[0].oin.as_str(), GGZ);
    assert_eq!(signals[0].other_oin.as_ref().map(Oin::as_str), Some(STEUNPUNT));
}

#[tokio::test]
async fn a_category_that_the_consent_does_not_name_is_seen() {
    let watch = Watch::open().await;
    watch.is_member(GGZ).await;
    let director = watch.call(STEUNPUNT, "sp-1", UserRole::ProcessDirector);
    watch.consent(&director, EventCode::ConsentRecorded, 2).await;
    let categories = &[Category::Identification, Category::HealthMental];
    watch.goes(&watch.worker(), &Goes { categories, ..on_consent() }).await;
    assert_eq!(watch.rules().await, [SignalRule::OutsideConsent]);
}

#[tokio::test]
async fn who_uses_a_consent_just_after_recording_it_is_seen_and_later_is_not() {
    let watch = Watch::open().await;
    watch.is_member(GGZ).await;
    watch.consent(&watch.worker(), EventCode::ConsentRecorded, 2).await;
    watch.later(MINUTE * 5);
    watch.goes(&watch.worker(), &on_consent()).await;
    assert_eq!(watch.rules().await, []);
    watch.consent(&watch.worker(), EventCode::ConsentRecorded, 2).await;
    watch.later(MINUTE * 4);
    watch.goes(&watch.call(GGZ, "ggz-2", UserRole::CaseWorker), &on_consent()).await;
    assert_eq!(watch.rules().await, [], "another user");
    watch.goes(&watch.worker(), &on_consent()).await;
    assert_eq!(watch.rules().await, [SignalRule::OwnConsent]);
}

#[tokio::test]
async fn a_recipient_outside_the_team_is_seen_where_the_basis_asks_for_a_member() {
    let watch = Watch::open().await;
    watch.goes(&watch.worker(), &Goes::default()).await;
    assert_eq!(watch.rules().await, [], "vital interest asks for no member");
    watch.goes(&watch.worker(), &Goes { basis: Basis::Consent, ..Goes::default() }).await;
    assert_eq!(watch.rules().await, [SignalRule::OutsideTeam]);
    let watch = Watch::open().await;
    watch.is_member(GGZ).await;
    watch.goes(&watch.worker(), &Goes { basis: Basis::Consent, ..Goes::default() }).await;
    assert_eq!(watch.rules().await, []);
}

#[tokio::test]
async fn many_people_in_a_day_are_seen_at_the_limit_and_the_next_one_joins() {
    let watch = Watch::open().await;
    let look = async |number| {
        let subject = person(number);
        watch.goes(&watch.worker(), &Goes { subject, ..Goes::default() }).await;
    };
    for number in 0..25 {
        look(number).await;
    }
    look(0).await;
    assert_eq!(watch.rules().await, [], "25 people, one of them twice");
    look(25).await;
    let signals = watch.open_signals().await;
    assert_eq!(signals[0].rule, SignalRule::ManySubjects);
    assert_eq!((signals.len(), signals[0].entry_count), (1, 26));
    look(26).await;
    let signals = watch.open_signals().await;
    assert_eq!((signals.len(), signals[0].entry_count), (1, 27), "{signals:?}");
    assert!(signals[0].factors.contains(r#""seen":27"#), "{}", signals[0].factors);
}

#[tokio::test]
async fn people_of_another_day_are_counted_anew() {
    let watch = Watch::open().await;
    for number in 0..26 {
        if number == 13 {
            watch.later(DAY);
        }
        let subject = person(number);
        watch.goes(&watch.worker(), &Goes { subject, ..Goes::default() }).await;
    }
    assert_eq!(watch.rules().await, []);
}

#[tokio::test]
async fn denials_in_little_time_are_seen_and_spread_ones_are_not() {
    let watch = Watch::open().await;
    let denied = || Goes { denied: true, ..Goes::default() };
    for _ in 0..8 {
        watch.goes(&watch.worker(), &denied()).await;
        watch.later(MINUTE * 3);
    }
    assert_eq!(watch.rules().await, [], "four in ten minutes");
    for _ in 0..2 {
        watch.goes(&watch.worker(), &denied()).await;
    }
    let signals = watch.open_signals().await;
    assert_eq!(signals.len(), 1);
    assert_eq!((signals[0].rule, signals[0].entry_count), (SignalRule::Denials, 5));
    assert!(signals[0].user_id.is_some());
}

#[tokio::test]
async fn denials_of_several_users_are_a_signal_of_their_organisation() {
    let watch = Watch::open().await;
    for user in ["a", "b", "c", "d", "e"] {
        assert_eq!(watch.rules().await, []);
        let call = watch.call(GGZ, user, UserRole::CaseWorker);
        watch.goes(&call, &Goes { denied: true, ..Goes::default() }).await;
    }
    let signals = watch.open_signals().await;
    assert_eq!((signals[0].rule, signals[0].score), (SignalRule::Denials, 60));
    assert_eq!(signals[0].user_id, None);
}

#[tokio::test]
async fn another_basis_just_after_a_refusal_is_seen_and_later_is_not() {
    let watch = Watch::open().await;
    let refused = || Goes { denied: true, ..on_consent() };
    watch.goes(&watch.worker(), &refused()).await;
    watch.later(MINUTE * 60);
    watch.goes(&watch.worker(), &Goes::default()).await;
    assert_eq!(watch.rules().await, []);
    watch.goes(&watch.worker(), &refused()).await;
    watch.goes(&watch.worker(), &Goes { subject: person(2), ..Goes::default() }).await;
    assert_eq!(watch.rules().await, [], "about somebody else");
    watch.later(MINUTE * 59);
    watch.goes(&watch.worker(), &Goes::default()).await;
    let signals = watch.open_signals().await;
    assert_eq!(signals.len(), 1);
    assert_eq!((signals[0].rule, signals[0].entry_count), (SignalRule::BasisShopping, 2));
}

#[tokio::test]
async fn acts_at_night_are_seen_of_roles_without_duty() {
    let watch = Watch::open().await;
    watch.gateway.clock().set(at("2026-03-10T20:59:00Z"));
    watch.goes(&watch.worker(), &Goes::default()).await;
    watch.gateway.clock().set(at("2026-03-10T21:00:00Z"));
    let on_call = watch.call(GGZ, "ggz-2", UserRole::CrisisWorker);
    watch.goes(&on_call, &Goes::default()).await;
    assert_eq!(watch.rules().await, []);
    watch.goes(&watch.worker(), &Goes::default()).await;
    watch.gateway.clock().set(at("2026-03-11T04:59:00Z"));
    watch.goes(&watch.worker(), &Goes::default()).await;
    let signals = watch.open_signals().await;
    assert_eq!(signals.len(), 1, "one night is one signal");
    assert_eq!((signals[0].rule, signals[0].entry_count), (SignalRule::NightActivity, 2));
}

#[tokio::test]
async fn the_third_emergency_of_a_user_in_a_month_is_seen() {
    let watch = Watch::open().await;
    let staged = Staged {
        cause: Cause::VitalInterest,
        discloser: GGZ,
        recipient: STEUNPUNT,
        consulted: None,
    };
    watch.gateway.stage(&staged, 1).await;
    watch.later(DAY * 30);
    watch.gateway.stage(&staged, 2).await;
    watch.later(DAY);
    watch.gateway.stage(&staged, 3).await;
    assert_eq!(watch.rules().await, [], "the first one was a month ago");
    watch.gateway.stage(&staged, 4).await;
    let signals = watch.open_signals().await;
    assert_eq!((signals.len(), signals[0].rule), (1, SignalRule::BreakGlassRate));
    watch.gateway.stage(&staged, 5).await;
    assert_eq!(watch.open_signals().await.len(), 1, "the next one joins");
}

#[tokio::test]
async fn an_overdue_review_is_seen() {
    let watch = Watch::open().await;
    let staged = Staged {
        cause: Cause::VitalInterest,
        discloser: GGZ,
        recipient: STEUNPUNT,
        consulted: None,
    };
    watch.gateway.stage(&staged, 1).await;
    watch.later(DAY * 30);
    watch.gateway.sweep_deadlines().await.unwrap();
    let signals = watch.open_signals().await;
    assert_eq!(signals.iter().map(|row| row.rule).collect::<Vec<_>>(), [SignalRule::ReviewOverdue]);
    assert_eq!(signals[0].oin.as_str(), GGZ);
    assert_eq!(signals[0].other_oin.as_ref().map(Oin::as_str), Some(STEUNPUNT));
}

#[tokio::test]
async fn far_more_than_on_days_like_it_is_seen_once_there_are_enough_days() {
    let watch = Watch::open().await;
    for week in 0..9 {
        let number = if week == 8 { 20 } else { 2 };
        for _ in 1..number {
            watch.goes(&watch.worker(), &Goes::default()).await;
        }
        assert_eq!(watch.rules().await, [], "week {week}");
        watch.goes(&watch.worker(), &Goes::default()).await;
        if week < 8 {
            assert_eq!(watch.rules().await, [], "week {week}");
            watch.later(DAY * 7);
        }
    }
    // The clocks went forward on 29 March: noon is one o'clock by then, and the weekday the same.
    assert_eq!(watch.rules().await, [SignalRule::Volume]);
}

#[tokio::test]
async fn who_acts_for_others_than_the_entry_names_is_seen() {
    let watch = Watch::open().await;
    let stranger = watch.call(MEE, "mee-1", UserRole::CaseWorker);
    watch.goes(&stranger, &Goes::default()).await;
    assert_eq!(watch.rules().await, [SignalRule::CertificateMismatch]);
}

#[tokio::test]
async fn what_the_gateway_does_itself_is_no_signal() {
    let watch = Watch::open().await;
    watch.gateway.clock().set(at("2026-03-10T23:00:00Z"));
    let call = watch.gateway.acting_itself().unwrap();
    let administration = Administration { scope: Scope::Case.number(), count: 1, digest: [0; 32] };
    let group = new_group(&call).unwrap();
    for _ in 0..6 {
        let matter = Matter::Administration(administration.clone());
        let happening = Happening {
            denial: Some(DenialReason::RoleNotAllowed),
            outcome: Outcome::SeriousFailure,
            ..Happening::new(EventCode::AccessDenied, group, ObjectType::Case, matter)
        };
        let entry = watch.gateway.write_down(&call, happening).unwrap().entry;
        watch.gateway.append(vec![entry]).await.unwrap();
    }
    assert_eq!(watch.rules().await, []);
}
