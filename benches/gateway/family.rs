//! Invented families of four, each with people, numbers and an address of its own, so that no two
//! referrals are about the same people.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::Clock;
use ketenpoort::grpc::pb::{
    Address, BsnGround, NotInformedReason, PersonRole, Referral, ReferralPerson, Urgency,
    ViolenceKind, WpgBasis, YesNoUnknown,
};

use crate::installation::POLICE_OIN;

/// The people of every family: key, role, given names.
pub(crate) const PEOPLE: [&str; 4] = ["mother", "father", "daughter", "son"];

const GEMEENTECODES: [&str; 9] =
    ["0503", "0518", "0603", "0629", "0637", "1783", "1842", "1916", "1926"];

const STREETS: [&str; 5] =
    ["Voorbeeldstraat", "Proefweg", "Verzonnen Plein", "Testkade", "Denkbeeldige Laan"];

/// Letters of a postcode that cannot be mistaken.
const LETTERS: &[u8; 17] = b"BCDGHJKLMNPRTVWXZ";

/// What a police officer writes about such a night: some 1,400 characters.
const FACTS: &str = "Omstreeks 00:35 uur belden buren over geschreeuw en gestommel in de woning. Ter \
    plaatse troffen wij een vrouw aan met een gezwollen lip en een schaafwond aan de linker onderarm. \
    Zij verklaarde dat haar partner haar na een ruzie over geld tegen de keukenkast had geduwd en een \
    keer met de vlakke hand had geslagen. De man verklaarde dat zij beiden hadden geduwd en dat hij \
    spijt had. Hij rook naar alcohol en is op eigen verzoek naar zijn broer gegaan. Twee kinderen \
    waren in de woning: de dochter zat op de trap en zei alles te hebben gehoord, de zoon lag in bed \
    en huilde. Beiden waren niet gewond. De ambulance heeft de vrouw nagekeken; vervoer was niet \
    nodig. De vrouw wil nog geen aangifte doen. Zij zei dat het de derde keer dit jaar was, en dat \
    het erger wordt sinds haar partner zijn werk kwijt is. De \
    dochter heeft dat bevestigd toen zij even alleen met een collega sprak; zij slaapt slecht \
    en durft geen vriendinnen mee naar huis te nemen. De buren hebben de afgelopen maanden vaker \
    geschreeuw gehoord, maar niet eerder gebeld. Er is een oma in de buurt waar zij en de \
    kinderen terecht kunnen. Met beide ouders is besproken dat deze melding wordt gedaan. Met de \
    zoon is dat vanwege zijn leeftijd en het tijdstip niet besproken. Er zijn geen wapens \
    aangetroffen. Een huisverbod is overwogen en niet opgelegd, omdat de man de woning verliet.";

/// Gives out families. Every run begins with the first.
#[derive(Debug, Default)]
pub(crate) struct Families {
    next: AtomicU64,
}

impl Families {
    /// A referral about a family that was never referred before.
    pub(crate) fn refer(&self) -> Referral {
        referral(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

fn referral(family: u64) -> Referral {
    let now = Clock::system().now();
    let before = |minutes| Some(moment(now.minus(Duration::from_mins(minutes))));
    let gemeentecode = pick(&GEMEENTECODES, family);
    Referral {
        referral_id: uuid::Uuid::now_v7().to_string(),
        sender_oin: POLICE_OIN.to_owned(),
        police_unit: "Eenheid Den Haag".to_owned(),
        police_registration_no: format!("PL1500-2026-{family:07}"),
        officer_ref: "pol-0871".to_owned(),
        incident_at: before(90),
        reported_at: before(84),
        incident_gemeentecode: gemeentecode.clone(),
        residence_gemeentecode: gemeentecode,
        address: Some(address(family)),
        persons: people(family, now),
        violence_kinds: vec![ViolenceKind::Physical.into(), ViolenceKind::Psychological.into()],
        children_present: Some(true),
        weapon_involved: YesNoUnknown::No.into(),
        injury: YesNoUnknown::Yes.into(),
        arrest_made: YesNoUnknown::No.into(),
        alcohol_or_drugs: YesNoUnknown::Yes.into(),
        urgency: Urgency::Urgent.into(),
        facts: FACTS.to_owned(),
        wpg_basis: WpgBasis::Wpg18.into(),
        ..Referral::default()
    }
}

/// Two parents, a daughter of 13 or 14, a son of 8 or 9: one for every rule of who may consent.
fn people(family: u64, now: Timestamp) -> Vec<ReferralPerson> {
    let (year, ..) = now.date().ymd();
    let birth = |year: i16| format!("{year}-{:02}-{:02}", 1 + family % 12, 1 + family % 28);
    let adult = |oldest: i16| oldest + i16::try_from(family % 20).unwrap_or(0);
    let mut bsns = bsns(family);
    let mut person =
        |key: &str, role: PersonRole, given: &str, birth_date, informed| ReferralPerson {
            person_key: key.to_owned(),
            role: role.into(),
            family_name: format!("Testema-{family}"),
            given_names: given.to_owned(),
            birth_date,
            bsn: bsns.next().unwrap_or_default(),
            bsn_ground: BsnGround::Wmo529.into(),
            lives_at_address: Some(true),
            informed_of_referral: Some(informed),
            not_informed_reason: if informed {
                NotInformedReason::Unspecified.into()
            } else {
                NotInformedReason::NotReached.into()
            },
        };
    let [mother, father, daughter, son] = PEOPLE;
    vec![
        person(mother, PersonRole::Victim, "Yara", birth(adult(1972)), true),
        person(father, PersonRole::SuspectedPerpetrator, "Ruben", birth(adult(1970)), true),
        person(daughter, PersonRole::ChildWitness, "Noor", birth(year - 14), true),
        person(son, PersonRole::ChildWitness, "Sem", birth(year - 9), false),
    ]
}

/// Numbers that pass the 11-test: at most one of ten consecutive numbers has no last digit.
fn bsns(family: u64) -> impl Iterator<Item = String> {
    let block = (1_000_000 + family) * 10;
    (block..block + 10).filter_map(|number| {
        let digits = format!("{number:08}");
        let weighed = digits
            .bytes()
            .zip((2..=9).rev())
            .map(|(digit, weight)| u32::from(digit - b'0') * weight);
        let last = weighed.sum::<u32>() % 11;
        (last < 10).then(|| format!("{digits}{last}"))
    })
}

fn address(family: u64) -> Address {
    let (house, rest) = (1 + family % 900, family / 900);
    let letter = |at: u64| char::from(pick_byte(LETTERS, at));
    Address {
        street: pick(&STREETS, family),
        house_number: house.to_string(),
        suffix: String::new(),
        postcode: format!("{}{}{}", 2200 + rest % 600, letter(rest / 600), letter(rest / 600 / 17)),
        place: "'s-Gravenhage".to_owned(),
    }
}

fn pick(words: &[&str], at: u64) -> String {
    let index = usize::try_from(at).unwrap_or(0) % words.len();
    words.get(index).copied().unwrap_or_default().to_owned()
}

fn pick_byte(bytes: &[u8], at: u64) -> u8 {
    let index = usize::try_from(at).unwrap_or(0) % bytes.len();
    bytes.get(index).copied().unwrap_or_default()
}

/// A moment for a message.
pub(crate) fn moment(at: Timestamp) -> prost_types::Timestamp {
    let micros = at.as_micros();
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1000).unwrap_or(0);
    prost_types::Timestamp { seconds: micros.div_euclid(1_000_000), nanos }
}
