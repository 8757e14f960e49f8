//! Somebody changes the database behind the gateway's back. Whatever it was must come to light, in
//! `log verify` or in the next calls, and nothing may be given out of it.

use std::process::Command;

use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::*;
use crate::callers::SECTIONS;
use crate::step::{Asker, Tamper};

/// What is done to the database.
enum Change {
    /// A byte becomes another one. The first statement reads it with the name of its row, `$1` being
    /// which one; the second writes it.
    Byte(&'static str, &'static str),
    /// One row less, or another number in it; `$1` is which.
    Row(&'static str),
}

const fn change_of(tamper: Tamper) -> Change {
    match tamper {
        Tamper::Leaf => Change::Byte(
            "SELECT rowid, entry FROM leaves WHERE rowid = $1 % (SELECT COUNT(*) FROM leaves)",
            "UPDATE leaves SET entry = $2 WHERE rowid = $1",
        ),
        Tamper::LeafGone => {
            Change::Row("DELETE FROM leaves WHERE idx = $1 % (SELECT COUNT(*) FROM leaves)")
        }
        Tamper::Tile => Change::Byte(
            "SELECT rowid, hashes FROM tiles WHERE $1 >= 0 LIMIT 1",
            "UPDATE tiles SET hashes = $2 WHERE rowid = $1",
        ),
        Tamper::Checkpoint => Change::Byte(
            "SELECT rowid, CAST(note AS BLOB) FROM checkpoints WHERE $1 >= 0
              ORDER BY size LIMIT 1 OFFSET $1 % (SELECT COUNT(*) FROM checkpoints)",
            "UPDATE checkpoints SET note = CAST($2 AS TEXT) WHERE rowid = $1",
        ),
        Tamper::CheckpointGone => Change::Row(
            "DELETE FROM checkpoints WHERE $1 >= 0 AND size = (SELECT MAX(size) FROM checkpoints)",
        ),
        Tamper::Root => Change::Byte(
            "SELECT rowid, root FROM log_state WHERE $1 >= 0",
            "UPDATE log_state SET root = $2 WHERE rowid = $1",
        ),
        Tamper::Frontier => Change::Byte(
            "SELECT rowid, frontier FROM log_state WHERE $1 >= 0",
            "UPDATE log_state SET frontier = $2 WHERE rowid = $1",
        ),
        Tamper::SearchRow => Change::Row(
            "UPDATE disclosures SET outcome = 4 WHERE idx = $1 % (SELECT COUNT(*) FROM disclosures)",
        ),
        Tamper::SearchRowGone => Change::Row(
            "DELETE FROM disclosures WHERE idx = $1 % (SELECT COUNT(*) FROM disclosures)",
        ),
        Tamper::Part => Change::Byte(
            "SELECT rowid, content FROM summary_parts
              ORDER BY revision DESC, position LIMIT 1 OFFSET $1",
            "UPDATE summary_parts SET content = $2 WHERE rowid = $1",
        ),
        Tamper::Referral => Change::Byte(
            "SELECT rowid, content FROM referrals WHERE $1 >= 0 ORDER BY rowid DESC LIMIT 1",
            "UPDATE referrals SET content = $2 WHERE rowid = $1",
        ),
        Tamper::Answer => Change::Byte(
            "SELECT rowid, response FROM requests WHERE method = 'SubmitReferral' AND $1 >= 0
              ORDER BY rowid DESC LIMIT 1",
            "UPDATE requests SET response = $2 WHERE rowid = $1",
        ),
        Tamper::Consent => Change::Byte(
            "SELECT rowid, content FROM consents WHERE $1 >= 0 ORDER BY rowid DESC LIMIT 1",
            "UPDATE consents SET content = $2 WHERE rowid = $1",
        ),
        Tamper::WithdrawalGone => Change::Row(
            "DELETE FROM consents WHERE $1 >= 0 AND version > 1
                AND rowid = (SELECT MAX(rowid) FROM consents)",
        ),
    }
}

/// Whether `log verify` looks at it; everything else shows when it is opened.
const fn is_of_the_ledger(tamper: Tamper) -> bool {
    !matches!(
        tamper,
        Tamper::Part | Tamper::Referral | Tamper::Answer | Tamper::Consent | Tamper::WithdrawalGone
    )
}

impl Run {
    pub(super) fn tamper(&mut self, tamper: Tamper, which: u8) -> Result<(), String> {
        let Some(directory) = self.place.directory() else { return Ok(()) };
        let path = directory.join("data.sqlite");
        self.end_life(Life::close, "restart")?;
        let expected = self.bring_into_reach(tamper)?;
        // Of a summary, one of the sections that may go to anybody.
        let which = if tamper == Tamper::Part { which % 4 } else { which };
        let is_in_reach = tamper != Tamper::Part || self.is_released(usize::from(which));
        if self.broken != Broken::NeverTampers {
            self.observer.block_on(change(&path, tamper, i64::from(which)));
        }
        let verified = self.verify(&path);
        let noticed = self.probe(tamper, expected, which.is_multiple_of(2))?;
        let is_noticed = if is_of_the_ledger(tamper) { !verified } else { noticed };
        self.count(tamper.name());
        self.count(match (is_of_the_ledger(tamper), is_in_reach) {
            (true, _) => "tampering that verification noticed",
            (false, true) => "tampering that a call noticed",
            (false, false) => "tampering with what nobody may have",
        });
        if is_noticed || !is_in_reach { Ok(()) } else { Err(format!("{tamper:?} went unnoticed")) }
    }

    /// Makes that what is changed would be read by the next calls.
    fn bring_into_reach(&mut self, tamper: Tamper) -> Result<Option<usize>, String> {
        let acts = match tamper {
            Tamper::Referral | Tamper::Answer => vec![Act::Submit { family: 0 }],
            Tamper::Part => vec![Act::Publish, Act::Publish],
            Tamper::Consent => vec![Act::Give { person: 0, term: Term::HalfYear }],
            Tamper::WithdrawalGone => {
                vec![Act::Give { person: 0, term: Term::HalfYear }, Act::Withdraw { consent: 0 }]
            }
            Tamper::Leaf
            | Tamper::LeafGone
            | Tamper::Tile
            | Tamper::Checkpoint
            | Tamper::CheckpointGone
            | Tamper::Root
            | Tamper::Frontier
            | Tamper::SearchRow
            | Tamper::SearchRowGone => Vec::new(),
        };
        if tamper == Tamper::Referral {
            // Then nothing comes before the one that is changed.
            self.drain()?;
        }
        // Every clock agrees again, and what is said now is said after all that was said before.
        self.now = self.now.max(self.latest).plus(MARGIN);
        for act in acts {
            let op = if let Act::Withdraw { .. } = act {
                // The one that was given just now.
                let consent = self.journal.consents.len() - 1;
                Some(self.new_request(What::Withdraw { consent }))
            } else {
                self.op(act)
            };
            if let Some(op) = op {
                self.one(&op, Fate::Answered)?;
            }
        }
        Ok((tamper == Tamper::Referral).then(|| self.journal.referrals.len() - 1))
    }

    fn is_released(&self, section: usize) -> bool {
        let (_, people, _) = SECTIONS[section];
        self.worlds.iter().all(|world| world.would_release(people, self.now.plus(TICK)))
    }

    /// What the operator's own tool says: whether the ledger is as it was signed.
    fn verify(&self, path: &std::path::Path) -> bool {
        let verify = Command::new(env!("CARGO_BIN_EXE_ketenpoort"))
            .args(["log", "verify", "--database", &format!("sqlite:{}", path.display())])
            .args(["--vkey", &self.verifier.to_string()])
            .output()
            .unwrap();
        match verify.status.code() {
            Some(0) => true,
            Some(6) => false,
            _ => panic!("{}", String::from_utf8_lossy(&verify.stderr)),
        }
    }

    /// Asks for everything: each call ends as it must, or fails. Returns whether one failed.
    fn probe(
        &mut self,
        tamper: Tamper,
        hidden: Option<usize>,
        restarts: bool,
    ) -> Result<bool, String> {
        if restarts {
            self.life.take().unwrap().close();
            match Life::open(&self.place, self.now) {
                Ok(life) => self.life = Some(life),
                Err(_) => return Ok(true),
            }
        }
        let ask = self.new_request(What::Ask { by: Asker::Partner });
        let mut ops = vec![ask, self.look(0, true, 32)];
        let requests = 0..self.journal.sent.len() - 1;
        ops.extend(requests.map(|sent| Op::Request { sent, other_body: false }));
        let mut noticed = false;
        for op in ops {
            let at = self.now;
            let life = self.life();
            life.gateway().clock().set(at);
            let seen = life.run(self.port.perform(life.gateway(), &self.journal, &op));
            self.now = at.max(life.gateway().clock().now()).plus(TICK);
            noticed |= self.judge(tamper, hidden, (&op, &seen), at)?;
        }
        Ok(noticed)
    }

    /// Whether a call showed that something was changed; an error when it gave something out of it.
    fn judge(
        &mut self,
        tamper: Tamper,
        hidden: Option<usize>,
        (op, seen): (&Op, &Seen),
        at: Timestamp,
    ) -> Result<bool, String> {
        if let (Seen::Received(got), Some(hidden)) = (seen, hidden)
            && !got.iter().any(|one| one.referral == hidden)
        {
            return Ok(true);
        }
        if matches!(seen, Seen::Trouble(_)) {
            return Ok(true);
        }
        let after = |world: &World| world.after(&self.journal, at, (op, seen), &[]);
        let after = self.worlds.iter().flat_map(after);
        let after: BTreeSet<World> = after.collect();
        if !after.is_empty() {
            self.worlds = after;
            self.write_down(op, seen, true);
            return Ok(false);
        }
        if tamper == Tamper::WithdrawalGone && matches!(seen, Seen::Bytes(_)) {
            // The withdrawal still stands in the ledger: whoever audits it sees what was done.
            let audited = self.observer.block_on(self.watch.audit());
            return if audited.is_err() {
                Ok(true)
            } else {
                Err(format!("{seen:?} was not audited"))
            };
        }
        Err(format!("after {tamper:?} {}", self.unexplained(&[(op, Some(seen))])))
    }
}

/// Changes one byte in the middle of what is stored, or one row.
async fn change(path: &std::path::Path, tamper: Tamper, which: i64) {
    let url = format!("sqlite:{}", path.display());
    let mut outside = SqliteConnection::connect(&url).await.unwrap();
    let changed = match change_of(tamper) {
        Change::Byte(read, write) => {
            let row = sqlx::query(read).bind(which).fetch_one(&mut outside).await.unwrap();
            let mut bytes: Vec<u8> = row.get(1);
            let middle = bytes.len() / 2;
            bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
            let write = sqlx::query(write).bind(row.get::<i64, _>(0)).bind(bytes);
            write.execute(&mut outside).await.unwrap()
        }
        Change::Row(statement) => {
            sqlx::query(statement).bind(which).execute(&mut outside).await.unwrap()
        }
    };
    assert_eq!(changed.rows_affected(), 1, "{tamper:?}");
    outside.close().await.unwrap();
}
