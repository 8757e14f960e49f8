//! Everything that a decision about one summary rests on: three statements in one snapshot. Over a
//! network a statement is a round trip, and every request for a summary that was not asked for
//! lately waits for them.

use crate::domain::id::{CaseRef, ConsentId, Oin, Pseudonym, ReferralId, TeamId, UserId};
use crate::domain::time::Timestamp;

use super::before::SummaryName;
use super::cases::{CaseRow, MemberRow, PersonRow};
use super::columns::record;
use super::consents::ConsentRow;
use super::db::Tx;
use super::error::{Error, Result};
use super::people::PersonFactRow;
use super::summaries::{PartRow, RevisionRow};

/// A case, its team and its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFacts {
    /// The case.
    pub case: CaseRow,
    /// Members, past ones included, in the order in which they joined.
    pub members: Vec<MemberRow>,
    /// Its people, in order.
    pub persons: Vec<PersonRow>,
    /// What holds, or held, of them, and their restrictions of processing in other cases.
    pub facts: Vec<PersonFactRow>,
}

/// One version of a summary, and what may be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryFacts {
    /// The version.
    pub revision: RevisionRow,
    /// Its parts, in order.
    pub parts: Vec<PartRow>,
    /// The newest version of every consent of the case, at most as many as were asked for.
    pub consents: Vec<ConsentRow>,
    /// The same of what its people said in other cases.
    pub elsewhere: Vec<ConsentRow>,
}

record! {
    /// A case, and the version of a summary beside it.
    struct Head {
        case_ref: CaseRef,
        team_id: TeamId,
        steunpunt_oin: Oin,
        state: i64,
        phase: i64,
        process_director_user_id: UserId,
        manager_user_id: UserId,
        referral_id: ReferralId,
        version: i64,
        facts_version: i64,
        opened_at: Timestamp,
        content: Vec<u8>,
        revision: Option<i64>,
        categories: Option<i64>,
        published_at: Option<Timestamp>,
        published_by: Option<UserId>,
        retracted_at: Option<Timestamp>,
        content_purged_at: Option<Timestamp>,
    }
}

record! {
    /// A member, a person or a fact about a person: what it is decides which columns are there.
    struct Belonging {
        what: i64,
        oin: Option<Oin>,
        subject: Option<Pseudonym>,
        other: Option<Pseudonym>,
        content: Option<Vec<u8>>,
        number: Option<i64>,
        code: Option<i64>,
        from_moment: Option<Timestamp>,
        until_moment: Option<Timestamp>,
        decided_by: Option<UserId>,
        supervisor_user_id: Option<UserId>,
        ended_by: Option<UserId>,
        end_supervisor_user_id: Option<UserId>,
    }
}

record! {
    /// A part or a consent.
    struct Piece {
        what: i64,
        consent_id: Option<ConsentId>,
        case_ref: Option<CaseRef>,
        number: i64,
        subject: Option<Pseudonym>,
        subjects: Option<Vec<u8>>,
        source_oin: Option<Oin>,
        recipient_oin: Option<Oin>,
        code: i64,
        categories: Option<i64>,
        valid_from: Option<Timestamp>,
        valid_until: Option<Timestamp>,
        state: Option<i64>,
        recorded_at: Option<Timestamp>,
        content: Vec<u8>,
    }
}

const MEMBER: i64 = 1;
const PERSON: i64 = 2;
const PART: i64 = 1;
const CONSENT: i64 = 2;

/// Members, people, and what holds of them; restrictions also in other cases.
pub(in crate::store) const BELONGINGS: &str = "-- summary_facts.belongings
             SELECT CAST(1 AS BIGINT) AS what, oin, CAST(NULL AS BYTEA) AS subject, CAST(NULL AS BYTEA) AS other,
                    CAST(NULL AS BYTEA) AS content, kind AS number, reason AS code,
                    member_from AS from_moment, member_until AS until_moment,
                    CAST(NULL AS TEXT) AS decided_by, CAST(NULL AS TEXT) AS supervisor_user_id,
                    CAST(NULL AS TEXT) AS ended_by, CAST(NULL AS TEXT) AS end_supervisor_user_id
               FROM case_members WHERE case_ref = $1
              UNION ALL
             SELECT 2, NULL, subject, NULL, content, position, NULL, NULL, NULL, NULL, NULL, NULL,
                    NULL
               FROM case_persons WHERE case_ref = $1
              UNION ALL
             SELECT 3, NULL, subject, other, NULL, kind, code, counts_from, counts_until,
                    decided_by, supervisor_user_id, ended_by, end_supervisor_user_id
               FROM person_facts WHERE case_ref = $1
              UNION ALL
             SELECT 3, NULL, f.subject, f.other, NULL, 4, f.code, f.counts_from, f.counts_until,
                    f.decided_by, f.supervisor_user_id, f.ended_by, f.end_supervisor_user_id
               FROM case_persons AS p
               JOIN person_facts AS f ON f.subject = p.subject AND f.kind = 3
              WHERE p.case_ref = $1 AND f.case_ref <> $1
              ORDER BY 1, 8, 2, 6, 3, 4, 7";

/// Parts, consents of the case, and what its people said in other cases.
pub(in crate::store) const CONTENTS: &str = "-- summary_facts.contents
             SELECT CAST(1 AS BIGINT) AS what, CAST(NULL AS BYTEA) AS consent_id,
                    CAST(NULL AS TEXT) AS case_ref, position AS number,
                    CAST(NULL AS BYTEA) AS subject, subjects, CAST(NULL AS TEXT) AS source_oin,
                    CAST(NULL AS TEXT) AS recipient_oin, category AS code,
                    CAST(NULL AS BIGINT) AS categories, CAST(NULL AS BIGINT) AS valid_from,
                    CAST(NULL AS BIGINT) AS valid_until, CAST(NULL AS BIGINT) AS state,
                    CAST(NULL AS BIGINT) AS recorded_at, content
               FROM summary_parts WHERE case_ref = $1 AND author_oin = $2 AND revision = $3
              UNION ALL
             SELECT * FROM (
                 SELECT CAST(2 AS BIGINT), consent_id, case_ref, version, subject,
                        CAST(NULL AS BYTEA), source_oin, recipient_oin, purpose, categories,
                        valid_from, valid_until, state, recorded_at, content
                   FROM consents AS c
                  WHERE case_ref = $1
                    AND version = (SELECT MAX(version) FROM consents
                                    WHERE consent_id = c.consent_id)
                  ORDER BY recorded_at, consent_id
                  LIMIT $4) AS newest
              UNION ALL
             SELECT * FROM (
                 SELECT CAST(3 AS BIGINT), c.consent_id, c.case_ref, c.version, c.subject,
                        CAST(NULL AS BYTEA), c.source_oin, c.recipient_oin, c.purpose,
                        c.categories, c.valid_from, c.valid_until, c.state, c.recorded_at,
                        c.content
                   FROM case_persons AS p
                   JOIN consents AS c ON c.subject = p.subject
                  WHERE p.case_ref = $1 AND c.case_ref <> $1
                    AND c.version = (SELECT MAX(version) FROM consents
                                      WHERE consent_id = c.consent_id)
                  ORDER BY c.recorded_at, c.consent_id
                  LIMIT $4) AS elsewhere
              ORDER BY 1, 14, 2, 4";

impl Tx {
    /// The case of a summary, and the summary when there is such a version of it. None when there is
    /// no such case.
    pub async fn summary_facts(
        &mut self,
        name: &SummaryName,
        consents_max: u32,
    ) -> Result<Option<(CaseFacts, Option<SummaryFacts>)>> {
        let Some(head) = self.head(name).await? else { return Ok(None) };
        let revision = head.revision(&name.author);
        let mut facts = CaseFacts {
            case: head.case(),
            members: Vec::new(),
            persons: Vec::new(),
            facts: Vec::new(),
        };
        for row in self.belongings(&name.case_ref).await? {
            facts.add(row)?;
        }
        let Some(revision) = revision else { return Ok(Some((facts, None))) };
        let contents = self.contents(&revision, consents_max).await?;
        let (parts, consents, elsewhere) = (Vec::new(), Vec::new(), Vec::new());
        let mut found = SummaryFacts { revision, parts, consents, elsewhere };
        for row in contents {
            found.add(row)?;
        }
        Ok(Some((facts, Some(found))))
    }

    async fn head(&mut self, name: &SummaryName) -> Result<Option<Head>> {
        self.query(
            "-- summary_facts.head
             SELECT c.case_ref, c.team_id, c.steunpunt_oin, c.state, c.phase,
                    c.process_director_user_id, c.manager_user_id, c.referral_id, c.version,
                    c.facts_version, c.opened_at, c.content, s.revision, s.categories,
                    s.published_at, s.published_by, s.retracted_at,
                    s.content_purged_at
               FROM cases AS c
               LEFT JOIN summaries AS s
                 ON s.case_ref = c.case_ref AND s.author_oin = $2
                AND s.revision = COALESCE(CAST($3 AS BIGINT),
                        (SELECT MAX(l.revision) FROM summaries AS l
                          WHERE l.case_ref = $1 AND l.author_oin = $2))
              WHERE c.case_ref = $1",
        )
        .bind(name.case_ref.clone())
        .bind(name.author.clone())
        .bind(name.revision)
        .fetch_optional()
        .await
    }

    async fn belongings(&mut self, case_ref: &CaseRef) -> Result<Vec<Belonging>> {
        self.query(BELONGINGS).bind(case_ref.clone()).fetch_all().await
    }

    async fn contents(&mut self, of: &RevisionRow, consents_max: u32) -> Result<Vec<Piece>> {
        self.query(CONTENTS)
            .bind(of.case_ref.clone())
            .bind(of.author_oin.clone())
            .bind(of.revision)
            .bind(i64::from(consents_max))
            .fetch_all()
            .await
    }
}

impl Head {
    fn revision(&self, author: &Oin) -> Option<RevisionRow> {
        Some(RevisionRow {
            case_ref: self.case_ref.clone(),
            author_oin: author.clone(),
            revision: self.revision?,
            categories: self.categories?,
            published_at: self.published_at?,
            published_by: self.published_by.clone()?,
            retracted_at: self.retracted_at,
            content_purged_at: self.content_purged_at,
        })
    }

    fn case(self) -> CaseRow {
        CaseRow {
            case_ref: self.case_ref,
            team_id: self.team_id,
            steunpunt_oin: self.steunpunt_oin,
            state: self.state,
            phase: self.phase,
            process_director_user_id: self.process_director_user_id,
            manager_user_id: self.manager_user_id,
            referral_id: self.referral_id,
            version: self.version,
            facts_version: self.facts_version,
            opened_at: self.opened_at,
            content: self.content,
        }
    }
}

impl CaseFacts {
    fn add(&mut self, row: Belonging) -> Result<()> {
        let what = row.what;
        let is_whole = match what {
            MEMBER => row.member().map(|member| self.members.push(member)),
            PERSON => row.person().map(|person| self.persons.push(person)),
            _ => row.fact().map(|fact| self.facts.push(fact)),
        };
        is_whole.ok_or(Error::Corrupt { table: "case_persons", column: "subject" })
    }
}

impl Belonging {
    fn member(self) -> Option<MemberRow> {
        Some(MemberRow {
            oin: self.oin?,
            kind: self.number?,
            reason: self.code?,
            member_from: self.from_moment?,
            member_until: self.until_moment,
        })
    }

    fn person(self) -> Option<PersonRow> {
        Some(PersonRow { position: self.number?, subject: self.subject?, content: self.content? })
    }

    fn fact(self) -> Option<PersonFactRow> {
        Some(PersonFactRow {
            subject: self.subject?,
            kind: self.number?,
            other: self.other?,
            code: self.code?,
            counts_from: self.from_moment?,
            counts_until: self.until_moment,
            decided_by: self.decided_by?,
            supervisor_user_id: self.supervisor_user_id,
            ended_by: self.ended_by,
            end_supervisor_user_id: self.end_supervisor_user_id,
        })
    }
}

impl SummaryFacts {
    fn add(&mut self, row: Piece) -> Result<()> {
        let is_whole = match row.what {
            PART => row.part().map(|part| self.parts.push(part)),
            CONSENT => row.consent().map(|consent| self.consents.push(consent)),
            _ => row.consent().map(|consent| self.elsewhere.push(consent)),
        };
        is_whole.ok_or(Error::Corrupt { table: "summary_parts", column: "subjects" })
    }
}

impl Piece {
    fn part(self) -> Option<PartRow> {
        Some(PartRow {
            position: self.number,
            category: self.code,
            subjects: self.subjects?,
            content: self.content,
        })
    }

    fn consent(self) -> Option<ConsentRow> {
        Some(ConsentRow {
            consent_id: self.consent_id?,
            version: self.number,
            case_ref: self.case_ref?,
            subject: self.subject?,
            source_oin: self.source_oin?,
            recipient_oin: self.recipient_oin?,
            purpose: self.code,
            categories: self.categories?,
            valid_from: self.valid_from?,
            valid_until: self.valid_until?,
            state: self.state?,
            recorded_at: self.recorded_at?,
            content: self.content,
        })
    }
}
