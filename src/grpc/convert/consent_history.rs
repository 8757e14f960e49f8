//! What was said about consent in a case.

use crate::domain::category::Categories;
use crate::domain::consent::{Consent, Grantor, Signer, State, Status};
use crate::domain::id::Pseudonym;
use crate::gateway::consents::{ConsentHistory, ConsentLife, ConsentVersion};
use crate::grpc::convert::disclosure::small;
use crate::grpc::convert::{decision, moment};
use crate::grpc::pb;

/// The history, of one person where one was named.
pub(in crate::grpc) fn history(
    of: &ConsentHistory,
    about: Option<Pseudonym>,
) -> pb::GetConsentHistoryResponse {
    let meant =
        |life: &&ConsentLife| about.is_none() || of.people.get(life.person).copied() == about;
    pb::GetConsentHistoryResponse {
        subject_pseudonyms: of.people.iter().map(|person| person.to_hex()).collect(),
        consents: of.consents.iter().filter(meant).map(|life| self::life(of, life)).collect(),
        cut: of.is_cut,
    }
}

fn life(history: &ConsentHistory, of: &ConsentLife) -> pb::ConsentLife {
    let person = history.people.get(of.person);
    let categories = u32::try_from(of.categories).ok().and_then(Categories::from_bits);
    let used = |(oin, index): &(crate::domain::id::Oin, i64)| pb::ConsentUse {
        recipient_oin: oin.to_string(),
        index: *index,
    };
    pb::ConsentLife {
        consent_id: of.consent_id.to_string(),
        subject_pseudonym: person.map_or_else(String::new, |person| person.to_hex()),
        source_oin: of.source.to_string(),
        recipient_oin: of.recipient.to_string(),
        purpose: small(of.purpose),
        categories: categories.map_or_else(Vec::new, decision::categories),
        state: of.state.map_or(0, State::number).into(),
        versions: of.versions.iter().map(version).collect(),
        uses: of.uses.iter().map(used).collect(),
    }
}

fn version(of: &ConsentVersion) -> pb::ConsentVersion {
    pb::ConsentVersion {
        state: of.state.number().into(),
        recorded_at: Some(moment(of.recorded_at)),
        valid_from: Some(moment(of.valid_from)),
        valid_until: Some(moment(of.valid_until)),
        ..of.consent.as_ref().map(said).unwrap_or_default()
    }
}

/// Who said it, and how that can be shown.
fn said(of: &Consent) -> pb::ConsentVersion {
    let evidence = &of.terms.evidence;
    match &of.status {
        Status::Withdrawn(withdrawal) => pb::ConsentVersion {
            signers: vec![signer(withdrawal.by)],
            channel: withdrawal.channel.number().into(),
            recorded_by_user_id: withdrawal.recorded_by.to_string(),
            ..pb::ConsentVersion::default()
        },
        Status::EnteredInError(correction) => pb::ConsentVersion {
            recorded_by_user_id: correction.recorded_by.to_string(),
            ..pb::ConsentVersion::default()
        },
        Status::Active | Status::Refused | Status::Proposed => pb::ConsentVersion {
            signers: of.terms.grantors.iter().map(Grantor::signer).map(signer).collect(),
            evidence_kind: evidence.kind.number().into(),
            recorded_by_user_id: evidence.captured_by.to_string(),
            policy_version_uri: evidence.policy_version_uri.as_str().to_owned(),
            ..pb::ConsentVersion::default()
        },
    }
}

fn signer(of: Signer) -> pb::ConsentSigner {
    pb::ConsentSigner {
        subject_pseudonym: of.person.to_hex(),
        capacity: of.capacity.number().into(),
    }
}
