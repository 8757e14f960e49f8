//! A report is prepared by one officer and approved by another of the same organisation. What is
//! approved is what was prepared: the digest of every line says so.
//!
//! Invariant: a line is left out on a ground, and never by reading the ledger as it was before the line.

use std::time::Duration;

use crate::domain::event::EventCode;
use crate::domain::id::SubjectRequestId;
use crate::domain::subject_request::{
    Approval, NotApproved, PreparedReport, Withheld, WithheldDraft,
};
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::Gateway;
use crate::gateway::access_report::Digested;
use crate::gateway::call::{Call, Request};
use crate::gateway::case_file::{CaseFile, CasePersonFile};
use crate::gateway::error::{Error, Result};
use crate::gateway::once::Encode;
use crate::store::SubjectRequestRow;

use super::work::Keeping;
use super::{RequestView, Requester, life_of, moved, refused, requester, sealed_of, verdict_now};

/// How long after it was read a draft may be prepared: weighing its lines takes time.
const DRAFT_LASTS: Duration = Duration::from_hours(1);

/// How long after it was prepared a report is approved without looking whether lines were added.
const PREPARED_LASTS: Duration = Duration::from_hours(24);

/// What an officer prepares.
#[derive(Debug)]
pub struct Preparing {
    /// The request.
    pub id: SubjectRequestId,
    /// Size of the ledger at which the draft was read.
    pub tree_size: i64,
    /// What is not told.
    pub withheld: Vec<WithheldDraft>,
}

/// What an officer approves.
#[derive(Debug, Clone, Copy)]
pub struct Approving {
    /// The request.
    pub id: SubjectRequestId,
    /// Digest of what was read.
    pub digest: [u8; 32],
}

impl Gateway {
    /// Prepares the report for a request. It replaces what was prepared before, approved or not.
    pub async fn prepare_access_report(
        &self,
        call: &Call,
        request: &Request,
        preparing: Preparing,
        encode: Encode<RequestView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let row = self.own_request(call, preparing.id).await?;
        let file = self.file_of(call, &row).await?;
        let life = life_of(&row)?.report(verdict_now(&row, &file, call.now())?).map_err(refused)?;
        let person = file.person_of(row.subject).ok_or_else(Error::hidden)?;
        let size = self.size_read(&row, preparing.tree_size, call.now()).await?;
        let mut lines = self.report_lines(call, &row, &person.key, size).await?;
        let known: Vec<i64> = lines.entries.iter().map(|line| line.idx).collect();
        let is_represented = matches!(requester(&row)?, Requester::Representative(_));
        let withheld = Withheld::parse(&preparing.withheld, &known, is_represented)?;
        lines.withhold(&withheld);
        let Digested { entries, changed, digest } = self.digested(&row, size, lines);
        let told = entries.iter().filter(|line| line.withheld.is_none()).count();
        let by = call.actor.user_id.clone();
        let alone = !self.directory().policy.subject_request.second_approval;
        let report = PreparedReport {
            tree_size: size,
            digest,
            told: u64::try_from(told).map_err(Error::internal)?,
            withheld,
            changed,
            prepared_by: by.clone(),
            prepared_at: call.now(),
            approval: alone.then(|| Approval { by, at: call.now() }),
        };
        let life = if alone { life } else { life_of(&row)? };
        let reported_at = row.reported_at.or_else(|| alone.then(|| call.now()));
        let row = SubjectRequestRow { reported_at, ..moved(&row, life) };
        let (step, keeping) =
            if alone { ("APPROVED", Keeping::Approved) } else { ("PREPARED", Keeping::Prepared) };
        self.keep_report(call, request, (row, person, report), (step, keeping), encode).await
    }

    /// Approves the report that another officer prepared: it may be given.
    pub async fn approve_access_report(
        &self,
        call: &Call,
        request: &Request,
        approving: Approving,
        encode: Encode<RequestView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        let row = self.own_request(call, approving.id).await?;
        let file = self.file_of(call, &row).await?;
        let life = life_of(&row)?.report(verdict_now(&row, &file, call.now())?).map_err(refused)?;
        let person = file.person_of(row.subject).ok_or_else(Error::hidden)?;
        let Some(prepared) = sealed_of(&row, &person.key)?.report else {
            return Err(Error::unmet("REPORT_PREPARED", "no report was prepared"));
        };
        let size = prepared.tree_size;
        // A line that was added to what has waited for long changes it.
        let has_waited = prepared.prepared_at.plus(PREPARED_LASTS) < call.now();
        let until = if has_waited { self.present_size().await? } else { size };
        let mut lines = self.report_lines(call, &row, &person.key, until).await?;
        lines.withhold(&prepared.withheld);
        let now_is = self.digested(&row, size, lines).digest;
        let by = &call.actor.user_id;
        let report =
            prepared.approve(by, (approving.digest, now_is), call.now()).map_err(not_approved)?;
        let reported_at = row.reported_at.or_else(|| Some(call.now()));
        let row = SubjectRequestRow { reported_at, ..moved(&row, life) };
        let step = ("APPROVED", Keeping::Approved);
        self.keep_report(call, request, (row, person, report), step, encode).await
    }

    async fn keep_report(
        &self,
        call: &Call,
        request: &Request,
        (row, person, report): (SubjectRequestRow, &CasePersonFile, PreparedReport),
        (step, keeping): (&str, Keeping),
        encode: Encode<RequestView>,
    ) -> Result<Vec<u8>> {
        let about = (report.told, report.digest);
        let mut sealed = sealed_of(&row, &person.key)?;
        sealed.report = Some(report);
        let content = sealed.seal(row.subject_request_id, &person.key)?;
        let row = SubjectRequestRow { content, ..row };
        let event = (EventCode::DsarReported, step);
        let entry = self.request_entry_of(call, &row, Some(&person.key), event, about)?;
        self.write_request(call, request, (row, Some(&person.key)), (entry, keeping), encode).await
    }

    async fn file_of(&self, call: &Call, row: &SubjectRequestRow) -> Result<CaseFile> {
        match self.case_file(&row.case_ref).await? {
            Some(file) => Ok(file),
            None => self.refuse_hidden(call).await,
        }
    }

    /// The size at which a draft was read: of a ledger that there is, and lately. What is younger than an
    /// older draft would be left out without a ground.
    async fn size_read(
        &self,
        row: &SubjectRequestRow,
        tree_size: i64,
        now: Timestamp,
    ) -> Result<i64> {
        let present = self.present_size().await?;
        let since = now.minus(DRAFT_LASTS).max(row.received_at);
        // The clock of another replica may be ahead of this one's.
        let until = now.plus(DRAFT_LASTS);
        let lately = self.db().read().await?.leaves_between(since, until).await?;
        let least = lately.map_or(present, |(first, _)| first);
        let mut violations = Violations::new();
        let words = "must be the size of the ledger at which the draft was read";
        let known = (1..=present).contains(&tree_size);
        violations.require(known, "tree_size", "OUT_OF_RANGE", words);
        let words = "must be of a draft that was read at most an hour ago: read it again";
        violations.require(!known || tree_size >= least, "tree_size", "STALE_DRAFT", words);
        violations.into_result(tree_size).map_err(Error::from)
    }
}

fn not_approved(why: NotApproved) -> Error {
    Error::unmet(why.code(), why.to_string())
}
