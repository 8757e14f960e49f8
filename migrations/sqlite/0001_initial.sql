-- First schema. The same tables, columns and names stand in migrations/postgres.
--
-- Moments are microseconds since 1970 in UTC (columns ..._at). Codes are the numbers of the code
-- lists in src/domain, which are also the numbers in proto/. Ids are 16-byte UUIDs. `subject` is
-- always the keyed 32-byte pseudonym of a person. Columns named `content` or `sealed` are
-- encrypted; nothing else holds a name, number, address or text about a person.

-- The ledger ---------------------------------------------------------------------------------

-- State of the ledger: exactly one row. Locked last by every commit.
CREATE TABLE log_state (
  log_id   INTEGER NOT NULL PRIMARY KEY, -- 1
  origin   TEXT    NOT NULL,             -- C2SP origin line of every checkpoint
  size     INTEGER NOT NULL,             -- number of leaves
  root     BLOB    NOT NULL,             -- RFC 6962 root of those leaves
  frontier BLOB    NOT NULL,             -- roots of the perfect subtrees, so that appending needs no leaf
  epoch    INTEGER NOT NULL,             -- counts the starts of processes that sign
  directory_version INTEGER NOT NULL,    -- directory in force; 0 before the first
  disputed TEXT                          -- signed checkpoint that this ledger does not hold; while there is one nobody appends
) STRICT;

-- Entries, exactly as hashed. The stored bytes are the record.
CREATE TABLE leaves (
  idx      INTEGER NOT NULL PRIMARY KEY, -- position, gap-free from 0
  event_id BLOB    NOT NULL UNIQUE,      -- the event_id inside the entry: no event is logged twice
  entry    BLOB    NOT NULL              -- leaf bytes
) STRICT;

-- Full tiles of 256 hashes (C2SP tlog-tiles, height 8). Partial tiles are computed.
CREATE TABLE tiles (
  level  INTEGER NOT NULL, -- 0: leaf hashes; n: roots of tiles of level n-1
  idx    INTEGER NOT NULL, -- position within the level
  hashes BLOB    NOT NULL, -- 256 * 32 bytes
  root   BLOB    NOT NULL, -- root over the 256 hashes; one hash of the tile above
  PRIMARY KEY (level, idx)
) STRICT;

-- Signed states of the ledger, one per commit.
CREATE TABLE checkpoints (
  size      INTEGER NOT NULL PRIMARY KEY, -- number of leaves it covers
  note      TEXT    NOT NULL,             -- C2SP signed note
  signed_at INTEGER NOT NULL
) STRICT;

-- What witnesses outside said of signed states: cosignatures (C2SP tlog-cosignature). A witness says it
-- of some of them, now and then.
CREATE TABLE cosignatures (
  witness     TEXT    NOT NULL, -- name and id of its key
  size        INTEGER NOT NULL, -- the checkpoint
  line        TEXT    NOT NULL, -- signature line of the note
  cosigned_at INTEGER NOT NULL, -- as the witness dated it, in whole seconds
  PRIMARY KEY (witness, size)
) STRICT;
CREATE INDEX cosignatures_of_checkpoint ON cosignatures (size);

-- What an entry says, for those who may read it. One row per leaf.
CREATE TABLE disclosures (
  idx           INTEGER NOT NULL PRIMARY KEY, -- leaf
  event_id      BLOB    NOT NULL,
  group_id      BLOB    NOT NULL, -- all entries of one act
  event_code    INTEGER NOT NULL,
  outcome       INTEGER NOT NULL, -- 0, 4, 8, 12 (NEN 7513 field 7.2.5)
  denial        INTEGER NOT NULL, -- reason; 0 when not denied
  disposition   INTEGER NOT NULL, -- what became of it, in a word
  recorded_at   INTEGER NOT NULL,
  actor_oin     TEXT    NOT NULL, -- organisation that acted
  actor_user_id TEXT    NOT NULL, -- employee, resolvable only by that organisation
  sender_oin    TEXT,             -- organisation whose data it is; none when nothing was shared
  recipient_oin TEXT,
  purpose       INTEGER NOT NULL, -- 0 when there is none
  basis         INTEGER NOT NULL, -- 0 when there is none
  categories    INTEGER NOT NULL, -- bit n-1 set: category n
  case_ref      TEXT,
  message_id    BLOB,             -- message that it was about: the id of a referral or consent
  subject       BLOB,             -- none for an entry about nobody
  sealed        BLOB    NOT NULL  -- the whole record, sealed under the subject's key
) STRICT;
CREATE INDEX disclosures_by_time      ON disclosures (recorded_at, idx);
CREATE INDEX disclosures_by_subject   ON disclosures (subject, idx) WHERE subject IS NOT NULL;
CREATE INDEX disclosures_by_case      ON disclosures (case_ref, idx) WHERE case_ref IS NOT NULL;
CREATE INDEX disclosures_by_group     ON disclosures (group_id, idx);
CREATE INDEX disclosures_by_actor     ON disclosures (actor_oin, actor_user_id, idx);
CREATE INDEX disclosures_denied       ON disclosures (actor_oin, recorded_at) WHERE denial <> 0;
CREATE INDEX disclosures_of_consent   ON disclosures (message_id, idx) WHERE event_code IN (10, 11, 12, 13);

-- What a search compares of 4096 entries: made from their rows once they are all there, so a reader
-- may have it or make it. It tells nothing of a person, a case or an employee.
CREATE TABLE search_blocks (
  block    INTEGER NOT NULL PRIMARY KEY, -- entries from block * 4096 on
  lines    INTEGER NOT NULL,             -- how many of them are left
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  content  BLOB    NOT NULL              -- columns, see domain::lines
) STRICT;
CREATE INDEX search_blocks_by_time ON search_blocks (last_at, first_at, block, lines);

-- What is left of entries that were purged: the tree needs their hashes, and an entry of the ledger
-- accounts for each of them.
CREATE TABLE purged_leaves (
  idx       INTEGER NOT NULL PRIMARY KEY, -- position of the purged entry
  hash      BLOB    NOT NULL,             -- its RFC 6962 leaf hash
  purged_by INTEGER NOT NULL              -- position of the entry about the purge
) STRICT;

-- The directory ------------------------------------------------------------------------------

-- Organisations that take part.
CREATE TABLE organisations (
  oin                   TEXT    NOT NULL PRIMARY KEY,
  name                  TEXT    NOT NULL,
  role                  INTEGER NOT NULL,
  standing              INTEGER NOT NULL,
  certified_institution INTEGER NOT NULL, -- 1: gecertificeerde instelling (Jeugdwet art. 7.3.11 lid 4)
  agreement_version     TEXT,             -- data-sharing agreement; none: not admitted
  agreement_signed_on   TEXT,             -- date
  agreement_valid_until TEXT,             -- last day
  updated_at            INTEGER NOT NULL
) STRICT;

-- Directories that were ever in force, whole: what every gateway of this database works by. The
-- newest one counts; its version stands in log_state too, where every commit reads it.
CREATE TABLE directories (
  version      INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3, ...
  digest       BLOB    NOT NULL,             -- SHA-256 of content
  content      TEXT    NOT NULL,             -- canonical text
  activated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX directories_by_digest ON directories (digest, version);

-- How many calls each organisation made on each day: counts, and nothing about a person. Every gateway adds
-- what it counted.
CREATE TABLE organisation_calls (
  oin          TEXT    NOT NULL, -- who called
  day          TEXT    NOT NULL, -- date
  calls        INTEGER NOT NULL,
  refused      INTEGER NOT NULL, -- of those, what the caller does not get
  failed       INTEGER NOT NULL, -- of those, what the gateway did not manage
  last_seen_at INTEGER NOT NULL,
  client       TEXT    NOT NULL, -- what the client of the last call called itself
  PRIMARY KEY (oin, day)
) STRICT;

-- Rule sets that were ever in force: the routing table and the policy pack, as read.
CREATE TABLE rule_sets (
  kind         INTEGER NOT NULL, -- 1 routing table, 2 policy pack
  version      TEXT    NOT NULL,
  digest       BLOB    NOT NULL, -- SHA-256 of content
  content      TEXT    NOT NULL, -- canonical text
  activated_at INTEGER NOT NULL,
  PRIMARY KEY (kind, version)
) STRICT;

-- Safe repetition ----------------------------------------------------------------------------

-- Answers given, so that a repeated request gets the same bytes.
CREATE TABLE requests (
  caller_oin    TEXT    NOT NULL,
  request_id    BLOB    NOT NULL,
  method        TEXT    NOT NULL,
  body_digest   BLOB    NOT NULL, -- keyed digest of the request
  response      BLOB    NOT NULL, -- sealed under the keys of the people it is about
  owners        BLOB    NOT NULL, -- those keys: their 32-byte names, one after the other
  case_ref      TEXT,             -- case whose facts the answer rests on
  facts_version INTEGER,          -- version of those facts: when they change, the answer is not given again
  directory_version INTEGER, -- version of the directory it was decided by: as above
  reusable_until INTEGER,         -- when time alone could change the decision it rests on
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (caller_oin, request_id)
) STRICT;
-- Answers that disclose are emptied some time after they were given.
CREATE INDEX requests_with_content ON requests (reusable_until) WHERE reusable_until IS NOT NULL AND length(response) > 0;

-- Referrals ----------------------------------------------------------------------------------

CREATE TABLE referrals (
  referral_id              BLOB    NOT NULL PRIMARY KEY, -- chosen by the sender
  sender_oin               TEXT    NOT NULL,
  request_id               BLOB    NOT NULL, -- request that stored it
  recipient_oin            TEXT    NOT NULL,
  team_id                  TEXT    NOT NULL,
  routing_version          TEXT    NOT NULL,
  state                    INTEGER NOT NULL,
  urgency                  INTEGER NOT NULL, -- as the sender stated
  effective_urgency        INTEGER NOT NULL, -- after the rule for repeats
  gemeentecode             TEXT    NOT NULL, -- of residence, for statistics
  violence_kinds           INTEGER NOT NULL, -- bit n-1 set: kind n; for statistics
  with_children            INTEGER NOT NULL, -- 1: somebody under 18 lives there; for statistics
  body_digest              BLOB    NOT NULL, -- keyed digest of the referral as sent
  submitted_at             INTEGER NOT NULL,
  ack_due_at               INTEGER NOT NULL,
  first_contact_due_at     INTEGER,          -- only for danger within a day
  safety_assessment_due_at INTEGER,          -- none for INFORMATION
  inform_subject_due_at    INTEGER NOT NULL,
  feedback_due_at          INTEGER,          -- from triage on
  investigation_due_at     INTEGER,          -- from a triage that decides to investigate
  next_due_at              INTEGER,          -- when one of these may be missed next, as far as it was looked at
  deadlines_told           INTEGER NOT NULL DEFAULT 0, -- bit n-1 set: that one of kind n was missed was told
  acknowledged_at          INTEGER,          -- the moment responsibility passed
  first_contact_at         INTEGER,          -- with the family
  local_reference          TEXT,             -- the recipient's own file number
  triaged_at               INTEGER,
  triage_outcome           INTEGER,
  feedback_sent_at         INTEGER,
  investigation_closed_at  INTEGER,
  send_back_reason         INTEGER,
  ended_at                 INTEGER,          -- withdrawn or sent back: when; nobody took it over
  repeat_index             INTEGER NOT NULL,
  address                  BLOB    NOT NULL, -- keyed pseudonym of the address
  subjects                 BLOB    NOT NULL, -- its people: their pseudonyms, one after the other, in the order of the message
  receipt                  TEXT    NOT NULL, -- signed receipt, as sent
  content                  BLOB    NOT NULL  -- the referral, sealed under the keys of all its people; empty once purged
) STRICT;
CREATE INDEX referrals_by_sender  ON referrals (sender_oin, submitted_at, referral_id);
CREATE INDEX referrals_by_address ON referrals (address, submitted_at);
-- A referral leaves this index when none of its clocks can be missed any more.
CREATE INDEX referrals_by_next_due ON referrals (next_due_at, referral_id) WHERE next_due_at IS NOT NULL;
-- For statistics: what falls in a quarter.
CREATE INDEX referrals_by_acknowledgement ON referrals (acknowledged_at) WHERE acknowledged_at IS NOT NULL;
CREATE INDEX referrals_by_triage          ON referrals (triaged_at) WHERE triaged_at IS NOT NULL;
CREATE INDEX referrals_by_feedback_due    ON referrals (feedback_due_at) WHERE feedback_due_at IS NOT NULL;
CREATE INDEX referrals_by_first_contact   ON referrals (first_contact_at, referral_id) WHERE first_contact_at IS NOT NULL;

-- Content that was purged is empty and leaves this index.
CREATE INDEX referrals_with_content ON referrals (acknowledged_at, referral_id) WHERE acknowledged_at IS NOT NULL AND length(content) > 0;
CREATE INDEX referrals_ended_with_content ON referrals (ended_at, referral_id) WHERE ended_at IS NOT NULL AND length(content) > 0;

-- Earlier referrals that a referral repeats.
CREATE TABLE referral_links (
  referral_id BLOB    NOT NULL,
  earlier_id  BLOB    NOT NULL,
  kind        INTEGER NOT NULL, -- 1 same person, 2 only the same address: somebody must judge
  PRIMARY KEY (referral_id, earlier_id)
) STRICT;

-- Inboxes. A referral has one delivery for each recipient it was ever routed to.
CREATE TABLE deliveries (
  delivery_id      BLOB    NOT NULL PRIMARY KEY,
  referral_id      BLOB    NOT NULL,
  recipient_oin    TEXT    NOT NULL,
  team_id          TEXT    NOT NULL,
  state            INTEGER NOT NULL, -- 1 waiting, 2 leased, 3 acknowledged, 4 sent back, 5 withdrawn, 6 quarantined
  ordering_key     BLOB    NOT NULL, -- family: first referral of those that share people; handed over one after the other
  ordering_place   INTEGER NOT NULL, -- place within the family, rising
  priority         INTEGER NOT NULL, -- urgency: higher goes first; raised to that of the most urgent one behind it in the family
  available_at     INTEGER NOT NULL, -- not before this for another reader; leased: end of the lease and the wait after it
  lease_until      INTEGER,          -- end of the last lease: its holder may settle before this
  attempts         INTEGER NOT NULL, -- how often it was handed to a reader
  failures         INTEGER NOT NULL, -- how many leases ended without a word since it came into the inbox
  lease_token      BLOB,             -- of the last lease; a stale reader cannot settle
  client_id        TEXT,             -- reader that holds or held the lease
  holder           BLOB,             -- stream or poll of that reader
  quarantine_cause INTEGER,          -- while quarantined
  ack_due_at       INTEGER NOT NULL, -- when it must have been acknowledged
  settled_at       INTEGER,          -- when it left the inbox
  created_at       INTEGER NOT NULL
) STRICT;
-- What is settled leaves these indexes: an inbox is read as fast after ten years as on the first day.
CREATE INDEX deliveries_open        ON deliveries (recipient_oin, priority DESC, created_at, delivery_id, team_id, ack_due_at) WHERE state IN (1, 2);
CREATE INDEX deliveries_in_order    ON deliveries (ordering_key, ordering_place, delivery_id) WHERE state IN (1, 2);
CREATE INDEX deliveries_held        ON deliveries (client_id, recipient_oin, priority DESC, created_at, delivery_id) WHERE client_id IS NOT NULL AND state IN (1, 2);
CREATE INDEX deliveries_quarantined ON deliveries (recipient_oin, settled_at, delivery_id) WHERE state = 6;
CREATE INDEX deliveries_by_lease    ON deliveries (lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX deliveries_by_referral ON deliveries (referral_id);

-- What the sender of a referral is told of: one row per event in its life after the submission, in
-- the order of the ledger. A watcher that knows the place it read up to misses nothing.
CREATE TABLE referral_changes (
  sender_oin  TEXT    NOT NULL,
  idx         INTEGER NOT NULL, -- ledger entry of the event
  referral_id BLOB    NOT NULL,
  PRIMARY KEY (sender_oin, idx)
) STRICT;

-- Deadlines ----------------------------------------------------------------------------------

-- What an organisation must do before a moment. The clocks of a referral stand in its own row; here
-- are those of everything else, and of single people of a referral.
CREATE TABLE deadlines (
  kind            INTEGER NOT NULL, -- what must be done
  about           BLOB    NOT NULL, -- what it is about: the bytes of an id; informing: of a referral, then the person's pseudonym
  responsible_oin TEXT    NOT NULL, -- who must do it, and is told when it is late
  case_ref        TEXT,
  subjects        BLOB    NOT NULL, -- its people: their pseudonyms, one after the other
  opened_at       INTEGER NOT NULL,
  due_at          INTEGER NOT NULL,
  met_at          INTEGER,          -- when it was done, or was no duty any more
  escalated_at    INTEGER,          -- when it was found to be late; told of once
  PRIMARY KEY (kind, about)
) STRICT;
-- What was in time, and what was told of, leaves this index: a look for what is late reads nothing else.
CREATE INDEX deadlines_untold  ON deadlines (due_at, kind, about) WHERE escalated_at IS NULL AND (met_at IS NULL OR met_at > due_at);
CREATE INDEX deadlines_open    ON deadlines (responsible_oin, due_at, kind, about) WHERE met_at IS NULL;
CREATE INDEX deadlines_by_case ON deadlines (case_ref, due_at) WHERE case_ref IS NOT NULL;

-- Terms that were missed, for management information: one row for each miss that was told of. Nothing
-- about one person. Never changed.
CREATE TABLE missed_deadlines (
  idx         INTEGER NOT NULL PRIMARY KEY, -- first ledger entry that tells of it
  kind        INTEGER NOT NULL, -- what was not done
  due_at      INTEGER NOT NULL, -- before when
  referral_id BLOB,            -- of what: a referral,
  case_ref    TEXT             -- or a case; neither for a breach about none
) STRICT;
CREATE INDEX missed_deadlines_by_due ON missed_deadlines (due_at, idx);

-- Each time that informing a person of a referral was put off (Wmo 2015 art. 5.3.1 lid 2).
CREATE TABLE informing_postponements (
  referral_id        BLOB    NOT NULL,
  subject            BLOB    NOT NULL,
  until_at           INTEGER NOT NULL, -- the new end of the term
  reason             INTEGER NOT NULL,
  decided_at         INTEGER NOT NULL,
  decided_by         TEXT    NOT NULL, -- user
  supervisor_user_id TEXT    NOT NULL, -- user who agreed
  content            BLOB    NOT NULL, -- motivation, sealed under the person's key
  PRIMARY KEY (referral_id, subject, until_at)
) STRICT;
CREATE INDEX informing_postponements_by_subject ON informing_postponements (subject, until_at);

-- Cases --------------------------------------------------------------------------------------

CREATE TABLE cases (
  case_ref                 TEXT    NOT NULL PRIMARY KEY,
  team_id                  TEXT    NOT NULL,
  steunpunt_oin            TEXT    NOT NULL, -- directs the process
  state                    INTEGER NOT NULL,
  phase                    INTEGER NOT NULL,
  process_director_user_id TEXT    NOT NULL,
  manager_user_id          TEXT    NOT NULL,
  referral_id              BLOB    NOT NULL,
  version                  INTEGER NOT NULL, -- raised by every change: a stale writer hits no row
  facts_version            INTEGER NOT NULL, -- raised by every change of a fact that decisions about the case rest on
  opened_at                INTEGER NOT NULL,
  content                  BLOB    NOT NULL  -- steps, assessment and plan, sealed under the case's key
) STRICT;
CREATE INDEX cases_by_opening ON cases (opened_at, case_ref); -- for statistics

CREATE INDEX cases_by_referral ON cases (referral_id);

CREATE TABLE case_members (
  case_ref     TEXT    NOT NULL,
  oin          TEXT    NOT NULL,
  kind         INTEGER NOT NULL,
  reason       INTEGER NOT NULL, -- 0 unless on call
  member_from  INTEGER NOT NULL,
  member_until INTEGER,          -- none while it is a member
  PRIMARY KEY (case_ref, oin, member_from)
) STRICT;
-- An organisation is a member once at a time.
CREATE UNIQUE INDEX case_members_current ON case_members (case_ref, oin)
  WHERE member_until IS NULL;

CREATE TABLE case_persons (
  case_ref TEXT    NOT NULL,
  position INTEGER NOT NULL,
  subject  BLOB    NOT NULL,
  content  BLOB    NOT NULL, -- key within the case, names, date of birth, capacity: sealed under the person's key
  PRIMARY KEY (case_ref, position)
) STRICT;
CREATE INDEX case_persons_by_subject ON case_persons (subject);

-- Course of cases: where a case stood each time it moved or its numbers changed. Plain numbers and
-- nothing about one person: management information is made of it. Never changed.
CREATE TABLE case_history (
  case_ref           TEXT    NOT NULL,
  version            INTEGER NOT NULL, -- version of the case that this row describes: 1, 2, 3, ...
  at                 INTEGER NOT NULL,
  moved              INTEGER NOT NULL, -- 1: the state or the phase changed with this row; 0: only numbers
  state              INTEGER NOT NULL, -- REOPENED stands for the moment in which the case went back to TRIAGED
  phase              INTEGER NOT NULL,
  first_contact_at   INTEGER,          -- of this time in hand: a case that is taken up again begins anew
  child_count        INTEGER NOT NULL, -- people younger than 18
  children_spoken    INTEGER NOT NULL, -- those of them who were spoken with apart or observed
  agreement_count    INTEGER NOT NULL, -- agreements of the newest plan
  family_owned_count INTEGER NOT NULL, -- those of them that the family or its network owns
  secured_count      INTEGER NOT NULL, -- those of them that are secured
  broken_count       INTEGER NOT NULL, -- those of them that are broken
  first_scale        INTEGER,          -- first rating of the professionals, 0 to 10
  last_scale         INTEGER,          -- last rating of the professionals, 0 to 10
  violence_stopped   INTEGER NOT NULL, -- 1: confirmed that the violence has stopped, and nothing heard of since
  PRIMARY KEY (case_ref, version)
) STRICT;
CREATE INDEX case_history_by_time ON case_history (at, case_ref, version);

-- Referrals about people who were in the case already: a person decides whether the case is taken
-- up again.
CREATE TABLE case_referrals (
  case_ref    TEXT    NOT NULL,
  referral_id BLOB    NOT NULL,
  linked_at   INTEGER NOT NULL,
  PRIMARY KEY (case_ref, referral_id)
) STRICT;
CREATE INDEX case_referrals_by_referral ON case_referrals (referral_id);

-- Warm handovers of a part in a case: the sender is responsible until the receiver has accepted.
CREATE TABLE case_handovers (
  handover_id    BLOB    NOT NULL PRIMARY KEY,
  case_ref       TEXT    NOT NULL,
  from_oin       TEXT    NOT NULL, -- who is to be released
  to_oin         TEXT    NOT NULL, -- who is to take over
  offered_by_oin TEXT    NOT NULL, -- the sender, or the Steunpunt for the sender
  state          INTEGER NOT NULL, -- 1 offered, 2 accepted, 3 declined, 4 withdrawn
  offered_at     INTEGER NOT NULL,
  answered_at    INTEGER,
  answered_by    TEXT,             -- user
  content        BLOB    NOT NULL  -- what is handed over and why, how the people concerned were involved: sealed under the case's key
) STRICT;
CREATE INDEX case_handovers_by_case ON case_handovers (case_ref, offered_at);

-- What holds of a person of a case for a time: who decides for the person, who was excluded from it
-- (Jeugdwet art. 7.3.15 lid 4), whether processing is restricted (AVG art. 18). A row gets its end
-- once and is never changed otherwise: what held at an earlier moment can always be told.
CREATE TABLE person_facts (
  case_ref               TEXT    NOT NULL,
  subject                BLOB    NOT NULL,
  kind                   INTEGER NOT NULL, -- 1 represented by, 2 excluded from representing, 3 restricted
  other                  BLOB    NOT NULL, -- pseudonym of the representative; the person's own for 3
  code                   INTEGER NOT NULL, -- 1: capacity; 2: reason; 3: ground
  counts_from            INTEGER NOT NULL,
  counts_until           INTEGER,          -- none while it holds
  decided_by             TEXT    NOT NULL, -- user
  supervisor_user_id     TEXT,             -- user who agreed; none where one is enough
  ended_by               TEXT,             -- user who ended it
  end_supervisor_user_id TEXT,             -- user who agreed to the end
  PRIMARY KEY (case_ref, subject, kind, other, code, counts_from)
) STRICT;
CREATE INDEX person_facts_by_subject ON person_facts (subject, kind);

-- Versions of summaries. Never changed.
CREATE TABLE summaries (
  case_ref     TEXT    NOT NULL,
  author_oin   TEXT    NOT NULL,
  revision     INTEGER NOT NULL, -- 1, 2, 3, ...
  categories   INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  published_by TEXT    NOT NULL, -- user
  retracted_at INTEGER,          -- taken back by its author: nobody gets it any more
  content_purged_at INTEGER,     -- when its parts were emptied
  PRIMARY KEY (case_ref, author_oin, revision)
) STRICT;
-- What was purged leaves these indexes: a look for what is to be purged reads nothing else.
CREATE INDEX summaries_with_content ON summaries (published_at, case_ref, author_oin, revision) WHERE content_purged_at IS NULL;

-- Parts of a version, each sealed under the keys of all people it is about.
CREATE TABLE summary_parts (
  case_ref   TEXT    NOT NULL,
  author_oin TEXT    NOT NULL,
  revision   INTEGER NOT NULL,
  position   INTEGER NOT NULL,
  category   INTEGER NOT NULL,
  subjects   BLOB    NOT NULL, -- pseudonyms it is about, one after the other
  content    BLOB    NOT NULL,
  PRIMARY KEY (case_ref, author_oin, revision, position)
) STRICT;

-- Consents -----------------------------------------------------------------------------------

-- Every version of every consent; the highest version counts.
CREATE TABLE consents (
  consent_id    BLOB    NOT NULL,
  version       INTEGER NOT NULL,
  case_ref      TEXT    NOT NULL,
  subject       BLOB    NOT NULL,
  source_oin    TEXT    NOT NULL,
  recipient_oin TEXT    NOT NULL,
  purpose       INTEGER NOT NULL,
  categories    INTEGER NOT NULL,
  valid_from    INTEGER NOT NULL,
  valid_until   INTEGER NOT NULL,
  state         INTEGER NOT NULL,
  recorded_at   INTEGER NOT NULL,
  content       BLOB    NOT NULL, -- grantors, evidence, withdrawal: sealed under the person's key
  ended_at      INTEGER,          -- when another version followed, or it was written down that the term was over
  PRIMARY KEY (consent_id, version)
) STRICT;
-- What has ended leaves this index. State 2: in force.
CREATE INDEX consents_to_end     ON consents (valid_until, consent_id) WHERE state = 2 AND ended_at IS NULL;
CREATE INDEX consents_by_subject ON consents (case_ref, subject);
CREATE INDEX consents_by_person  ON consents (subject); -- for what was said in another case
CREATE INDEX consents_by_time    ON consents (recorded_at, consent_id); -- for statistics

-- Who received data under a consent, so that a withdrawal reaches them.
CREATE TABLE consent_uses (
  consent_id    BLOB    NOT NULL,
  recipient_oin TEXT    NOT NULL,
  first_idx     INTEGER NOT NULL, -- first ledger entry that relied on it
  PRIMARY KEY (consent_id, recipient_oin)
) STRICT;

-- Notices for organisations, in the order of the ledger.
CREATE TABLE notices (
  recipient_oin TEXT    NOT NULL,
  idx           INTEGER NOT NULL, -- ledger entry that caused it; the order of the inbox
  notice_id     BLOB    NOT NULL UNIQUE,
  case_ref      TEXT,             -- none where it is about no case
  content       TEXT    NOT NULL, -- kind and what goes with it, as JSON: pseudonyms and references only
  effective_at  INTEGER NOT NULL,
  PRIMARY KEY (recipient_oin, idx)
) STRICT;

-- Reviews ------------------------------------------------------------------------------------

-- Emergencies that privacy officers review (DOMAIN §4.4). One row per declaration.
CREATE TABLE reviews (
  review_id       BLOB    NOT NULL PRIMARY KEY,
  version         INTEGER NOT NULL, -- raised by every vote: a stale writer hits no row
  state           INTEGER NOT NULL, -- 1 open, 2 questioned, 3 disputed; 4, 5, 6 closed
  cause           INTEGER NOT NULL, -- why it was break-glass
  case_ref        TEXT    NOT NULL,
  group_id        BLOB    NOT NULL, -- the act: all entries of the disclosure
  idx             INTEGER NOT NULL, -- first ledger entry of the declaration
  discloser_oin   TEXT    NOT NULL,
  discloser_role  INTEGER NOT NULL, -- what the organisation was at the declaration
  recipient_oin   TEXT    NOT NULL,
  recipient_role  INTEGER NOT NULL,
  purpose         INTEGER NOT NULL,
  basis           INTEGER NOT NULL,
  categories      INTEGER NOT NULL, -- bit n-1 set: category n
  is_override     INTEGER NOT NULL, -- 1: somebody's last word about the recipient was a no
  takes_two       INTEGER NOT NULL, -- 1: two officers judge, by the rules of the declaration
  declared_by     TEXT    NOT NULL, -- employee of the discloser
  declared_for    TEXT,             -- who answers for it, where that is somebody else
  consulted       TEXT,             -- colleague whose second opinion was asked; none: single-handed
  declared_at     INTEGER NOT NULL,
  expires_at      INTEGER NOT NULL, -- when the access closed by itself
  due_at          INTEGER NOT NULL, -- when the review must be done
  closed_at       INTEGER,          -- when the outcome stood
  subjects        BLOB    NOT NULL, -- pseudonyms of the people it is about, one after the other
  content         BLOB    NOT NULL  -- the emergency, sealed under the keys of all of them
) STRICT;
-- What is closed leaves these indexes: a queue is read as fast after ten years as on the first day.
CREATE INDEX reviews_open              ON reviews (due_at, review_id) WHERE state <= 3;
CREATE INDEX reviews_open_of_discloser ON reviews (discloser_oin, due_at, review_id) WHERE state <= 3;
CREATE INDEX reviews_open_of_recipient ON reviews (recipient_oin, due_at, review_id) WHERE state <= 3;
CREATE INDEX reviews_by_group          ON reviews (group_id);
CREATE INDEX reviews_by_due            ON reviews (due_at, review_id);
CREATE INDEX reviews_by_discloser      ON reviews (discloser_oin, due_at, review_id);
CREATE INDEX reviews_by_recipient      ON reviews (recipient_oin, due_at, review_id);
CREATE INDEX reviews_by_declarer       ON reviews (discloser_oin, declared_by, declared_at); -- for signals
CREATE INDEX reviews_by_declaration    ON reviews (declared_at, review_id); -- for statistics
CREATE INDEX reviews_by_closing        ON reviews (closed_at, review_id) WHERE closed_at IS NOT NULL; -- for statistics

-- What reviewers said, in order. Never changed.
CREATE TABLE review_votes (
  review_id BLOB    NOT NULL,
  position  INTEGER NOT NULL, -- 1, 2, 3, ...
  seat      INTEGER NOT NULL, -- as what; 0 for a question, which fills no seat
  oin       TEXT    NOT NULL,
  user_id   TEXT    NOT NULL, -- employee of that organisation
  verdict   INTEGER NOT NULL,
  voted_at  INTEGER NOT NULL,
  idx       INTEGER NOT NULL, -- first ledger entry of the vote
  content   BLOB    NOT NULL, -- motivation, sealed under the keys of all people of the review
  PRIMARY KEY (review_id, position)
) STRICT;

-- What the disclosing organisation answered to the questions of reviewers, in order. Never changed.
CREATE TABLE review_information (
  review_id   BLOB    NOT NULL,
  position    INTEGER NOT NULL, -- 1, 2, 3, ...
  after_votes INTEGER NOT NULL, -- answers the questions among the first so many votes
  oin         TEXT    NOT NULL,
  user_id     TEXT    NOT NULL, -- employee of that organisation
  given_at    INTEGER NOT NULL,
  idx         INTEGER NOT NULL, -- first ledger entry of the answer
  content     BLOB    NOT NULL, -- the words, sealed under the keys of all people of the review
  PRIMARY KEY (review_id, position)
) STRICT;

-- Who took a seat of a review, so that two officers do not read the same one. Nobody has to wait for them:
-- whoever judges first fills the seat.
CREATE TABLE review_assignments (
  review_id   BLOB    NOT NULL,
  seat        INTEGER NOT NULL, -- as what
  oin         TEXT    NOT NULL,
  user_id     TEXT    NOT NULL, -- employee of that organisation
  assigned_at INTEGER NOT NULL,
  PRIMARY KEY (review_id, seat)
) STRICT;

-- What watchers of reviews are told of: one row per event in the life of a review, in the order of the
-- ledger. A watcher that knows the place it read up to misses nothing.
CREATE TABLE review_changes (
  idx           INTEGER NOT NULL PRIMARY KEY, -- ledger entry of the event
  review_id     BLOB    NOT NULL,
  discloser_oin TEXT    NOT NULL,
  recipient_oin TEXT    NOT NULL
) STRICT;
CREATE INDEX review_changes_of_discloser ON review_changes (discloser_oin, idx);
CREATE INDEX review_changes_of_recipient ON review_changes (recipient_oin, idx);

-- Incidents (AVG art. 33). One row per incident.
CREATE TABLE incidents (
  incident_id   BLOB    NOT NULL PRIMARY KEY,
  oin           TEXT    NOT NULL, -- organisation that has to notify the authority
  cause         INTEGER NOT NULL, -- how it came to light
  review_id     BLOB    UNIQUE,   -- review that found it; a review opens one incident
  case_ref      TEXT,
  idx           INTEGER NOT NULL, -- first ledger entry of the opening
  aware_at      INTEGER NOT NULL, -- when the organisation knew: the clock starts
  notify_due_at INTEGER NOT NULL, -- 72 hours later
  subjects      BLOB    NOT NULL, -- pseudonyms of the people it is about, one after the other
  notification  INTEGER,          -- how the duty to notify was met
  notified_at   INTEGER,          -- when
  motivation    TEXT              -- why late, or not at all; nothing about a person
) STRICT;
CREATE INDEX incidents_by_due          ON incidents (notify_due_at, incident_id);
CREATE INDEX incidents_of_organisation ON incidents (oin, notify_due_at, incident_id);

-- Shares: what one organisation gave another on its own initiative. Read anew by every look, decided anew
-- by every look.
CREATE TABLE shares (
  share_id      BLOB    NOT NULL PRIMARY KEY,
  case_ref      TEXT    NOT NULL,
  author_oin    TEXT    NOT NULL, -- who gave a version of its summary
  revision      INTEGER NOT NULL,
  recipient_oin TEXT    NOT NULL, -- who may read it; need not be in the case team
  group_id      BLOB    NOT NULL, -- the act: all entries of the giving
  shared_at     INTEGER NOT NULL,
  expires_at    INTEGER NOT NULL, -- first moment at which it cannot be read any more
  is_emergency  INTEGER NOT NULL, -- 1: an emergency was declared (break-glass); 0: not
  ended_at      INTEGER,          -- when the end of the emergency was written down
  subjects      BLOB    NOT NULL, -- pseudonyms of the people it is about, one after the other
  content       BLOB    NOT NULL  -- ground, giver, evidence, emergency: sealed under the keys of all of them
) STRICT;
CREATE INDEX shares_with_content ON shares (expires_at, share_id) WHERE length(content) > 0;
CREATE INDEX shares_of_summary   ON shares (case_ref, author_oin, revision, expires_at);
CREATE INDEX shares_to_end ON shares (expires_at, share_id) WHERE is_emergency = 1 AND ended_at IS NULL;

-- Four eyes: second persons who agreed to release a hidden address.
CREATE TABLE address_releases (
  case_ref      TEXT    NOT NULL,
  sender_oin    TEXT    NOT NULL, -- organisation of who agreed
  recipient_oin TEXT    NOT NULL,
  subject       BLOB    NOT NULL, -- whose address
  agreed_by     TEXT    NOT NULL, -- employee of the sender; never who sends
  agreed_for    TEXT,             -- who answered for that, where it was somebody else
  agreed_at     INTEGER NOT NULL,
  valid_until   INTEGER NOT NULL, -- first moment after
  PRIMARY KEY (case_ref, sender_oin, recipient_oin, subject, agreed_by)
) STRICT;

-- Management information ----------------------------------------------------------------------

-- Management reports that were published, every version. Never changed: a revision is a new version.
CREATE TABLE reports (
  period          TEXT    NOT NULL, -- quarter or year: 2026-Q2, 2026
  version         INTEGER NOT NULL, -- 1, 2, 3, ...
  revision_reason INTEGER NOT NULL, -- why there is another version; 0 for the first
  policy_version  TEXT    NOT NULL, -- policy pack whose thresholds were applied
  published_at    INTEGER NOT NULL,
  published_by    TEXT    NOT NULL, -- user
  digest          BLOB    NOT NULL, -- SHA-256 of content
  content         TEXT    NOT NULL, -- tables as JSON: rounded figures, and nothing that was left out
  PRIMARY KEY (period, version)
) STRICT;

-- Requests of data subjects -----------------------------------------------------------------

-- Requests to see who shared what about a person (AVG art. 15).
CREATE TABLE subject_requests (
  subject_request_id BLOB    NOT NULL PRIMARY KEY,
  oin                TEXT    NOT NULL, -- organisation that answers
  case_ref           TEXT    NOT NULL,
  subject            BLOB    NOT NULL,
  requester          BLOB,             -- who asks; none when that is the person, or nobody of the case
  capacity           INTEGER NOT NULL, -- in which
  is_mandated        INTEGER NOT NULL, -- 1: by a written mandate of the person
  state              INTEGER NOT NULL,
  verdict            INTEGER NOT NULL, -- what was decided
  ending             INTEGER,          -- how it ended
  version            INTEGER NOT NULL, -- raised by every change: a stale writer hits no row
  received_at        INTEGER NOT NULL,
  due_at             INTEGER NOT NULL,
  reported_at        INTEGER,          -- when a report was first approved
  closed_at          INTEGER,
  content            BLOB    NOT NULL  -- identity check, mandate, motivations, prepared report: sealed under the person's key
) STRICT;
CREATE INDEX subject_requests_by_oin ON subject_requests (oin, subject_request_id);
CREATE INDEX subject_requests_by_receipt ON subject_requests (received_at, subject_request_id); -- for statistics
CREATE INDEX subject_requests_by_due     ON subject_requests (due_at, subject_request_id); -- for statistics
CREATE INDEX subject_requests_waiting    ON subject_requests (due_at, subject_request_id) WHERE state <> 5;

-- Breaches that are looked into, each beside its incident (AVG art. 33).
CREATE TABLE breaches (
  incident_id  BLOB    NOT NULL PRIMARY KEY,
  oin          TEXT    NOT NULL, -- organisation that looks into it
  version      INTEGER NOT NULL, -- raised by every change: a stale writer hits no row
  reported_at  INTEGER,          -- when its scope was first reported
  closed_at    INTEGER,
  content      TEXT NOT NULL     -- what was compromised and when, as JSON; nothing about a person
) STRICT;

-- Retention ---------------------------------------------------------------------------------

-- Entries that are kept while something about them is open, however old they are.
CREATE TABLE legal_holds (
  hold_id   BLOB    NOT NULL PRIMARY KEY, -- also the id of the request or incident that holds
  cause     INTEGER NOT NULL,
  oin       TEXT    NOT NULL,             -- organisation that placed it
  reason    INTEGER,                      -- where the complaint lies; none for every other cause
  case_ref  TEXT,                         -- case in which an officer placed it
  subject   BLOB,                         -- holds all entries about this person,
                                          -- or, where an officer named nobody, all about the case,
  group_id  BLOB,                         -- or all of this act,
  from_at   INTEGER,                      -- or all that were recorded from this moment on
  until_at  INTEGER,                      -- and before this one
  placed_at INTEGER NOT NULL,
  lifted_at INTEGER                       -- none while it holds
) STRICT;
CREATE INDEX legal_holds_in_force ON legal_holds (hold_id) WHERE lifted_at IS NULL;

-- Signals ------------------------------------------------------------------------------------

-- How far the detectors have examined the ledger: exactly one row once they have begun.
CREATE TABLE signal_progress (
  progress_id INTEGER NOT NULL PRIMARY KEY, -- 1
  examined    INTEGER NOT NULL              -- entries below this one were examined
) STRICT;

-- What was done on a day: one number per user, or per organisation (user_id empty).
CREATE TABLE activity_days (
  measure INTEGER NOT NULL, -- 1 people looked at, 2 acts in the night that began on the day, 3 disclosures, 4 entries of a user in which data went or was denied
  oin     TEXT    NOT NULL,
  user_id TEXT    NOT NULL,
  day     TEXT    NOT NULL, -- date in the Netherlands
  number  INTEGER NOT NULL,
  role    INTEGER NOT NULL, -- as what the user acted, last on that day; 0 when it was not looked at
  PRIMARY KEY (measure, oin, user_id, day)
) STRICT;
CREATE INDEX activity_days_of_organisation ON activity_days (measure, oin, day);

-- What was counted on a day already, so that it is counted once. Emptied some days later.
CREATE TABLE activity_seen (
  day     TEXT    NOT NULL,
  measure INTEGER NOT NULL,
  oin     TEXT    NOT NULL,
  user_id TEXT    NOT NULL,
  what    BLOB    NOT NULL, -- pseudonym of a person, or id of an act
  idx     INTEGER NOT NULL, -- entry in which it was seen first
  PRIMARY KEY (day, measure, oin, user_id, what)
) STRICT;

-- Searches of the ledger about one person: the entry itself names nobody.
CREATE TABLE log_questions (
  idx      INTEGER NOT NULL PRIMARY KEY, -- entry of the search
  oin      TEXT    NOT NULL,
  user_id  TEXT    NOT NULL,             -- officer
  subject  BLOB    NOT NULL,             -- about whom
  asked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX log_questions_by_officer ON log_questions (oin, user_id, subject, asked_at);

-- What deserves a look. New entries about the same thing join the open one.
CREATE TABLE signals (
  signal_id   BLOB    NOT NULL PRIMARY KEY,
  rule        INTEGER NOT NULL,
  pack        TEXT    NOT NULL, -- version of the policy pack whose numbers found it
  version     INTEGER NOT NULL, -- raised by every change: a stale writer hits no row
  state       INTEGER NOT NULL, -- 1 open; 2, 3, 4 closed
  oin         TEXT    NOT NULL, -- organisation whose acts it is about
  other_oin   TEXT,             -- other party of those acts, which sees it too
  about       BLOB    NOT NULL, -- what it is grouped by: user or case, and day
  user_id     TEXT,             -- employee of oin
  case_ref    TEXT,
  subject     BLOB,
  score       INTEGER NOT NULL, -- 0 to 100
  factors     TEXT    NOT NULL, -- what speaks for it and against, as JSON: codes and numbers
  entry_count INTEGER NOT NULL,
  first_at    INTEGER NOT NULL, -- first and last entry
  last_at     INTEGER NOT NULL,
  found_at    INTEGER NOT NULL,
  idx         INTEGER NOT NULL, -- ledger entry that raised it
  closed_at   INTEGER,
  incident_id BLOB              -- incident that it was
) STRICT;
CREATE UNIQUE INDEX signals_open ON signals (rule, oin, about) WHERE state = 1;
CREATE INDEX signals_by_about  ON signals (rule, oin, about, found_at);
CREATE INDEX signals_by_state  ON signals (state, found_at, signal_id);
CREATE INDEX signals_of_oin    ON signals (oin, state, found_at, signal_id);
CREATE INDEX signals_of_other  ON signals (other_oin, state, found_at, signal_id) WHERE other_oin IS NOT NULL;

-- Ledger entries of a signal, at most 500.
CREATE TABLE signal_entries (
  signal_id BLOB    NOT NULL,
  idx       INTEGER NOT NULL,
  PRIMARY KEY (signal_id, idx)
) STRICT;
CREATE INDEX signal_entries_of_entry ON signal_entries (idx, signal_id);

-- How a signal ended. Never changed.
CREATE TABLE signal_endings (
  signal_id BLOB    NOT NULL PRIMARY KEY,
  state     INTEGER NOT NULL, -- the state that it led to
  oin       TEXT    NOT NULL, -- officer who decided
  user_id   TEXT    NOT NULL,
  ended_at  INTEGER NOT NULL,
  idx       INTEGER NOT NULL, -- ledger entry
  content   BLOB    NOT NULL  -- grounds, sealed under the signal's key and its person's
) STRICT;

-- Which signals an officer raised by hand, and why. Never changed.
CREATE TABLE raised_signals (
  signal_id BLOB    NOT NULL PRIMARY KEY,
  oin       TEXT    NOT NULL, -- officer who raised it
  user_id   TEXT    NOT NULL,
  content   BLOB    NOT NULL  -- grounds, sealed under the signal's key and its person's
) STRICT;

-- Rules that are silent for a user or a case, for a time.
CREATE TABLE signal_suppressions (
  suppression_id BLOB    NOT NULL PRIMARY KEY,
  signal_id      BLOB    NOT NULL, -- signal that it was made from; its ending holds the grounds
  rule           INTEGER NOT NULL,
  oin            TEXT    NOT NULL,
  user_id        TEXT,             -- silent for this employee,
  case_ref       TEXT,             -- or for this case
  owner_oin      TEXT    NOT NULL, -- who answers for it
  owner_user_id  TEXT    NOT NULL,
  from_at        INTEGER NOT NULL,
  until_at       INTEGER NOT NULL,
  ended_at       INTEGER,          -- when it was ended before
  ended_by       TEXT,             -- user
  hits           INTEGER NOT NULL  -- how often it kept a signal back
) STRICT;
CREATE INDEX signal_suppressions_in_force ON signal_suppressions (rule, oin, until_at) WHERE ended_at IS NULL;
CREATE INDEX signal_suppressions_of       ON signal_suppressions (oin, suppression_id);

-- From which networks certificates came: keyed pseudonyms of networks, and never an address.
CREATE TABLE certificate_networks (
  fingerprint BLOB NOT NULL, -- SHA-256 of the certificate
  network     BLOB NOT NULL, -- keyed pseudonym of the first bits of an address
  oin         TEXT NOT NULL, -- organisation of the certificate
  user_id     TEXT, -- its person; none: a system
  first_day   TEXT NOT NULL, -- date in the Netherlands
  last_day    TEXT NOT NULL,
  is_new      INTEGER NOT NULL, -- 1: no detector looked at it yet
  PRIMARY KEY (fingerprint, network)
) STRICT;
CREATE INDEX certificate_networks_new     ON certificate_networks (fingerprint, network) WHERE is_new = 1;
CREATE INDEX certificate_networks_of      ON certificate_networks (oin, network, first_day);
CREATE INDEX certificate_networks_by_last ON certificate_networks (last_day, fingerprint, network);

-- Searches that officers keep. A query holds no person: a case, an organisation, an employee, a code.
CREATE TABLE saved_searches (
  saved_search_id BLOB    NOT NULL PRIMARY KEY,
  oin             TEXT    NOT NULL,
  user_id         TEXT    NOT NULL, -- officer who keeps it
  name            TEXT    NOT NULL,
  query           TEXT    NOT NULL, -- as the address of the search has it
  is_shared       INTEGER NOT NULL, -- 1: every officer of the organisation sees it
  saved_at        INTEGER NOT NULL,
  weekly          INTEGER, -- language of the weekly mail that counts what is new of it; none: there is none
  counted_at      INTEGER NOT NULL, -- up to when, and up to which size of the ledger, it was counted
  counted_size    INTEGER NOT NULL
) STRICT;
CREATE INDEX saved_searches_of ON saved_searches (oin, saved_search_id);
CREATE INDEX saved_searches_weekly ON saved_searches (oin, user_id) WHERE weekly IS NOT NULL;

-- The weekly digest of an officer: who sends that of the newest week, and whether it was sent.
CREATE TABLE digests (
  oin        TEXT NOT NULL,
  user_id    TEXT NOT NULL, -- officer whose searches it counts
  week       TEXT NOT NULL, -- day on which it was due, in the Netherlands
  attempts   INTEGER NOT NULL, -- how often it was taken on
  lost       INTEGER NOT NULL, -- of which nobody was heard again: at most one
  is_running INTEGER NOT NULL, -- 1: taken on
  retry_at   INTEGER NOT NULL, -- not before this for another
  sent_at    INTEGER,
  PRIMARY KEY (oin, user_id)
) STRICT;

-- That a recipient erased a summary which its author took back. Never changed.
CREATE TABLE recall_confirmations (
  case_ref      TEXT    NOT NULL,
  author_oin    TEXT    NOT NULL,
  recipient_oin TEXT    NOT NULL,
  revision      INTEGER NOT NULL, -- this one and all before it
  confirmed_at  INTEGER NOT NULL,
  idx           INTEGER NOT NULL, -- first ledger entry of it
  PRIMARY KEY (case_ref, author_oin, recipient_oin, revision)
) STRICT;

-- What officers asked a party of a disclosure, and what it answered. One row per question; an answer is given
-- once and never changed.
CREATE TABLE questions (
  question_id   BLOB    NOT NULL PRIMARY KEY,
  entry_idx     INTEGER NOT NULL, -- ledger entry that it is about
  case_ref      TEXT,
  subject       BLOB, -- person of that entry, under whose key the words are; none: a key of their own
  asker_oin     TEXT    NOT NULL, -- officer who asks
  asker_user_id TEXT    NOT NULL,
  asked_oin     TEXT    NOT NULL, -- sender or recipient of the disclosure
  asked_at      INTEGER NOT NULL,
  due_at        INTEGER NOT NULL, -- last moment at which the answer is in time
  idx           INTEGER NOT NULL, -- ledger entry of the question
  content       BLOB    NOT NULL, -- the words, sealed
  answer_user_id TEXT, -- employee of asked_oin who answered
  answered_at   INTEGER,
  answer_idx    INTEGER, -- ledger entry of the answer
  answer        BLOB -- its words, sealed
) STRICT;
CREATE INDEX questions_by_moment ON questions (asked_at, question_id);
CREATE INDEX questions_of_entry  ON questions (entry_idx, question_id);
CREATE INDEX questions_of_asker  ON questions (asker_oin, asked_at, question_id);
CREATE INDEX questions_of_asked  ON questions (asked_oin, asked_at, question_id);
CREATE INDEX questions_waiting   ON questions (subject, due_at) WHERE answered_at IS NULL;

-- What officers found of entries that were drawn in a sample. Never changed: who judges again adds a row.
CREATE TABLE sample_judgements (
  group_id   BLOB    NOT NULL PRIMARY KEY, -- act of judging
  judged_idx INTEGER NOT NULL, -- ledger entry that was judged
  oin        TEXT    NOT NULL, -- officer who judged
  user_id    TEXT    NOT NULL,
  verdict    INTEGER NOT NULL,
  judged_at  INTEGER NOT NULL,
  idx        INTEGER NOT NULL, -- ledger entry of the judgement
  subject    BLOB, -- person of the judged entry, under whose key the grounds are; none: a key of their own
  content    BLOB    NOT NULL -- grounds, sealed
) STRICT;
CREATE INDEX sample_judgements_of ON sample_judgements (oin, judged_idx, idx);
CREATE INDEX sample_judgements_by_entry ON sample_judgements (judged_idx);

-- How signals of a rule ended so far: what a rule is worth.
CREATE TABLE signal_tallies (
  oin    TEXT    NOT NULL,
  rule   INTEGER NOT NULL,
  state  INTEGER NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (oin, rule, state)
) STRICT;
