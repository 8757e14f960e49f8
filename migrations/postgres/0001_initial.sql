-- First schema. The same tables, columns and names stand in migrations/sqlite.
--
-- Moments are microseconds since 1970 in UTC (columns ..._at). Codes are the numbers of the code
-- lists in src/domain, which are also the numbers in proto/. Ids are 16-byte UUIDs. `subject` is
-- always the keyed 32-byte pseudonym of a person. Columns named `content` or `sealed` are
-- encrypted; nothing else holds a name, number, address or text about a person.

-- The ledger ---------------------------------------------------------------------------------

-- State of the ledger: exactly one row. Locked last by every commit.
CREATE TABLE log_state (
  log_id   BIGINT           NOT NULL PRIMARY KEY, -- 1
  origin   TEXT COLLATE "C" NOT NULL,             -- C2SP origin line of every checkpoint
  size     BIGINT           NOT NULL,             -- number of leaves
  root     BYTEA            NOT NULL,             -- RFC 6962 root of those leaves
  frontier BYTEA            NOT NULL,             -- roots of the perfect subtrees, so that appending needs no leaf
  epoch    BIGINT           NOT NULL,             -- counts the starts of processes that sign
  directory_version BIGINT  NOT NULL,             -- directory in force; 0 before the first
  disputed TEXT COLLATE "C"                       -- signed checkpoint that this ledger does not hold; while there is one nobody appends
);

-- Entries, exactly as hashed. The stored bytes are the record.
CREATE TABLE leaves (
  idx      BIGINT NOT NULL PRIMARY KEY, -- position, gap-free from 0
  event_id BYTEA  NOT NULL UNIQUE,      -- the event_id inside the entry: no event is logged twice
  entry    BYTEA  NOT NULL              -- leaf bytes
);

-- Full tiles of 256 hashes (C2SP tlog-tiles, height 8). Partial tiles are computed.
CREATE TABLE tiles (
  level  BIGINT NOT NULL, -- 0: leaf hashes; n: roots of tiles of level n-1
  idx    BIGINT NOT NULL, -- position within the level
  hashes BYTEA  NOT NULL, -- 256 * 32 bytes
  root   BYTEA  NOT NULL, -- root over the 256 hashes; one hash of the tile above
  PRIMARY KEY (level, idx)
);

-- Signed states of the ledger, one per commit.
CREATE TABLE checkpoints (
  size      BIGINT           NOT NULL PRIMARY KEY, -- number of leaves it covers
  note      TEXT COLLATE "C" NOT NULL,             -- C2SP signed note
  signed_at BIGINT           NOT NULL
);

-- What witnesses outside said of signed states: cosignatures (C2SP tlog-cosignature). A witness says it
-- of some of them, now and then.
CREATE TABLE cosignatures (
  witness     TEXT COLLATE "C" NOT NULL, -- name and id of its key
  size        BIGINT           NOT NULL, -- the checkpoint
  line        TEXT COLLATE "C" NOT NULL, -- signature line of the note
  cosigned_at BIGINT           NOT NULL, -- as the witness dated it, in whole seconds
  PRIMARY KEY (witness, size)
);
CREATE INDEX cosignatures_of_checkpoint ON cosignatures (size);

-- What an entry says, for those who may read it. One row per leaf.
CREATE TABLE disclosures (
  idx           BIGINT           NOT NULL PRIMARY KEY, -- leaf
  event_id      BYTEA            NOT NULL,
  group_id      BYTEA            NOT NULL, -- all entries of one act
  event_code    BIGINT           NOT NULL,
  outcome       BIGINT           NOT NULL, -- 0, 4, 8, 12 (NEN 7513 field 7.2.5)
  denial        BIGINT           NOT NULL, -- reason; 0 when not denied
  disposition   BIGINT  NOT NULL, -- what became of it, in a word
  recorded_at   BIGINT           NOT NULL,
  actor_oin     TEXT COLLATE "C" NOT NULL, -- organisation that acted
  actor_user_id TEXT COLLATE "C" NOT NULL, -- employee, resolvable only by that organisation
  sender_oin    TEXT COLLATE "C",          -- organisation whose data it is; none when nothing was shared
  recipient_oin TEXT COLLATE "C",
  purpose       BIGINT           NOT NULL, -- 0 when there is none
  basis         BIGINT           NOT NULL, -- 0 when there is none
  categories    BIGINT           NOT NULL, -- bit n-1 set: category n
  case_ref      TEXT COLLATE "C",
  message_id    BYTEA,                     -- message that it was about: the id of a referral or consent
  subject       BYTEA,                     -- none for an entry about nobody
  sealed        BYTEA            NOT NULL  -- the whole record, sealed under the subject's key
);
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
  block    BIGINT  NOT NULL PRIMARY KEY, -- entries from block * 4096 on
  lines    BIGINT  NOT NULL,             -- how many of them are left
  first_at BIGINT  NOT NULL,
  last_at  BIGINT  NOT NULL,
  content  BYTEA   NOT NULL              -- columns, see domain::lines
);
CREATE INDEX search_blocks_by_time ON search_blocks (last_at, first_at, block, lines);

-- What is left of entries that were purged: the tree needs their hashes, and an entry of the ledger
-- accounts for each of them.
CREATE TABLE purged_leaves (
  idx       BIGINT NOT NULL PRIMARY KEY, -- position of the purged entry
  hash      BYTEA  NOT NULL,             -- its RFC 6962 leaf hash
  purged_by BIGINT NOT NULL              -- position of the entry about the purge
);

-- The directory ------------------------------------------------------------------------------

-- Organisations that take part.
CREATE TABLE organisations (
  oin                   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  name                  TEXT COLLATE "C" NOT NULL,
  role                  BIGINT           NOT NULL,
  standing              BIGINT           NOT NULL,
  certified_institution BIGINT           NOT NULL, -- 1: gecertificeerde instelling (Jeugdwet art. 7.3.11 lid 4)
  agreement_version     TEXT COLLATE "C",          -- data-sharing agreement; none: not admitted
  agreement_signed_on   TEXT COLLATE "C",          -- date
  agreement_valid_until TEXT COLLATE "C",          -- last day
  updated_at            BIGINT           NOT NULL
);

-- Directories that were ever in force, whole: what every gateway of this database works by. The
-- newest one counts; its version stands in log_state too, where every commit reads it.
CREATE TABLE directories (
  version      BIGINT           NOT NULL PRIMARY KEY, -- 1, 2, 3, ...
  digest       BYTEA            NOT NULL,             -- SHA-256 of content
  content      TEXT COLLATE "C" NOT NULL,             -- canonical text
  activated_at BIGINT           NOT NULL
);
CREATE INDEX directories_by_digest ON directories (digest, version);

-- How many calls each organisation made on each day: counts, and nothing about a person. Every gateway adds
-- what it counted.
CREATE TABLE organisation_calls (
  oin          TEXT COLLATE "C" NOT NULL, -- who called
  day          TEXT COLLATE "C" NOT NULL, -- date
  calls        BIGINT           NOT NULL,
  refused      BIGINT           NOT NULL, -- of those, what the caller does not get
  failed       BIGINT           NOT NULL, -- of those, what the gateway did not manage
  last_seen_at BIGINT           NOT NULL,
  client       TEXT COLLATE "C" NOT NULL, -- what the client of the last call called itself
  PRIMARY KEY (oin, day)
);

-- Rule sets that were ever in force: the routing table and the policy pack, as read.
CREATE TABLE rule_sets (
  kind         BIGINT           NOT NULL, -- 1 routing table, 2 policy pack
  version      TEXT COLLATE "C" NOT NULL,
  digest       BYTEA            NOT NULL, -- SHA-256 of content
  content      TEXT COLLATE "C" NOT NULL, -- canonical text
  activated_at BIGINT           NOT NULL,
  PRIMARY KEY (kind, version)
);

-- Safe repetition ----------------------------------------------------------------------------

-- Answers given, so that a repeated request gets the same bytes.
CREATE TABLE requests (
  caller_oin    TEXT COLLATE "C" NOT NULL,
  request_id    BYTEA            NOT NULL,
  method        TEXT COLLATE "C" NOT NULL,
  body_digest   BYTEA            NOT NULL, -- keyed digest of the request
  response      BYTEA            NOT NULL, -- sealed under the keys of the people it is about
  owners        BYTEA            NOT NULL, -- those keys: their 32-byte names, one after the other
  case_ref      TEXT COLLATE "C",          -- case whose facts the answer rests on
  facts_version BIGINT,                    -- version of those facts: when they change, the answer is not given again
  directory_version BIGINT, -- version of the directory it was decided by: as above
  reusable_until BIGINT,                   -- when time alone could change the decision it rests on
  created_at    BIGINT           NOT NULL,
  PRIMARY KEY (caller_oin, request_id)
);
-- Answers that disclose are emptied some time after they were given.
CREATE INDEX requests_with_content ON requests (reusable_until) WHERE reusable_until IS NOT NULL AND length(response) > 0;

-- Referrals ----------------------------------------------------------------------------------

CREATE TABLE referrals (
  referral_id              BYTEA            NOT NULL PRIMARY KEY, -- chosen by the sender
  sender_oin               TEXT COLLATE "C" NOT NULL,
  request_id               BYTEA            NOT NULL, -- request that stored it
  recipient_oin            TEXT COLLATE "C" NOT NULL,
  team_id                  TEXT COLLATE "C" NOT NULL,
  routing_version          TEXT COLLATE "C" NOT NULL,
  state                    BIGINT           NOT NULL,
  urgency                  BIGINT           NOT NULL, -- as the sender stated
  effective_urgency        BIGINT           NOT NULL, -- after the rule for repeats
  gemeentecode             TEXT COLLATE "C" NOT NULL, -- of residence, for statistics
  violence_kinds           BIGINT           NOT NULL, -- bit n-1 set: kind n; for statistics
  with_children            BIGINT           NOT NULL, -- 1: somebody under 18 lives there; for statistics
  body_digest              BYTEA            NOT NULL, -- keyed digest of the referral as sent
  submitted_at             BIGINT           NOT NULL,
  ack_due_at               BIGINT           NOT NULL,
  first_contact_due_at     BIGINT,                    -- only for danger within a day
  safety_assessment_due_at BIGINT,                    -- none for INFORMATION
  inform_subject_due_at    BIGINT           NOT NULL,
  feedback_due_at          BIGINT,                    -- from triage on
  investigation_due_at     BIGINT,                    -- from a triage that decides to investigate
  next_due_at              BIGINT,                    -- when one of these may be missed next, as far as it was looked at
  deadlines_told           BIGINT           NOT NULL DEFAULT 0, -- bit n-1 set: that one of kind n was missed was told
  acknowledged_at          BIGINT,                    -- the moment responsibility passed
  first_contact_at         BIGINT,                    -- with the family
  local_reference          TEXT COLLATE "C",          -- the recipient's own file number
  triaged_at               BIGINT,
  triage_outcome           BIGINT,
  feedback_sent_at         BIGINT,
  investigation_closed_at  BIGINT,
  send_back_reason         BIGINT,
  ended_at                 BIGINT,                    -- withdrawn or sent back: when; nobody took it over
  repeat_index             BIGINT           NOT NULL,
  address                  BYTEA            NOT NULL, -- keyed pseudonym of the address
  subjects                 BYTEA            NOT NULL, -- its people: their pseudonyms, one after the other, in the order of the message
  receipt                  TEXT COLLATE "C" NOT NULL, -- signed receipt, as sent
  content                  BYTEA            NOT NULL  -- the referral, sealed under the keys of all its people
);
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
  referral_id BYTEA  NOT NULL,
  earlier_id  BYTEA  NOT NULL,
  kind        BIGINT NOT NULL, -- 1 same person, 2 only the same address: somebody must judge
  PRIMARY KEY (referral_id, earlier_id)
);

-- Inboxes. A referral has one delivery for each recipient it was ever routed to.
CREATE TABLE deliveries (
  delivery_id      BYTEA            NOT NULL PRIMARY KEY,
  referral_id      BYTEA            NOT NULL,
  recipient_oin    TEXT COLLATE "C" NOT NULL,
  team_id          TEXT COLLATE "C" NOT NULL,
  state            BIGINT           NOT NULL, -- 1 waiting, 2 leased, 3 acknowledged, 4 sent back, 5 withdrawn, 6 quarantined
  ordering_key     BYTEA            NOT NULL, -- family: first referral of those that share people; handed over one after the other
  ordering_place   BIGINT           NOT NULL, -- place within the family, rising
  priority         BIGINT           NOT NULL, -- urgency: higher goes first; raised to that of the most urgent one behind it in the family
  available_at     BIGINT           NOT NULL, -- not before this for another reader; leased: end of the lease and the wait after it
  lease_until      BIGINT,                    -- end of the last lease: its holder may settle before this
  attempts         BIGINT           NOT NULL, -- how often it was handed to a reader
  failures         BIGINT           NOT NULL, -- how many leases ended without a word since it came into the inbox
  lease_token      BYTEA,                     -- of the last lease; a stale reader cannot settle
  client_id        TEXT COLLATE "C",          -- reader that holds or held the lease
  holder           BYTEA,                     -- stream or poll of that reader
  quarantine_cause BIGINT,                    -- while quarantined
  ack_due_at       BIGINT           NOT NULL, -- when it must have been acknowledged
  settled_at       BIGINT,                    -- when it left the inbox
  created_at       BIGINT           NOT NULL
);
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
  sender_oin  TEXT COLLATE "C" NOT NULL,
  idx         BIGINT           NOT NULL, -- ledger entry of the event
  referral_id BYTEA            NOT NULL,
  PRIMARY KEY (sender_oin, idx)
);

-- Deadlines ----------------------------------------------------------------------------------

-- What an organisation must do before a moment. The clocks of a referral stand in its own row; here
-- are those of everything else, and of single people of a referral.
CREATE TABLE deadlines (
  kind            BIGINT           NOT NULL, -- what must be done
  about           BYTEA            NOT NULL, -- what it is about: the bytes of an id; informing: of a referral, then the person's pseudonym
  responsible_oin TEXT COLLATE "C" NOT NULL, -- who must do it, and is told when it is late
  case_ref        TEXT COLLATE "C",
  subjects        BYTEA            NOT NULL, -- its people: their pseudonyms, one after the other
  opened_at       BIGINT           NOT NULL,
  due_at          BIGINT           NOT NULL,
  met_at          BIGINT,                   -- when it was done, or was no duty any more
  escalated_at    BIGINT,                   -- when it was found to be late; told of once
  PRIMARY KEY (kind, about)
);
-- What was in time, and what was told of, leaves this index: a look for what is late reads nothing else.
CREATE INDEX deadlines_untold  ON deadlines (due_at, kind, about) WHERE escalated_at IS NULL AND (met_at IS NULL OR met_at > due_at);
CREATE INDEX deadlines_open    ON deadlines (responsible_oin, due_at, kind, about) WHERE met_at IS NULL;
CREATE INDEX deadlines_by_case ON deadlines (case_ref, due_at) WHERE case_ref IS NOT NULL;

-- Terms that were missed, for management information: one row for each miss that was told of. Nothing
-- about one person. Never changed.
CREATE TABLE missed_deadlines (
  idx         BIGINT           NOT NULL PRIMARY KEY, -- first ledger entry that tells of it
  kind        BIGINT           NOT NULL, -- what was not done
  due_at      BIGINT           NOT NULL, -- before when
  referral_id BYTEA,                    -- of what: a referral,
  case_ref    TEXT COLLATE "C"          -- or a case; neither for a breach about none
);
CREATE INDEX missed_deadlines_by_due ON missed_deadlines (due_at, idx);

-- Each time that informing a person of a referral was put off (Wmo 2015 art. 5.3.1 lid 2).
CREATE TABLE informing_postponements (
  referral_id        BYTEA            NOT NULL,
  subject            BYTEA            NOT NULL,
  until_at           BIGINT           NOT NULL, -- the new end of the term
  reason             BIGINT           NOT NULL,
  decided_at         BIGINT           NOT NULL,
  decided_by         TEXT COLLATE "C" NOT NULL, -- user
  supervisor_user_id TEXT COLLATE "C" NOT NULL, -- user who agreed
  content            BYTEA            NOT NULL, -- motivation, sealed under the person's key
  PRIMARY KEY (referral_id, subject, until_at)
);
CREATE INDEX informing_postponements_by_subject ON informing_postponements (subject, until_at);

-- Cases --------------------------------------------------------------------------------------

CREATE TABLE cases (
  case_ref                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  team_id                  TEXT COLLATE "C" NOT NULL,
  steunpunt_oin            TEXT COLLATE "C" NOT NULL, -- directs the process
  state                    BIGINT           NOT NULL,
  phase                    BIGINT           NOT NULL,
  process_director_user_id TEXT COLLATE "C" NOT NULL,
  manager_user_id          TEXT COLLATE "C" NOT NULL,
  referral_id              BYTEA            NOT NULL,
  version                  BIGINT           NOT NULL, -- raised by every change: a stale writer hits no row
  facts_version            BIGINT           NOT NULL, -- raised by every change of a fact that decisions about the case rest on
  opened_at                BIGINT           NOT NULL,
  content                  BYTEA            NOT NULL  -- steps, assessment and plan, sealed under the case's key
);
CREATE INDEX cases_by_opening ON cases (opened_at, case_ref); -- for statistics

CREATE INDEX cases_by_referral ON cases (referral_id);

CREATE TABLE case_members (
  case_ref     TEXT COLLATE "C" NOT NULL,
  oin          TEXT COLLATE "C" NOT NULL,
  kind         BIGINT           NOT NULL,
  reason       BIGINT           NOT NULL, -- 0 unless on call
  member_from  BIGINT           NOT NULL,
  member_until BIGINT,                    -- none while it is a member
  PRIMARY KEY (case_ref, oin, member_from)
);
-- An organisation is a member once at a time.
CREATE UNIQUE INDEX case_members_current ON case_members (case_ref, oin)
  WHERE member_until IS NULL;

CREATE TABLE case_persons (
  case_ref TEXT COLLATE "C" NOT NULL,
  position BIGINT           NOT NULL,
  subject  BYTEA            NOT NULL,
  content  BYTEA            NOT NULL, -- key within the case, names, date of birth, capacity: sealed under the person's key
  PRIMARY KEY (case_ref, position)
);
CREATE INDEX case_persons_by_subject ON case_persons (subject);

-- Course of cases: where a case stood each time it moved or its numbers changed. Plain numbers and
-- nothing about one person: management information is made of it. Never changed.
CREATE TABLE case_history (
  case_ref           TEXT COLLATE "C" NOT NULL,
  version            BIGINT           NOT NULL, -- version of the case that this row describes: 1, 2, 3, ...
  at                 BIGINT           NOT NULL,
  moved              BIGINT           NOT NULL, -- 1: the state or the phase changed with this row; 0: only numbers
  state              BIGINT           NOT NULL, -- REOPENED stands for the moment in which the case went back to TRIAGED
  phase              BIGINT           NOT NULL,
  first_contact_at   BIGINT,                    -- of this time in hand: a case that is taken up again begins anew
  child_count        BIGINT           NOT NULL, -- people younger than 18
  children_spoken    BIGINT           NOT NULL, -- those of them who were spoken with apart or observed
  agreement_count    BIGINT           NOT NULL, -- agreements of the newest plan
  family_owned_count BIGINT           NOT NULL, -- those of them that the family or its network owns
  secured_count      BIGINT           NOT NULL, -- those of them that are secured
  broken_count       BIGINT           NOT NULL, -- those of them that are broken
  first_scale        BIGINT,                    -- first rating of the professionals, 0 to 10
  last_scale         BIGINT,                    -- last rating of the professionals, 0 to 10
  violence_stopped   BIGINT           NOT NULL, -- 1: confirmed that the violence has stopped, and nothing heard of since
  PRIMARY KEY (case_ref, version)
);
CREATE INDEX case_history_by_time ON case_history (at, case_ref, version);

-- Referrals about people who were in the case already: a person decides whether the case is taken
-- up again.
CREATE TABLE case_referrals (
  case_ref    TEXT COLLATE "C" NOT NULL,
  referral_id BYTEA            NOT NULL,
  linked_at   BIGINT           NOT NULL,
  PRIMARY KEY (case_ref, referral_id)
);
CREATE INDEX case_referrals_by_referral ON case_referrals (referral_id);

-- Warm handovers of a part in a case: the sender is responsible until the receiver has accepted.
CREATE TABLE case_handovers (
  handover_id    BYTEA            NOT NULL PRIMARY KEY,
  case_ref       TEXT COLLATE "C" NOT NULL,
  from_oin       TEXT COLLATE "C" NOT NULL, -- who is to be released
  to_oin         TEXT COLLATE "C" NOT NULL, -- who is to take over
  offered_by_oin TEXT COLLATE "C" NOT NULL, -- the sender, or the Steunpunt for the sender
  state          BIGINT           NOT NULL, -- 1 offered, 2 accepted, 3 declined, 4 withdrawn
  offered_at     BIGINT           NOT NULL,
  answered_at    BIGINT,
  answered_by    TEXT COLLATE "C",          -- user
  content        BYTEA            NOT NULL  -- what is handed over and why, how the people concerned were involved: sealed under the case's key
);
CREATE INDEX case_handovers_by_case ON case_handovers (case_ref, offered_at);

-- What holds of a person of a case for a time: who decides for the person, who was excluded from it
-- (Jeugdwet art. 7.3.15 lid 4), whether processing is restricted (AVG art. 18). A row gets its end
-- once and is never changed otherwise: what held at an earlier moment can always be told.
CREATE TABLE person_facts (
  case_ref               TEXT COLLATE "C" NOT NULL,
  subject                BYTEA            NOT NULL,
  kind                   BIGINT           NOT NULL, -- 1 represented by, 2 excluded from representing, 3 restricted
  other                  BYTEA            NOT NULL, -- pseudonym of the representative; the person's own for 3
  code                   BIGINT           NOT NULL, -- 1: capacity; 2: reason; 3: ground
  counts_from            BIGINT           NOT NULL,
  counts_until           BIGINT,                    -- none while it holds
  decided_by             TEXT COLLATE "C" NOT NULL, -- user
  supervisor_user_id     TEXT COLLATE "C",          -- user who agreed; none where one is enough
  ended_by               TEXT COLLATE "C",          -- user who ended it
  end_supervisor_user_id TEXT COLLATE "C",          -- user who agreed to the end
  PRIMARY KEY (case_ref, subject, kind, other, code, counts_from)
);
CREATE INDEX person_facts_by_subject ON person_facts (subject, kind);

-- Versions of summaries. Never changed.
CREATE TABLE summaries (
  case_ref     TEXT COLLATE "C" NOT NULL,
  author_oin   TEXT COLLATE "C" NOT NULL,
  revision     BIGINT           NOT NULL, -- 1, 2, 3, ...
  categories   BIGINT           NOT NULL,
  published_at BIGINT           NOT NULL,
  published_by TEXT COLLATE "C" NOT NULL, -- user
  retracted_at BIGINT,                    -- taken back by its author: nobody gets it any more
  content_purged_at BIGINT,              -- when its parts were emptied
  PRIMARY KEY (case_ref, author_oin, revision)
);
-- What was purged leaves these indexes: a look for what is to be purged reads nothing else.
CREATE INDEX summaries_with_content ON summaries (published_at, case_ref, author_oin, revision) WHERE content_purged_at IS NULL;

-- Parts of a version, each sealed under the keys of all people it is about.
CREATE TABLE summary_parts (
  case_ref   TEXT COLLATE "C" NOT NULL,
  author_oin TEXT COLLATE "C" NOT NULL,
  revision   BIGINT           NOT NULL,
  position   BIGINT           NOT NULL,
  category   BIGINT           NOT NULL,
  subjects   BYTEA            NOT NULL, -- pseudonyms it is about, one after the other
  content    BYTEA            NOT NULL,
  PRIMARY KEY (case_ref, author_oin, revision, position)
);

-- Consents -----------------------------------------------------------------------------------

-- Every version of every consent; the highest version counts.
CREATE TABLE consents (
  consent_id    BYTEA            NOT NULL,
  version       BIGINT           NOT NULL,
  case_ref      TEXT COLLATE "C" NOT NULL,
  subject       BYTEA            NOT NULL,
  source_oin    TEXT COLLATE "C" NOT NULL,
  recipient_oin TEXT COLLATE "C" NOT NULL,
  purpose       BIGINT           NOT NULL,
  categories    BIGINT           NOT NULL,
  valid_from    BIGINT           NOT NULL,
  valid_until   BIGINT           NOT NULL,
  state         BIGINT           NOT NULL,
  recorded_at   BIGINT           NOT NULL,
  content       BYTEA            NOT NULL, -- grantors, evidence, withdrawal: sealed under the person's key
  ended_at      BIGINT,                    -- when another version followed, or it was written down that the term was over
  PRIMARY KEY (consent_id, version)
);
-- What has ended leaves this index. State 2: in force.
CREATE INDEX consents_to_end     ON consents (valid_until, consent_id) WHERE state = 2 AND ended_at IS NULL;
CREATE INDEX consents_by_subject ON consents (case_ref, subject);
CREATE INDEX consents_by_person  ON consents (subject); -- for what was said in another case
CREATE INDEX consents_by_time    ON consents (recorded_at, consent_id); -- for statistics

-- Who received data under a consent, so that a withdrawal reaches them.
CREATE TABLE consent_uses (
  consent_id    BYTEA            NOT NULL,
  recipient_oin TEXT COLLATE "C" NOT NULL,
  first_idx     BIGINT           NOT NULL, -- first ledger entry that relied on it
  PRIMARY KEY (consent_id, recipient_oin)
);

-- Notices for organisations, in the order of the ledger.
CREATE TABLE notices (
  recipient_oin TEXT COLLATE "C" NOT NULL,
  idx           BIGINT           NOT NULL, -- ledger entry that caused it; the order of the inbox
  notice_id     BYTEA            NOT NULL UNIQUE,
  case_ref      TEXT COLLATE "C",          -- none where it is about no case
  content       TEXT COLLATE "C" NOT NULL, -- kind and what goes with it, as JSON: pseudonyms and references only
  effective_at  BIGINT           NOT NULL,
  PRIMARY KEY (recipient_oin, idx)
);

-- Reviews ------------------------------------------------------------------------------------

-- Emergencies that privacy officers review (DOMAIN §4.4). One row per declaration.
CREATE TABLE reviews (
  review_id      BYTEA            NOT NULL PRIMARY KEY,
  version        BIGINT           NOT NULL, -- raised by every vote: a stale writer hits no row
  state          BIGINT           NOT NULL, -- 1 open, 2 questioned, 3 disputed; 4, 5, 6 closed
  cause          BIGINT           NOT NULL, -- why it was break-glass
  case_ref       TEXT COLLATE "C" NOT NULL,
  group_id       BYTEA            NOT NULL, -- the act: all entries of the disclosure
  idx            BIGINT           NOT NULL, -- first ledger entry of the declaration
  discloser_oin  TEXT COLLATE "C" NOT NULL,
  discloser_role BIGINT           NOT NULL, -- what the organisation was at the declaration
  recipient_oin  TEXT COLLATE "C" NOT NULL,
  recipient_role BIGINT           NOT NULL,
  purpose        BIGINT           NOT NULL,
  basis          BIGINT           NOT NULL,
  categories     BIGINT           NOT NULL, -- bit n-1 set: category n
  is_override    BIGINT           NOT NULL, -- 1: somebody's last word about the recipient was a no
  takes_two      BIGINT           NOT NULL, -- 1: two officers judge, by the rules of the declaration
  declared_by    TEXT COLLATE "C" NOT NULL, -- employee of the discloser
  declared_for   TEXT COLLATE "C",          -- who answers for it, where that is somebody else
  consulted      TEXT COLLATE "C",          -- colleague whose second opinion was asked; none: single-handed
  declared_at    BIGINT           NOT NULL,
  expires_at     BIGINT           NOT NULL, -- when the access closed by itself
  due_at         BIGINT           NOT NULL, -- when the review must be done
  closed_at      BIGINT,                    -- when the outcome stood
  subjects       BYTEA            NOT NULL, -- pseudonyms of the people it is about, one after the other
  content        BYTEA            NOT NULL  -- the emergency, sealed under the keys of all of them
);
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
  review_id BYTEA            NOT NULL,
  position  BIGINT           NOT NULL, -- 1, 2, 3, ...
  seat      BIGINT           NOT NULL, -- as what; 0 for a question, which fills no seat
  oin       TEXT COLLATE "C" NOT NULL,
  user_id   TEXT COLLATE "C" NOT NULL, -- employee of that organisation
  verdict   BIGINT           NOT NULL,
  voted_at  BIGINT           NOT NULL,
  idx       BIGINT           NOT NULL, -- first ledger entry of the vote
  content   BYTEA            NOT NULL, -- motivation, sealed under the keys of all people of the review
  PRIMARY KEY (review_id, position)
);

-- What the disclosing organisation answered to the questions of reviewers, in order. Never changed.
CREATE TABLE review_information (
  review_id   BYTEA            NOT NULL,
  position    BIGINT           NOT NULL, -- 1, 2, 3, ...
  after_votes BIGINT           NOT NULL, -- answers the questions among the first so many votes
  oin         TEXT COLLATE "C" NOT NULL,
  user_id     TEXT COLLATE "C" NOT NULL, -- employee of that organisation
  given_at    BIGINT           NOT NULL,
  idx         BIGINT           NOT NULL, -- first ledger entry of the answer
  content     BYTEA            NOT NULL, -- the words, sealed under the keys of all people of the review
  PRIMARY KEY (review_id, position)
);

-- Who took a seat of a review, so that two officers do not read the same one. Nobody has to wait for them:
-- whoever judges first fills the seat.
CREATE TABLE review_assignments (
  review_id   BYTEA            NOT NULL,
  seat        BIGINT           NOT NULL, -- as what
  oin         TEXT COLLATE "C" NOT NULL,
  user_id     TEXT COLLATE "C" NOT NULL, -- employee of that organisation
  assigned_at BIGINT           NOT NULL,
  PRIMARY KEY (review_id, seat)
);

-- What watchers of reviews are told of: one row per event in the life of a review, in the order of the
-- ledger. A watcher that knows the place it read up to misses nothing.
CREATE TABLE review_changes (
  idx           BIGINT           NOT NULL PRIMARY KEY, -- ledger entry of the event
  review_id     BYTEA            NOT NULL,
  discloser_oin TEXT COLLATE "C" NOT NULL,
  recipient_oin TEXT COLLATE "C" NOT NULL
);
CREATE INDEX review_changes_of_discloser ON review_changes (discloser_oin, idx);
CREATE INDEX review_changes_of_recipient ON review_changes (recipient_oin, idx);

-- Incidents (AVG art. 33). One row per incident.
CREATE TABLE incidents (
  incident_id   BYTEA            NOT NULL PRIMARY KEY,
  oin           TEXT COLLATE "C" NOT NULL, -- organisation that has to notify the authority
  cause         BIGINT           NOT NULL, -- how it came to light
  review_id     BYTEA            UNIQUE,   -- review that found it; a review opens one incident
  case_ref      TEXT COLLATE "C",
  idx           BIGINT           NOT NULL, -- first ledger entry of the opening
  aware_at      BIGINT           NOT NULL, -- when the organisation knew: the clock starts
  notify_due_at BIGINT           NOT NULL, -- 72 hours later
  subjects      BYTEA            NOT NULL, -- pseudonyms of the people it is about, one after the other
  notification  BIGINT           ,         -- how the duty to notify was met
  notified_at   BIGINT           ,         -- when
  motivation    TEXT COLLATE "C"           -- why late, or not at all; nothing about a person
);
CREATE INDEX incidents_by_due          ON incidents (notify_due_at, incident_id);
CREATE INDEX incidents_of_organisation ON incidents (oin, notify_due_at, incident_id);

-- Shares: what one organisation gave another on its own initiative. Read anew by every look, decided anew
-- by every look.
CREATE TABLE shares (
  share_id      BYTEA            NOT NULL PRIMARY KEY,
  case_ref      TEXT COLLATE "C" NOT NULL,
  author_oin    TEXT COLLATE "C" NOT NULL, -- who gave a version of its summary
  revision      BIGINT           NOT NULL,
  recipient_oin TEXT COLLATE "C" NOT NULL, -- who may read it; need not be in the case team
  group_id      BYTEA            NOT NULL, -- the act: all entries of the giving
  shared_at     BIGINT           NOT NULL,
  expires_at    BIGINT           NOT NULL, -- first moment at which it cannot be read any more
  is_emergency  BIGINT           NOT NULL, -- 1: an emergency was declared (break-glass); 0: not
  ended_at      BIGINT,                    -- when the end of the emergency was written down
  subjects      BYTEA            NOT NULL, -- pseudonyms of the people it is about, one after the other
  content       BYTEA            NOT NULL -- ground, giver, evidence, emergency: sealed under the keys of all of them
);
CREATE INDEX shares_with_content ON shares (expires_at, share_id) WHERE length(content) > 0;
CREATE INDEX shares_of_summary   ON shares (case_ref, author_oin, revision, expires_at);
CREATE INDEX shares_to_end ON shares (expires_at, share_id) WHERE is_emergency = 1 AND ended_at IS NULL;

-- Four eyes: second persons who agreed to release a hidden address.
CREATE TABLE address_releases (
  case_ref      TEXT COLLATE "C" NOT NULL,
  sender_oin    TEXT COLLATE "C" NOT NULL, -- organisation of who agreed
  recipient_oin TEXT COLLATE "C" NOT NULL,
  subject       BYTEA            NOT NULL, -- whose address
  agreed_by     TEXT COLLATE "C" NOT NULL, -- employee of the sender; never who sends
  agreed_for    TEXT COLLATE "C",          -- who answered for that, where it was somebody else
  agreed_at     BIGINT           NOT NULL,
  valid_until   BIGINT           NOT NULL, -- first moment after
  PRIMARY KEY (case_ref, sender_oin, recipient_oin, subject, agreed_by)
);

-- Requests of data subjects -----------------------------------------------------------------

-- Requests to see who shared what about a person (AVG art. 15).
CREATE TABLE subject_requests (
  subject_request_id BYTEA            NOT NULL PRIMARY KEY,
  oin                TEXT COLLATE "C" NOT NULL, -- organisation that answers
  case_ref           TEXT COLLATE "C" NOT NULL,
  subject            BYTEA            NOT NULL,
  requester          BYTEA,                     -- who asks; none when that is the person, or nobody of the case
  capacity           BIGINT           NOT NULL, -- in which
  is_mandated        BIGINT           NOT NULL, -- 1: by a written mandate of the person
  state              BIGINT           NOT NULL,
  verdict            BIGINT           NOT NULL, -- what was decided
  ending             BIGINT,                    -- how it ended
  version            BIGINT           NOT NULL, -- raised by every change: a stale writer hits no row
  received_at        BIGINT           NOT NULL,
  due_at             BIGINT           NOT NULL,
  reported_at        BIGINT,                    -- when a report was first approved
  closed_at          BIGINT,
  content            BYTEA            NOT NULL  -- identity check, mandate, motivations, prepared report: sealed under the person's key
);
CREATE INDEX subject_requests_by_oin ON subject_requests (oin, subject_request_id);
CREATE INDEX subject_requests_by_receipt ON subject_requests (received_at, subject_request_id); -- for statistics
CREATE INDEX subject_requests_by_due     ON subject_requests (due_at, subject_request_id); -- for statistics
CREATE INDEX subject_requests_waiting    ON subject_requests (due_at, subject_request_id) WHERE state <> 5;

-- Breaches that are looked into, each beside its incident (AVG art. 33).
CREATE TABLE breaches (
  incident_id  BYTEA            NOT NULL PRIMARY KEY,
  oin          TEXT COLLATE "C" NOT NULL, -- organisation that looks into it
  version      BIGINT           NOT NULL, -- raised by every change: a stale writer hits no row
  reported_at  BIGINT          ,          -- when its scope was first reported
  closed_at    BIGINT          ,
  content      TEXT COLLATE "C" NOT NULL     -- what was compromised and when, as JSON; nothing about a person
);

-- Retention ---------------------------------------------------------------------------------

-- Entries that are kept while something about them is open, however old they are.
CREATE TABLE legal_holds (
  hold_id   BYTEA            NOT NULL PRIMARY KEY, -- also the id of the request or incident that holds
  cause     BIGINT           NOT NULL,
  oin       TEXT COLLATE "C" NOT NULL,             -- organisation that placed it
  reason    BIGINT,                                -- where the complaint lies; none for every other cause
  case_ref  TEXT COLLATE "C",                      -- case in which an officer placed it
  subject   BYTEA,                                 -- holds all entries about this person,
                                                   -- or, where an officer named nobody, all about the case,
  group_id  BYTEA,                                 -- or all of this act,
  from_at   BIGINT,                                -- or all that were recorded from this moment on
  until_at  BIGINT,                                -- and before this one
  placed_at BIGINT           NOT NULL,
  lifted_at BIGINT                                 -- none while it holds
);
CREATE INDEX legal_holds_in_force ON legal_holds (hold_id) WHERE lifted_at IS NULL;

-- Storage ------------------------------------------------------------------------------------

-- Ciphertext and hashes do not compress; PostgreSQL would try at every write, in vain.
ALTER TABLE tiles         ALTER COLUMN hashes   SET STORAGE EXTERNAL;
ALTER TABLE disclosures   ALTER COLUMN sealed   SET STORAGE EXTERNAL;
ALTER TABLE search_blocks ALTER COLUMN content  SET STORAGE EXTERNAL;
ALTER TABLE requests      ALTER COLUMN response SET STORAGE EXTERNAL;
ALTER TABLE referrals     ALTER COLUMN content  SET STORAGE EXTERNAL;
ALTER TABLE cases         ALTER COLUMN content  SET STORAGE EXTERNAL;
ALTER TABLE case_persons  ALTER COLUMN content  SET STORAGE EXTERNAL;
ALTER TABLE case_handovers ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE summary_parts ALTER COLUMN content  SET STORAGE EXTERNAL;
ALTER TABLE consents      ALTER COLUMN content  SET STORAGE EXTERNAL;
ALTER TABLE informing_postponements ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE reviews       ALTER COLUMN content  SET STORAGE EXTERNAL;
ALTER TABLE shares        ALTER COLUMN content  SET STORAGE EXTERNAL;
ALTER TABLE review_votes  ALTER COLUMN content  SET STORAGE EXTERNAL;
ALTER TABLE review_information ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE subject_requests ALTER COLUMN content SET STORAGE EXTERNAL;

-- Management information ----------------------------------------------------------------------

-- Management reports that were published, every version. Never changed: a revision is a new version.
CREATE TABLE reports (
  period          TEXT COLLATE "C" NOT NULL, -- quarter or year: 2026-Q2, 2026
  version         BIGINT           NOT NULL, -- 1, 2, 3, ...
  revision_reason BIGINT           NOT NULL, -- why there is another version; 0 for the first
  policy_version  TEXT COLLATE "C" NOT NULL, -- policy pack whose thresholds were applied
  published_at    BIGINT           NOT NULL,
  published_by    TEXT COLLATE "C" NOT NULL, -- user
  digest          BYTEA            NOT NULL, -- SHA-256 of content
  content         TEXT COLLATE "C" NOT NULL, -- tables as JSON: rounded figures, and nothing that was left out
  PRIMARY KEY (period, version)
);

-- Signals ------------------------------------------------------------------------------------

-- How far the detectors have examined the ledger: exactly one row once they have begun.
CREATE TABLE signal_progress (
  progress_id BIGINT NOT NULL PRIMARY KEY, -- 1
  examined    BIGINT NOT NULL -- entries below this one were examined
);

-- What was done on a day: one number per user, or per organisation (user_id empty).
CREATE TABLE activity_days (
  measure BIGINT NOT NULL, -- 1 people looked at, 2 acts in the night that began on the day, 3 disclosures, 4 entries of a user in which data went or was denied
  oin     TEXT COLLATE "C"    NOT NULL,
  user_id TEXT COLLATE "C"    NOT NULL,
  day     TEXT COLLATE "C"    NOT NULL, -- date in the Netherlands
  number  BIGINT NOT NULL,
  role    BIGINT NOT NULL, -- as what the user acted, last on that day; 0 when it was not looked at
  PRIMARY KEY (measure, oin, user_id, day)
);
CREATE INDEX activity_days_of_organisation ON activity_days (measure, oin, day);

-- What was counted on a day already, so that it is counted once. Emptied some days later.
CREATE TABLE activity_seen (
  day     TEXT COLLATE "C"    NOT NULL,
  measure BIGINT NOT NULL,
  oin     TEXT COLLATE "C"    NOT NULL,
  user_id TEXT COLLATE "C"    NOT NULL,
  what    BYTEA    NOT NULL, -- pseudonym of a person, or id of an act
  idx     BIGINT NOT NULL, -- entry in which it was seen first
  PRIMARY KEY (day, measure, oin, user_id, what)
);

-- Searches of the ledger about one person: the entry itself names nobody.
CREATE TABLE log_questions (
  idx      BIGINT NOT NULL PRIMARY KEY, -- entry of the search
  oin      TEXT COLLATE "C"    NOT NULL,
  user_id  TEXT COLLATE "C"    NOT NULL, -- officer
  subject  BYTEA    NOT NULL, -- about whom
  asked_at BIGINT NOT NULL
);
CREATE INDEX log_questions_by_officer ON log_questions (oin, user_id, subject, asked_at);

-- What deserves a look. New entries about the same thing join the open one.
CREATE TABLE signals (
  signal_id   BYTEA    NOT NULL PRIMARY KEY,
  rule        BIGINT NOT NULL,
  pack        TEXT COLLATE "C"    NOT NULL, -- version of the policy pack whose numbers found it
  version     BIGINT NOT NULL, -- raised by every change: a stale writer hits no row
  state       BIGINT NOT NULL, -- 1 open; 2, 3, 4 closed
  oin         TEXT COLLATE "C"    NOT NULL, -- organisation whose acts it is about
  other_oin   TEXT COLLATE "C", -- other party of those acts, which sees it too
  about       BYTEA    NOT NULL, -- what it is grouped by: user or case, and day
  user_id     TEXT COLLATE "C", -- employee of oin
  case_ref    TEXT COLLATE "C",
  subject     BYTEA,
  score       BIGINT NOT NULL, -- 0 to 100
  factors     TEXT COLLATE "C"    NOT NULL, -- what speaks for it and against, as JSON: codes and numbers
  entry_count BIGINT NOT NULL,
  first_at    BIGINT NOT NULL, -- first and last entry
  last_at     BIGINT NOT NULL,
  found_at    BIGINT NOT NULL,
  idx         BIGINT NOT NULL, -- ledger entry that raised it
  closed_at   BIGINT,
  incident_id BYTEA -- incident that it was
);
CREATE UNIQUE INDEX signals_open ON signals (rule, oin, about) WHERE state = 1;
CREATE INDEX signals_by_about  ON signals (rule, oin, about, found_at);
CREATE INDEX signals_by_state  ON signals (state, found_at, signal_id);
CREATE INDEX signals_of_oin    ON signals (oin, state, found_at, signal_id);
CREATE INDEX signals_of_other  ON signals (other_oin, state, found_at, signal_id) WHERE other_oin IS NOT NULL;

-- Ledger entries of a signal, at most 500.
CREATE TABLE signal_entries (
  signal_id BYTEA    NOT NULL,
  idx       BIGINT NOT NULL,
  PRIMARY KEY (signal_id, idx)
);
CREATE INDEX signal_entries_of_entry ON signal_entries (idx, signal_id);

-- How a signal ended. Never changed.
CREATE TABLE signal_endings (
  signal_id BYTEA    NOT NULL PRIMARY KEY,
  state     BIGINT NOT NULL, -- the state that it led to
  oin       TEXT COLLATE "C"    NOT NULL, -- officer who decided
  user_id   TEXT COLLATE "C"    NOT NULL,
  ended_at  BIGINT NOT NULL,
  idx       BIGINT NOT NULL, -- ledger entry
  content   BYTEA    NOT NULL -- grounds, sealed under the signal's key and its person's
);

-- Which signals an officer raised by hand, and why. Never changed.
CREATE TABLE raised_signals (
  signal_id BYTEA NOT NULL PRIMARY KEY,
  oin       TEXT COLLATE "C" NOT NULL, -- officer who raised it
  user_id   TEXT COLLATE "C" NOT NULL,
  content   BYTEA NOT NULL  -- grounds, sealed under the signal's key and its person's
);

-- Rules that are silent for a user or a case, for a time.
CREATE TABLE signal_suppressions (
  suppression_id BYTEA    NOT NULL PRIMARY KEY,
  signal_id      BYTEA    NOT NULL, -- signal that it was made from; its ending holds the grounds
  rule           BIGINT NOT NULL,
  oin            TEXT COLLATE "C"    NOT NULL,
  user_id        TEXT COLLATE "C", -- silent for this employee,
  case_ref       TEXT COLLATE "C", -- or for this case
  owner_oin      TEXT COLLATE "C"    NOT NULL, -- who answers for it
  owner_user_id  TEXT COLLATE "C"    NOT NULL,
  from_at        BIGINT NOT NULL,
  until_at       BIGINT NOT NULL,
  ended_at       BIGINT, -- when it was ended before
  ended_by       TEXT COLLATE "C", -- user
  hits           BIGINT NOT NULL -- how often it kept a signal back
);
CREATE INDEX signal_suppressions_in_force ON signal_suppressions (rule, oin, until_at) WHERE ended_at IS NULL;
CREATE INDEX signal_suppressions_of       ON signal_suppressions (oin, suppression_id);

-- From which networks certificates came: keyed pseudonyms of networks, and never an address.
CREATE TABLE certificate_networks (
  fingerprint BYTEA NOT NULL, -- SHA-256 of the certificate
  network     BYTEA NOT NULL, -- keyed pseudonym of the first bits of an address
  oin         TEXT COLLATE "C" NOT NULL, -- organisation of the certificate
  user_id     TEXT COLLATE "C", -- its person; none: a system
  first_day   TEXT COLLATE "C" NOT NULL, -- date in the Netherlands
  last_day    TEXT COLLATE "C" NOT NULL,
  is_new      BIGINT NOT NULL, -- 1: no detector looked at it yet
  PRIMARY KEY (fingerprint, network)
);
CREATE INDEX certificate_networks_new     ON certificate_networks (fingerprint, network) WHERE is_new = 1;
CREATE INDEX certificate_networks_of      ON certificate_networks (oin, network, first_day);
CREATE INDEX certificate_networks_by_last ON certificate_networks (last_day, fingerprint, network);

-- Searches that officers keep. A query holds no person: a case, an organisation, an employee, a code.
CREATE TABLE saved_searches (
  saved_search_id BYTEA   NOT NULL PRIMARY KEY,
  oin             TEXT COLLATE "C" NOT NULL,
  user_id         TEXT COLLATE "C" NOT NULL, -- officer who keeps it
  name            TEXT COLLATE "C" NOT NULL,
  query           TEXT COLLATE "C" NOT NULL, -- as the address of the search has it
  is_shared       BIGINT  NOT NULL, -- 1: every officer of the organisation sees it
  saved_at        BIGINT NOT NULL,
  weekly          BIGINT, -- language of the weekly mail that counts what is new of it; none: there is none
  counted_at      BIGINT NOT NULL, -- up to when, and up to which size of the ledger, it was counted
  counted_size    BIGINT NOT NULL
);
CREATE INDEX saved_searches_of ON saved_searches (oin, saved_search_id);
CREATE INDEX saved_searches_weekly ON saved_searches (oin, user_id) WHERE weekly IS NOT NULL;

-- The weekly digest of an officer: who sends that of the newest week, and whether it was sent.
CREATE TABLE digests (
  oin        TEXT COLLATE "C" NOT NULL,
  user_id    TEXT COLLATE "C" NOT NULL, -- officer whose searches it counts
  week       TEXT COLLATE "C" NOT NULL, -- day on which it was due, in the Netherlands
  attempts   BIGINT NOT NULL, -- how often it was taken on
  lost       BIGINT NOT NULL, -- of which nobody was heard again: at most one
  is_running BIGINT NOT NULL, -- 1: taken on
  retry_at   BIGINT NOT NULL, -- not before this for another
  sent_at    BIGINT,
  PRIMARY KEY (oin, user_id)
);

-- That a recipient erased a summary which its author took back. Never changed.
CREATE TABLE recall_confirmations (
  case_ref      TEXT COLLATE "C" NOT NULL,
  author_oin    TEXT COLLATE "C" NOT NULL,
  recipient_oin TEXT COLLATE "C" NOT NULL,
  revision      BIGINT NOT NULL, -- this one and all before it
  confirmed_at  BIGINT NOT NULL,
  idx           BIGINT NOT NULL, -- first ledger entry of it
  PRIMARY KEY (case_ref, author_oin, recipient_oin, revision)
);

-- What officers asked a party of a disclosure, and what it answered. One row per question; an answer is given
-- once and never changed.
CREATE TABLE questions (
  question_id   BYTEA NOT NULL PRIMARY KEY,
  entry_idx     BIGINT NOT NULL, -- ledger entry that it is about
  case_ref      TEXT COLLATE "C",
  subject       BYTEA, -- person of that entry, under whose key the words are; none: a key of their own
  asker_oin     TEXT COLLATE "C" NOT NULL, -- officer who asks
  asker_user_id TEXT COLLATE "C" NOT NULL,
  asked_oin     TEXT COLLATE "C" NOT NULL, -- sender or recipient of the disclosure
  asked_at      BIGINT NOT NULL,
  due_at        BIGINT NOT NULL, -- last moment at which the answer is in time
  idx           BIGINT NOT NULL, -- ledger entry of the question
  content       BYTEA NOT NULL, -- the words, sealed
  answer_user_id TEXT COLLATE "C", -- employee of asked_oin who answered
  answered_at   BIGINT,
  answer_idx    BIGINT, -- ledger entry of the answer
  answer        BYTEA -- its words, sealed
);
CREATE INDEX questions_by_moment ON questions (asked_at, question_id);
CREATE INDEX questions_of_entry  ON questions (entry_idx, question_id);
CREATE INDEX questions_of_asker  ON questions (asker_oin, asked_at, question_id);
CREATE INDEX questions_of_asked  ON questions (asked_oin, asked_at, question_id);
CREATE INDEX questions_waiting   ON questions (subject, due_at) WHERE answered_at IS NULL;

-- What officers found of entries that were drawn in a sample. Never changed: who judges again adds a row.
CREATE TABLE sample_judgements (
  group_id   BYTEA NOT NULL PRIMARY KEY, -- act of judging
  judged_idx BIGINT NOT NULL, -- ledger entry that was judged
  oin        TEXT COLLATE "C" NOT NULL, -- officer who judged
  user_id    TEXT COLLATE "C" NOT NULL,
  verdict    BIGINT NOT NULL,
  judged_at  BIGINT NOT NULL,
  idx        BIGINT NOT NULL, -- ledger entry of the judgement
  subject    BYTEA, -- person of the judged entry, under whose key the grounds are; none: a key of their own
  content    BYTEA NOT NULL -- grounds, sealed
);
CREATE INDEX sample_judgements_of ON sample_judgements (oin, judged_idx, idx);
CREATE INDEX sample_judgements_by_entry ON sample_judgements (judged_idx);

-- How signals of a rule ended so far: what a rule is worth.
CREATE TABLE signal_tallies (
  oin    TEXT COLLATE "C"    NOT NULL,
  rule   BIGINT NOT NULL,
  state  BIGINT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (oin, rule, state)
);

ALTER TABLE signal_endings ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE questions ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE questions ALTER COLUMN answer SET STORAGE EXTERNAL;
ALTER TABLE raised_signals ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE sample_judgements ALTER COLUMN content SET STORAGE EXTERNAL;
