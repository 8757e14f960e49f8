//! Looking at one request and at those that wait, and finding the person whom a request is about. That
//! somebody looked is in the ledger first.

use crate::domain::id::{Bsn, CaseRef, PersonKey, Pseudonym, SubjectRequestId};
use crate::domain::look::Look;
use crate::domain::organisation::Role;
use crate::domain::person::AgeBand;
use crate::domain::purpose::Purpose;
use crate::domain::subject_request::{Particulars, Verdict};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::error::{Error, Result};
use crate::vault::pseudonym::PersonIdentity;

use super::{PAGE_MAX, RequestView, life_of, sealed_of, verdict_now};

/// One request with what was weighed.
#[derive(Debug)]
pub struct RequestLook {
    /// The request.
    pub view: RequestView,
    /// Whose data.
    pub subject: Pseudonym,
    /// What was written down when it came in; none when the person was forgotten.
    pub particulars: Option<Particulars>,
    /// What would be decided now.
    pub verdict: Verdict,
}

/// A person whom a request may be about. Without a name: an officer needs none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who, within the case.
    pub key: PersonKey,
    /// Who, in the ledger.
    pub subject: Pseudonym,
    /// Age now.
    pub age_band: AgeBand,
}

impl Gateway {
    /// One request of the caller's own organisation.
    pub async fn subject_request(&self, call: &Call, id: SubjectRequestId) -> Result<RequestLook> {
        let row = self.own_request(call, id).await?;
        let what = (Look::Request, call.purpose_or(Purpose::DataSubjectRequest));
        let looked = self.looked(call, what, id.as_bytes())?;
        self.append(vec![looked]).await?;
        let verdict = match self.case_file(&row.case_ref).await {
            Ok(Some(file)) => verdict_now(&row, &file, call.now())?,
            // Somebody of the case was forgotten: what was decided stands.
            Ok(None) | Err(Error::Denied { .. }) => life_of(&row)?.verdict,
            Err(error) => return Err(error),
        };
        let key = self.keys().subject(row.subject).await?;
        let sealed = key.map(|key| sealed_of(&row, &key)).transpose()?;
        Ok(RequestLook {
            view: self.request_view(&row).await?,
            subject: row.subject,
            particulars: sealed.map(|sealed| sealed.particulars),
            verdict,
        })
    }

    /// Requests that have not ended, in the order in which they must be answered; the office of the
    /// region sees those of everybody.
    pub async fn waiting_requests(
        &self,
        call: &Call,
        after: Option<(Timestamp, SubjectRequestId)>,
        limit: u32,
    ) -> Result<Vec<RequestView>> {
        self.require_officer(call).await?;
        let what = (Look::Requests, call.purpose_or(Purpose::DataSubjectRequest));
        let looked = self.looked(call, what, &[])?;
        self.append(vec![looked]).await?;
        let of = (call.role() != Role::Oversight).then(|| call.oin());
        let limit = limit.clamp(1, PAGE_MAX);
        let mut tx = self.db().read().await?;
        let rows = tx.waiting_subject_requests(of, after, limit).await?;
        drop(tx);
        let mut views = Vec::with_capacity(rows.len());
        for row in &rows {
            views.push(self.request_view(row).await?);
        }
        Ok(views)
    }

    /// The people of a case about which the caller answers requests.
    pub async fn people_to_ask_about(
        &self,
        call: &Call,
        case_ref: &CaseRef,
    ) -> Result<Vec<Candidate>> {
        self.require_officer(call).await?;
        let file = self.case_answered_by(call, case_ref).await?;
        let question = case_ref.as_str().as_bytes();
        let what = (Look::CasePeople, call.purpose_or(Purpose::DataSubjectRequest));
        let looked = self.looked(call, what, question)?;
        self.append(vec![looked]).await?;
        let candidate = |person: &super::CasePersonFile| Candidate {
            key: person.record.key.clone(),
            subject: person.subject,
            age_band: person.record.age_band(call.now()),
        };
        Ok(file.people.iter().map(candidate).collect())
    }

    /// The person of a case with this number. The number is turned into a pseudonym and not kept
    /// (UAVG art. 46); the entry of the look does not tell it.
    pub async fn person_with_bsn(
        &self,
        call: &Call,
        case_ref: &CaseRef,
        bsn: &Bsn,
    ) -> Result<Candidate> {
        let subject = self.keys().keyring().pseudonym_key().person(PersonIdentity::Bsn(bsn));
        let people = self.people_to_ask_about(call, case_ref).await?;
        let found = people.into_iter().find(|person| person.subject == subject);
        let mut violations = Violations::new();
        let words = "must be a person of the case";
        violations.require(found.is_some(), "bsn", "UNKNOWN_PERSON", words);
        violations.into_result(())?;
        found.ok_or_else(Error::hidden)
    }
}
