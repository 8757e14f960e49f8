//! The month's households, and the referral about each. All invented; their BSNs are of the range for
//! tests.

use super::chance::Chance;
use super::days;
use super::names::{CHILDREN, FACTS, FAMILIES, FATHERS, MOTHERS, PLACES, STREETS};
use crate::cli::demo::moment;
use crate::cli::demo::party::Party;
use crate::domain::time::{Date, Timestamp};
use crate::grpc::pb::{
    Address, BsnGround, Capacity, NotInformedReason, PersonRole, Referral, ReferralPerson,
    Representation, Urgency, ViolenceKind, WpgBasis, YesNoUnknown,
};

/// The first BSN of the month's people. Those of the story are below it.
const FIRST_BSN: u32 = 999_992_000;

/// The household with a daughter of 17, who asks for her own data.
pub(super) const DAUGHTERS: usize = 1;
pub(super) const DAUGHTER: &str = "daughter";

/// Somebody of a household.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Says what somebody is, not who.
    pub(super) key: &'static str,
    role: PersonRole,
    given_names: &'static str,
    birth_date: String,
    pub(super) age: u64,
    bsn: String,
}

/// A household that the police refer.
#[derive(Debug, Clone)]
pub(super) struct Household {
    pub(super) referral_id: String,
    pub(super) case_ref: String,
    family_name: &'static str,
    street: &'static str,
    house_number: u64,
    place: (&'static str, &'static str, &'static str),
    pub(super) members: Vec<Member>,
    pub(super) urgency: Urgency,
    pub(super) incident_at: Timestamp,
    facts: &'static str,
    number: usize,
}

impl Household {
    /// Household number `number` of the month, referred because of what happened at `incident_at`.
    pub(super) fn make(
        number: usize,
        incident_at: Timestamp,
        urgency: Urgency,
        chance: &mut Chance,
    ) -> Self {
        let year = incident_at.date().ymd().0;
        let with_father = chance.percent(88);
        let children = chance.one_of(&[0, 1, 1, 2, 2, 3]);
        let mut bsns = bsns().skip(number * 6);
        let mut person = |key, role, given_names, age: u64| Member {
            key,
            role,
            given_names,
            birth_date: birth_date(incident_at.date(), age, number),
            age,
            bsn: bsns.next().unwrap_or_default(),
        };
        let mut members = vec![person(
            "mother",
            PersonRole::Victim,
            chance.one_of(&MOTHERS),
            chance.between(24, 47),
        )];
        if with_father || children == 0 {
            let (name, age) = (chance.one_of(&FATHERS), chance.between(25, 52));
            members.push(person("father", PersonRole::SuspectedPerpetrator, name, age));
        }
        for key in ["child-1", "child-2", "child-3"].into_iter().take(children) {
            let (name, age) = (chance.one_of(&CHILDREN), chance.between(1, 18));
            members.push(person(key, PersonRole::ChildWitness, name, age));
        }
        if number == DAUGHTERS {
            members.push(person(DAUGHTER, PersonRole::ChildWitness, "Noor", 17));
        }
        Self {
            referral_id: format!("6f3c1d9a-7b42-4e0e-9d55-{:012}", 1_000 + number),
            case_ref: format!("VVT-{year}-{:06}", 700 + number),
            family_name: FAMILIES.get(number % FAMILIES.len()).copied().unwrap_or_default(),
            street: chance.one_of(&STREETS),
            house_number: chance.between(1, 240),
            place: place(chance),
            members,
            urgency,
            incident_at,
            facts: chance.one_of(&FACTS),
            number,
        }
    }

    /// The keys of everybody.
    pub(super) fn keys(&self) -> Vec<String> {
        self.members.iter().map(|member| member.key.to_owned()).collect()
    }

    /// The keys of those under 18.
    pub(super) fn children(&self) -> Vec<String> {
        let children = self.members.iter().filter(|member| member.is_child());
        children.map(|member| member.key.to_owned()).collect()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.members.iter().any(|member| member.key == key)
    }

    /// The parents who have authority over the children: all of them.
    fn parents(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| !member.is_child())
    }

    /// Who may decide for whom.
    pub(super) fn representations(&self) -> Vec<Representation> {
        let of = |child: &Member| {
            let of = child.key.to_owned();
            self.parents().map(move |parent| Representation {
                person_key: of.clone(),
                representative_key: parent.key.to_owned(),
                capacity: Capacity::ParentWithAuthority.into(),
            })
        };
        self.members.iter().filter(|member| member.is_child()).flat_map(of).collect()
    }

    /// Who signs for somebody: from 16 on that person, from 12 with a parent, below that all parents.
    pub(super) fn signers(&self, member: &Member) -> Vec<(&'static str, Capacity)> {
        let parents = self.parents().map(|parent| (parent.key, Capacity::ParentWithAuthority));
        match member.age {
            0..12 => parents.collect(),
            12..16 => [(member.key, Capacity::Self_)].into_iter().chain(parents.take(1)).collect(),
            _ => vec![(member.key, Capacity::Self_)],
        }
    }

    /// What the police send.
    pub(super) fn referral(&self) -> Referral {
        let (code, place, postcode) = self.place;
        let reported_at = days::minutes_after(self.incident_at, 9);
        let acute = self.urgency == Urgency::Acute;
        let danger = acute || self.urgency == Urgency::Urgent;
        let yes = |fact| if fact { YesNoUnknown::Yes } else { YesNoUnknown::No };
        Referral {
            referral_id: self.referral_id.clone(),
            sender_oin: Party::Police.oin().to_owned(),
            police_unit: "Eenheid Den Haag".to_owned(),
            police_registration_no: format!(
                "PL1500-{}-{:05}",
                self.incident_at.date().ymd().0,
                20_000 + self.number * 37
            ),
            officer_ref: format!("pol-{:04}", 800 + self.number % 9),
            incident_at: Some(moment::of(self.incident_at)),
            reported_at: Some(moment::of(reported_at)),
            incident_gemeentecode: code.to_owned(),
            residence_gemeentecode: code.to_owned(),
            address: Some(Address {
                street: self.street.to_owned(),
                house_number: self.house_number.to_string(),
                postcode: format!("{postcode}ZZ"),
                place: place.to_owned(),
                suffix: String::new(),
            }),
            persons: self.members.iter().map(|member| self.in_referral(member)).collect(),
            violence_kinds: vec![
                if danger { ViolenceKind::Physical } else { ViolenceKind::Psychological }.into(),
            ],
            children_present: Some(self.members.iter().any(Member::is_child)),
            weapon_involved: yes(acute).into(),
            injury: yes(danger).into(),
            arrest_made: yes(acute).into(),
            alcohol_or_drugs: YesNoUnknown::Unknown.into(),
            urgency: self.urgency.into(),
            facts: self.facts.to_owned(),
            callback_phone: if acute { "+31700000000" } else { "" }.to_owned(),
            wpg_basis: WpgBasis::Wpg18.into(),
            ..Referral::default()
        }
    }

    fn in_referral(&self, member: &Member) -> ReferralPerson {
        let informed = !member.is_child();
        let not_informed =
            if informed { NotInformedReason::Unspecified } else { NotInformedReason::NotReached };
        ReferralPerson {
            person_key: member.key.to_owned(),
            role: member.role.into(),
            family_name: self.family_name.to_owned(),
            given_names: member.given_names.to_owned(),
            birth_date: member.birth_date.clone(),
            bsn: member.bsn.clone(),
            bsn_ground: BsnGround::Wmo529.into(),
            lives_at_address: Some(true),
            informed_of_referral: Some(informed),
            not_informed_reason: not_informed.into(),
        }
    }
}

impl Member {
    pub(super) const fn is_child(&self) -> bool {
        self.age < 18
    }
}

/// Born so many years ago; nobody's birthday is within the month.
fn birth_date(today: Date, age: u64, number: usize) -> String {
    let (year, month, _) = today.ymd();
    let month = (i32::from(month) + 5) % 12 + 1;
    let had_it = month < i32::from(today.ymd().1);
    let years = i32::try_from(age).unwrap_or(30) + i32::from(!had_it);
    format!("{:04}-{month:02}-{:02}", i32::from(year) - years, 1 + number % 28)
}

fn place(chance: &mut Chance) -> (&'static str, &'static str, &'static str) {
    let mut left = chance.between(0, 100);
    for (code, name, postcode, share) in PLACES {
        if left < share {
            return (code, name, postcode);
        }
        left -= share;
    }
    ("0518", "'s-Gravenhage", "2500")
}

/// BSNs that pass the 11-test, from the range that is never given to anybody.
fn bsns() -> impl Iterator<Item = String> {
    (FIRST_BSN..=999_999_999).map(|number| number.to_string()).filter(|text| eleven_test(text))
}

fn eleven_test(text: &str) -> bool {
    let digits = text.bytes().map(|byte| i64::from(byte) - i64::from(b'0'));
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    digits.zip(weights).map(|(digit, weight)| digit * weight).sum::<i64>() % 11 == 0
}
