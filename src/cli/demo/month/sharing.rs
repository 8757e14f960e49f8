//! Between partners: consents, summaries, questions for them, and what is given of one's own accord.

use anyhow::Result;
use aws_lc_rs::digest::{SHA256, digest};
use futures_util::future::try_join_all;

use super::deed::{Employee, Gift, Question, Scope, Way};
use super::household::Member;
use super::town::{Town, director, employee, request_id, two_months_after};
use super::{days, emergency, texts};
use crate::cli::demo::moment;
use crate::cli::demo::party::Party;
use crate::domain::time::Timestamp;
use crate::grpc::pb::{
    Actor, Basis, BasisEvidence, Category, CheckConsentRequest, ClientInvolvement, Consent,
    Evidence, EvidenceKind, Grantor, Information, Involvement, PublishSummaryRequest, Purpose,
    ReadSharedSummaryRequest, RecordConsentRequest, RequestSummaryRequest, ShareSummaryRequest,
    UserRole, WithdrawConsentRequest, WithdrawalChannel,
};

/// What households agree to share.
const AGREED: [Category; 3] =
    [Category::Identification, Category::SafetyAssessment, Category::SafetyAgreements];

/// Everybody decides about their own data, for one way.
pub(super) async fn ask_consent(
    town: &mut Town<'_>,
    number: usize,
    way: Way,
    refusing: Option<&'static str>,
    at: Timestamp,
) -> Result<()> {
    let household = town.household(number);
    let recorded = try_join_all(household.members.iter().map(|member| async {
        let refused = refusing == Some(member.key);
        let request = RecordConsentRequest {
            request_id: request_id(),
            actor: Some(director(number)),
            consent: Some(consent(town, number, (way, member), at)),
            refused,
        };
        let outcome = town.desk(Party::Steunpunt).consents().record_consent(request).await;
        let recorded = town.answered("recording a consent", outcome)?.consent;
        anyhow::Ok(recorded.filter(|_| !refused).map(|one| (member.key, one.consent_id)))
    }))
    .await?;
    for (key, consent_id) in recorded.into_iter().flatten() {
        town.consents.insert((number, way, key), consent_id);
    }
    Ok(())
}

fn consent(
    town: &Town<'_>,
    number: usize,
    (way, member): (Way, &Member),
    at: Timestamp,
) -> Consent {
    let household = town.household(number);
    let signed_at = Some(moment::of(at.minus(std::time::Duration::from_mins(15))));
    let document_ref = format!(
        "toestemming-{}-{}-{}-{}",
        household.case_ref,
        member.key,
        way.from.slug(),
        way.to.slug()
    );
    let grantor = |(key, capacity): &(&str, _)| Grantor {
        person_key: (*key).to_owned(),
        capacity: i32::from(*capacity),
        signed_at,
    };
    Consent {
        case_ref: household.case_ref.clone(),
        person_key: member.key.to_owned(),
        source_oin: way.from.oin().to_owned(),
        recipient_oin: way.to.oin().to_owned(),
        purpose: Purpose::CareCoordination.into(),
        categories: AGREED.map(i32::from).into(),
        valid_until: Some(moment::of(days::after(at.date(), 150).start())),
        grantors: household.signers(member).iter().map(grantor).collect(),
        evidence: Some(Evidence {
            kind: EvidenceKind::SignedPaper.into(),
            document_sha256: digest(&SHA256, document_ref.as_bytes()).as_ref().to_vec(),
            document_ref,
            captured_by_user_id: director(number).user_id,
            captured_at: signed_at,
            language: "nl".to_owned(),
            policy_version_uri: "https://veilig-verder.example/toestemming/3".to_owned(),
            witness_user_id: String::new(),
        }),
        information_given: [
            Information::Recipients,
            Information::Purpose,
            Information::Categories,
            Information::RightToWithdraw,
        ]
        .map(i32::from)
        .into(),
        ..Consent::default()
    }
}

pub(super) async fn withdraw(
    town: &mut Town<'_>,
    number: usize,
    way: Way,
    person: &'static str,
) -> Result<()> {
    let Some(consent_id) = town.consents.remove(&(number, way, person)) else { return Ok(()) };
    let request = WithdrawConsentRequest {
        request_id: request_id(),
        actor: Some(director(number)),
        consent_id,
        withdrawn_by_person_key: person.to_owned(),
        capacity: crate::grpc::pb::Capacity::Self_.into(),
        channel: WithdrawalChannel::Phone.into(),
    };
    let outcome = town.desk(Party::Steunpunt).consents().withdraw_consent(request).await;
    town.answered("withdrawing a consent", outcome)?;
    Ok(())
}

pub(super) async fn publish(
    town: &Town<'_>,
    number: usize,
    author: Party,
    at: Timestamp,
) -> Result<()> {
    let (household, due_date) = (town.household(number), two_months_after(at));
    let (actor, summary) = if author == Party::Ggz {
        (worker(author), texts::of_ggz(household, &due_date))
    } else {
        (director(number), texts::of_steunpunt(household, number, &due_date))
    };
    let request = PublishSummaryRequest {
        request_id: request_id(),
        actor: Some(actor),
        case_ref: household.case_ref.clone(),
        expected_revision: 0,
        summary: Some(summary),
    };
    let outcome = town.desk(author).cases().publish_summary(request).await;
    town.answered("publishing a summary", outcome)?;
    Ok(())
}

/// Somebody asks for a summary, and gets it, a part of it, or no.
pub(super) async fn ask(town: &Town<'_>, number: usize, question: &Question) -> Result<()> {
    let categories = match question.scope {
        Scope::Agreed => AGREED.to_vec(),
        Scope::Agreements => vec![Category::Identification, Category::SafetyAgreements],
        Scope::Everything => Vec::new(),
        Scope::TooMuch => [AGREED.as_slice(), &[Category::HealthMental]].concat(),
    };
    let request = RequestSummaryRequest {
        request_id: request_id(),
        actor: Some(employee(question.by)),
        case_ref: town.household(number).case_ref.clone(),
        author_oin: question.author.oin().to_owned(),
        revision: 0,
        purpose: Purpose::CareCoordination.into(),
        basis: Basis::Consent.into(),
        categories: categories.into_iter().map(i32::from).collect(),
        involvement: Some(involvement(ClientInvolvement::Consented)),
        evidence: None,
    };
    let outcome = town.desk(question.by.party).cases().request_summary(request).await;
    town.allowed("asking for a summary", outcome)?;
    Ok(())
}

/// The closed question: may the own organisation have this about one person?
pub(super) async fn may_i(town: &Town<'_>, number: usize, by: Employee, about: &str) -> Result<()> {
    let request = CheckConsentRequest {
        actor: Some(employee(by)),
        case_ref: town.household(number).case_ref.clone(),
        person_key: about.to_owned(),
        source_oin: Party::Steunpunt.oin().to_owned(),
        recipient_oin: by.party.oin().to_owned(),
        purpose: Purpose::CareCoordination.into(),
        categories: AGREED.map(i32::from).into(),
    };
    let outcome = town.desk(by.party).consents().check_consent(request).await;
    town.allowed("the closed question", outcome)?;
    Ok(())
}

/// Gives of the own accord; the recipient reads it where it is not the police's own affair when.
pub(super) async fn give(
    town: &mut Town<'_>,
    number: usize,
    gift: Gift,
    at: Timestamp,
) -> Result<()> {
    let (giver, mut request) = match gift {
        Gift::Notice(to) => (Party::Steunpunt, notice(number, to)),
        Gift::Warning => (Party::Steunpunt, warning(number)),
        Gift::Emergency(which) => emergency::request(which, number, at),
    };
    request.case_ref.clone_from(&town.household(number).case_ref);
    let recipient = Party::ALL.into_iter().find(|party| party.oin() == request.recipient_oin);
    let outcome = town.desk(giver).sharing().share_summary(request).await;
    let shared = town.answered("giving of one's own accord", outcome)?;
    if let Gift::Emergency(which) = gift {
        town.reviews.insert(which, shared.review_id);
    }
    let Some(recipient) = recipient else { return Ok(()) };
    let read = ReadSharedSummaryRequest {
        request_id: request_id(),
        actor: Some(worker(recipient)),
        share_id: shared.share_id,
    };
    let outcome = town.desk(recipient).sharing().read_shared_summary(read).await;
    town.answered("reading what was given", outcome)?;
    Ok(())
}

fn notice(number: usize, to: Party) -> ShareSummaryRequest {
    ShareSummaryRequest {
        request_id: request_id(),
        actor: Some(director(number)),
        recipient_oin: to.oin().to_owned(),
        purpose: Purpose::CareCoordination.into(),
        basis: Basis::Wmo4112D.into(),
        evidence: Some(BasisEvidence {
            gravity_text: "Zonder snelle hulp herhaalt het zich.".to_owned(),
            ..BasisEvidence::default()
        }),
        categories: vec![Category::Identification.into()],
        involvement: Some(involvement(ClientInvolvement::InformedBefore)),
        ..ShareSummaryRequest::default()
    }
}

fn warning(number: usize) -> ShareSummaryRequest {
    ShareSummaryRequest {
        request_id: request_id(),
        actor: Some(director(number)),
        recipient_oin: Party::Police.oin().to_owned(),
        purpose: Purpose::SafetyProtection.into(),
        basis: Basis::Wmo4112E.into(),
        evidence: Some(BasisEvidence {
            gravity_text: "Er is opnieuw gedreigd en er zijn kinderen in huis.".to_owned(),
            ..BasisEvidence::default()
        }),
        categories: vec![Category::Identification.into(), Category::SafetyAgreements.into()],
        involvement: Some(Involvement {
            reason: "Vooraf vertellen maakt het gevaarlijker.".to_owned(),
            ..involvement(ClientInvolvement::NotInformedSafety)
        }),
        ..ShareSummaryRequest::default()
    }
}

/// Whoever works for an organisation on a day.
pub(super) fn worker(party: Party) -> Actor {
    let (number, role) = match party {
        Party::Police => (871, UserRole::PoliceOfficer),
        Party::Steunpunt => (147, UserRole::ProcessDirector),
        Party::SocialWork | Party::YouthCare | Party::Ggz | Party::Mee | Party::Shelter => {
            (2, UserRole::CaseWorker)
        }
        Party::Fg => (1, UserRole::PrivacyOfficer),
    };
    employee(Employee { party, number, role })
}

pub(super) fn involvement(kind: ClientInvolvement) -> Involvement {
    Involvement { kind: kind.into(), ..Involvement::default() }
}
