//! A referral as the message carries it, and the way in: [`ReferralDraft::parse`].
//!
//! Every wrong field is reported at once, by its path in the message. A rule over several fields
//! is judged as soon as those fields can be read, whatever is wrong elsewhere.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::basis::BasisDraft;
use super::{
    EARLIER_REFERRALS_MAX, PERSONS_MAX, PhoneNumber, RESTRAINING_ORDER_DAYS_MAX, Referral,
    ReferralPerson, RestrainingOrder, Urgency, ViolenceKind, YesNoUnknown,
};
use crate::domain::calendar::days_between;
use crate::domain::draft::{Fields, Noted, Reading};
use crate::domain::id::{Oin, ReferralId};
use crate::domain::person::AddressDraft;
use crate::domain::time::{Date, Timestamp};
use crate::domain::violation::Violations;

mod person;
pub use person::PersonDraft;

/// How far the sender's clock may run ahead of ours (DOMAIN §2.3).
const CLOCK_SKEW_MAX: Duration = Duration::from_mins(5);

/// A [`Referral`] as a message carries it: text as text, codes as protobuf numbers.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed types")]
pub struct ReferralDraft {
    pub referral_id: String,
    pub sender_oin: String,
    pub police_unit: String,
    pub police_registration_no: String,
    pub officer_ref: String,
    pub incident_at: Option<Timestamp>,
    pub reported_at: Option<Timestamp>,
    pub incident_gemeentecode: String,
    pub residence_gemeentecode: String,
    pub address: Option<AddressDraft>,
    pub persons: Vec<PersonDraft>,
    pub violence_kinds: Vec<i32>,
    pub children_present: Option<bool>,
    pub weapon_involved: i32,
    pub injury: i32,
    pub arrest_made: i32,
    pub alcohol_or_drugs: i32,
    pub restraining_order: Option<RestrainingOrderDraft>,
    pub urgency: i32,
    pub facts: String,
    pub earlier_referral_ids: Vec<String>,
    pub wpg_basis: i32,
    pub wpg_purpose: i32,
    pub authority_agreement_ref: String,
    pub partnership_decision_ref: String,
    pub callback_phone: String,
}

/// A [`RestrainingOrder`] as a message carries it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the parsed type")]
pub struct RestrainingOrderDraft {
    pub from_date: String,
    pub until_date: String,
}

impl fmt::Debug for ReferralDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReferralDraft(…)")
    }
}

impl fmt::Debug for RestrainingOrderDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RestrainingOrderDraft(…)")
    }
}

impl ReferralDraft {
    /// The referral, or everything that is wrong with it.
    ///
    /// `caller` is the OIN in the client certificate, `now` the moment of receipt.
    pub fn parse(self, caller: &Oin, now: Timestamp) -> Result<Referral, Violations> {
        let mut violations = Violations::new();
        match self.read(&mut Fields::new("referral", &mut violations), caller, now) {
            Ok(referral) => violations.into_result(referral),
            Err(Noted) => Err(violations),
        }
    }

    /// Reads every field before it leaves at the first missing one.
    fn read(self, fields: &mut Fields<'_>, caller: &Oin, now: Timestamp) -> Reading<Referral> {
        let referral_id = fields.text("referral_id", &self.referral_id);
        let sender_oin = self.read_sender(fields, caller);
        let police_unit = fields.text("police_unit", &self.police_unit);
        let police_registration_no =
            fields.text("police_registration_no", &self.police_registration_no);
        let officer_ref = fields.text("officer_ref", &self.officer_ref);
        let incident_at = fields.given("incident_at", self.incident_at);
        let reported_at = fields.given("reported_at", self.reported_at);
        check_moments(fields, incident_at, reported_at, now);
        let incident_gemeentecode =
            fields.text("incident_gemeentecode", &self.incident_gemeentecode);
        let residence_gemeentecode =
            fields.text("residence_gemeentecode", &self.residence_gemeentecode);
        let address = fields
            .given("address", self.address.as_ref())
            .and_then(|address| address.read(&mut fields.message("address")));
        let persons = self.read_persons(fields, now);
        let violence_kinds = self.read_violence_kinds(fields);
        let children_present = fields.given("children_present", self.children_present);
        check_children(fields, children_present, &persons, incident_at);
        let weapon_involved = read_answer(fields, "weapon_involved", self.weapon_involved);
        let injury = read_answer(fields, "injury", self.injury);
        let arrest_made = read_answer(fields, "arrest_made", self.arrest_made);
        let alcohol_or_drugs = read_answer(fields, "alcohol_or_drugs", self.alcohol_or_drugs);
        let restraining_order = match &self.restraining_order {
            None => Ok(None),
            Some(order) => order.read(&mut fields.message("restraining_order")).map(Some),
        };
        let urgency = fields.code("urgency", self.urgency, Urgency::from_number);
        let facts = fields.text("facts", &self.facts);
        let earlier_referral_ids = self.read_earlier(fields, referral_id.ok());
        let wpg_basis = self.basis().read(fields);
        let callback_phone = self.read_callback_phone(fields, urgency.ok());
        Ok(Referral {
            referral_id: referral_id?,
            sender_oin: sender_oin?,
            police_unit: police_unit?,
            police_registration_no: police_registration_no?,
            officer_ref: officer_ref?,
            incident_at: incident_at?,
            reported_at: reported_at?,
            incident_gemeentecode: incident_gemeentecode?,
            residence_gemeentecode: residence_gemeentecode?,
            address: address?,
            persons: persons?,
            violence_kinds: violence_kinds?,
            children_present: children_present?,
            weapon_involved: weapon_involved?,
            injury: injury?,
            arrest_made: arrest_made?,
            alcohol_or_drugs: alcohol_or_drugs?,
            restraining_order: restraining_order?,
            urgency: urgency?,
            facts: facts?,
            earlier_referral_ids: earlier_referral_ids?,
            wpg_basis: wpg_basis?,
            callback_phone: callback_phone?,
        })
    }

    fn read_sender(&self, fields: &mut Fields<'_>, caller: &Oin) -> Reading<Oin> {
        let sender_oin: Oin = fields.text("sender_oin", &self.sender_oin)?;
        fields.require(
            sender_oin == *caller,
            "sender_oin",
            "SENDER_NOT_CALLER",
            "must be the OIN in the client certificate",
        );
        Ok(sender_oin)
    }

    /// At most [`PERSONS_MAX`] are read, so that a hostile message costs no more than that.
    fn read_persons(
        &self,
        fields: &mut Fields<'_>,
        now: Timestamp,
    ) -> Reading<Vec<ReferralPerson>> {
        fields.given("persons", self.persons.first())?;
        fields.at_most("persons", self.persons.len(), PERSONS_MAX);
        let (mut keys, mut bsns) = (BTreeSet::new(), BTreeSet::new());
        let mut persons = Vec::new();
        for (index, draft) in self.persons.iter().take(PERSONS_MAX).enumerate() {
            let fields = &mut fields.item("persons", index);
            persons.extend(draft.read(fields, now));
            let is_new_key = draft.person_key.is_empty() || keys.insert(&draft.person_key);
            fields.require(is_new_key, "person_key", "DUPLICATE", "is given twice");
            let is_new_bsn = draft.bsn.is_empty() || bsns.insert(&draft.bsn);
            fields.require(is_new_bsn, "bsn", "DUPLICATE", "is given twice");
        }
        // Fewer than were sent: something above was noted.
        if persons.len() == self.persons.len() { Ok(persons) } else { Err(Noted) }
    }

    fn read_violence_kinds(&self, fields: &mut Fields<'_>) -> Reading<BTreeSet<ViolenceKind>> {
        fields.given("violence_kinds", self.violence_kinds.first())?;
        let max = ViolenceKind::ALL.len();
        fields.set("violence_kinds", &self.violence_kinds, max, |fields, name, number| {
            fields.code(name, *number, ViolenceKind::from_number)
        })
    }

    fn read_earlier(
        &self,
        fields: &mut Fields<'_>,
        referral_id: Option<ReferralId>,
    ) -> Reading<BTreeSet<ReferralId>> {
        let ids = &self.earlier_referral_ids;
        fields.set("earlier_referral_ids", ids, EARLIER_REFERRALS_MAX, |fields, name, text| {
            let earlier: ReferralId = fields.text(name, text)?;
            if Some(earlier) == referral_id {
                return Err(fields.wrong(name, "EARLIER_IS_SELF", "must be another referral"));
            }
            Ok(earlier)
        })
    }

    fn read_callback_phone(
        &self,
        fields: &mut Fields<'_>,
        urgency: Option<Urgency>,
    ) -> Reading<Option<PhoneNumber>> {
        if urgency == Some(Urgency::Acute) {
            fields.text("callback_phone", &self.callback_phone).map(Some)
        } else {
            fields.optional_text("callback_phone", &self.callback_phone)
        }
    }

    fn basis(&self) -> BasisDraft<'_> {
        BasisDraft {
            wpg_basis: self.wpg_basis,
            wpg_purpose: self.wpg_purpose,
            authority_agreement_ref: &self.authority_agreement_ref,
            partnership_decision_ref: &self.partnership_decision_ref,
        }
    }
}

impl RestrainingOrderDraft {
    fn read(&self, fields: &mut Fields<'_>) -> Reading<RestrainingOrder> {
        let from_date: Reading<Date> = fields.text("from_date", &self.from_date);
        let until_date: Reading<Date> = fields.text("until_date", &self.until_date);
        let (from_date, until_date) = (from_date?, until_date?);
        let days = days_between(from_date, until_date);
        let max = RESTRAINING_ORDER_DAYS_MAX;
        fields.require(
            days >= 0,
            "until_date",
            "UNTIL_BEFORE_FROM",
            "must not be before from_date",
        );
        fields.require(
            days <= i32::from(max),
            "until_date",
            "RESTRAINING_ORDER_TOO_LONG",
            format!("must be at most {max} days after from_date"),
        );
        Ok(RestrainingOrder { from_date, until_date })
    }
}

fn read_answer(fields: &mut Fields<'_>, name: &str, number: i32) -> Reading<YesNoUnknown> {
    fields.code(name, number, YesNoUnknown::from_number)
}

fn check_moments(
    fields: &mut Fields<'_>,
    incident_at: Reading<Timestamp>,
    reported_at: Reading<Timestamp>,
    now: Timestamp,
) {
    let Ok(reported_at) = reported_at else { return };
    fields.require(
        reported_at <= now.plus(CLOCK_SKEW_MAX),
        "reported_at",
        "IN_FUTURE",
        "must not be more than 5 minutes ahead of the gateway's clock",
    );
    fields.require(
        incident_at.map_or(true, |incident_at| incident_at <= reported_at),
        "incident_at",
        "INCIDENT_AFTER_REPORT",
        "must not be after reported_at",
    );
}

/// Children were there, so somebody in the list is one. Judged only when everybody can be read.
fn check_children(
    fields: &mut Fields<'_>,
    children_present: Reading<bool>,
    persons: &Reading<Vec<ReferralPerson>>,
    incident_at: Reading<Timestamp>,
) {
    let (Ok(true), Ok(persons), Ok(incident_at)) = (children_present, persons, incident_at) else {
        return;
    };
    fields.require(
        persons.iter().any(|person| person.is_child(incident_at)),
        "children_present",
        "CHILD_PERSON_MISSING",
        "asks for at least one person who is a child by role or age",
    );
}
