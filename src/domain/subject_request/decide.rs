//! Who gets the report, by the table of DOMAIN §5.6.
//!
//! | who asks | under 12 | 12 to 15 | 16 and older |
//! |---|---|---|---|
//! | the person | refused | given | given |
//! | parent with authority | given unless the interest opposes | the same | refused without mandate |
//!
//! Somebody who cannot weigh this is answered as somebody under 12 is: through who represents them.

use super::{Objection, Verdict};
use crate::domain::consent::{ConsentRules, LegalPosition, Representative, Signer};
use crate::domain::person::AgeBand;
use crate::domain::time::Timestamp;

/// Who asks for the report about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requester {
    /// The person.
    Itself,
    /// Somebody to whom the person gave a written mandate: stands where the person stands.
    Mandated,
    /// Somebody who represents the person.
    Representative(Signer),
}

/// Who asks, and what an officer weighed against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking {
    /// Who asks.
    pub requester: Requester,
    /// What opposes giving the report, in the judgement of the officer.
    pub objection: Option<Objection>,
}

/// Whether the one who asks gets the report at this moment.
pub fn decide(asking: Asking, position: &LegalPosition, at: Timestamp) -> Verdict {
    let verdict = match asking.requester {
        Requester::Itself | Requester::Mandated => own(position, at),
        Requester::Representative(signer) => represented(signer, position, at),
    };
    match (verdict, asking.objection) {
        (Verdict::Give, Some(Objection::ProtectionTask)) => Verdict::RefusedProtectionTask,
        (Verdict::Give, Some(Objection::PersonInterest)) => opposed(position, at),
        (verdict, _) => verdict,
    }
}

/// A mandate is worth what the person's own request is: who cannot ask cannot let somebody ask.
fn own(position: &LegalPosition, at: Timestamp) -> Verdict {
    match (position.age_band(at), position.is_capable(at)) {
        (AgeBand::Under12, _) => Verdict::RefusedUnder12,
        (AgeBand::Age12To15 | AgeBand::Age16To17 | AgeBand::Adult, false) => {
            Verdict::RefusedIncapable
        }
        (AgeBand::Age12To15 | AgeBand::Age16To17 | AgeBand::Adult, true) => Verdict::Give,
    }
}

fn represented(signer: Signer, position: &LegalPosition, at: Timestamp) -> Verdict {
    let represents_now = |one: &&Representative| one.signer == signer && one.during.covers(at);
    let Some(known) = position.representatives.iter().find(represents_now) else {
        return Verdict::RefusedNotRepresentative;
    };
    let decides_alone = matches!(position.age_band(at), AgeBand::Age16To17 | AgeBand::Adult);
    if decides_alone && position.is_capable(at) {
        return Verdict::Refused16Plus;
    }
    // An exclusion is the interest of the person, weighed before (Jeugdwet art. 7.3.15 lid 4).
    if known.is_excluded(at) {
        return opposed(position, at);
    }
    if represents(signer, position, at) { Verdict::Give } else { Verdict::RefusedNotRepresentative }
}

/// Whoever must or may sign a consent for the person represents them. By the rule of the law, where
/// every parent with authority counts, whatever the region asks for a consent.
fn represents(signer: Signer, position: &LegalPosition, at: Timestamp) -> bool {
    let strict = ConsentRules { dual_consent_12_15: true, ..ConsentRules::default() };
    let required = position.required_signatures(at, None, &strict);
    required.iter().any(|signature| signature.any_of.contains(&signer))
}

fn opposed(position: &LegalPosition, at: Timestamp) -> Verdict {
    if position.age_band(at).is_minor() {
        Verdict::RefusedChildInterest
    } else {
        Verdict::RefusedSubjectInterest
    }
}
