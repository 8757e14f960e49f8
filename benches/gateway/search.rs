//! Searches of a privacy officer in a large ledger: any combination of what the page can ask, with its
//! counts, charts and one page of rows, beside a look at one entry on the same database.
//!
//! The entries are appended by the gateway's own writer over a year that is past; what they say is
//! drawn at random, unevenly as in a region. Searches go through the use case: each is an entry of
//! the ledger, committed before it is answered. The people of the entries have no keys here, so what
//! is left out of the figures is the opening of fifty sealed records.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use ketenpoort::cli;
use ketenpoort::domain::event::EventCode;
use ketenpoort::domain::export::Names;
use ketenpoort::domain::id::{Oin, Pseudonym};
use ketenpoort::domain::organisation::{Actor, UserRole};
use ketenpoort::domain::purpose::Purpose;
use ketenpoort::domain::time::Timestamp;
use ketenpoort::gateway::disclosures::{PageStart, SearchDraft};
use ketenpoort::gateway::{self, Call, Clock, Gateway, Opening};
use ketenpoort::ledger::note::Signer;
use ketenpoort::store::{self, Db, DisclosureRow, KeyDb, Writer};
use ketenpoort::vault::keyring::Keyring;

use crate::entries::Act;
use crate::figures::latency_ms;
use crate::installation::ORIGIN;
use crate::numbers::{as_micros, millis};
use crate::options::{Options, Store};
use crate::postgres;

/// Searches and looks that are measured.
const TIMES: u64 = 600;
/// Entries of one commit.
const TOGETHER: u64 = 512;
/// Rows of one page, as the console shows them.
const PAGE: u32 = 50;

const DAY: Duration = Duration::from_hours(24);
const YEAR: Duration = Duration::from_hours(24 * 365);

/// The office of the region, which sees the whole ledger.
const REGION: &str = "00000099000000009000";
/// Those that gave and got data; the first ones most.
const PARTIES: [&str; 7] = [
    "00000099000000003000",
    "00000099000000002000",
    "00000099000000006000",
    "00000099000000004000",
    "00000099000000005000",
    "00000099000000007000",
    "00000099000000008000",
];

/// Measures with as many entries as asked for.
pub(crate) async fn measure(store: Store, options: &Options) -> anyhow::Result<()> {
    let place = Place::new(store)?;
    let now = Clock::system().now();
    // Makes the ledger, with the entries of the directory.
    place.open().await?.close().await;
    fill(&place, options.entries, now).await?;
    let gateway = place.open().await?;
    let begun = Instant::now();
    while gateway.fill_blocks().await? {}
    let blocks = begun.elapsed();
    let call = officer(&gateway)?;
    let mut dice = Dice(7);
    let begun = Instant::now();
    search(&gateway, &call, widest(now)).await?;
    let cold = begun.elapsed();
    let begun = Instant::now();
    let widest = search(&gateway, &call, widest(now)).await?;
    let warm = begun.elapsed();
    ensure!(widest > 0, "the widest search found nothing");
    let office = officer_of(&gateway, REGION)?;
    let (mut searches, mut looks) = (Vec::new(), Vec::new());
    let mut by_part: BTreeMap<&'static str, Vec<u32>> = BTreeMap::new();
    for _ in 0..TIMES {
        let asked = drawn(&mut dice, (now, options.entries));
        let by = if asked.parts.contains(&"region") { &office } else { &call };
        let begun = Instant::now();
        let next = search_page(&gateway, by, asked.draft.clone(), None).await?.1;
        let took = as_micros(begun.elapsed());
        searches.push(took);
        for part in asked.parts {
            by_part.entry(part).or_default().push(took);
        }
        if let Some(next) = next {
            let begun = Instant::now();
            search_page(&gateway, by, asked.draft, Some(next)).await?;
            by_part.entry("next_page").or_default().push(as_micros(begun.elapsed()));
        }
        let idx = i64::try_from(dice.below(options.entries))?;
        let begun = Instant::now();
        // Whether the officer may see it or not, it is looked up and the look is committed.
        drop(gateway.disclosure(&call, purpose(), idx).await);
        looks.push(as_micros(begun.elapsed()));
    }
    searches.sort_unstable();
    looks.sort_unstable();
    let (p50, p95, most) =
        (latency_ms(&searches, 0.5), latency_ms(&searches, 0.95), latency_ms(&searches, 1.0));
    println!(
        "path=search store={} entries={} search_p50_ms={p50:.2} search_p95_ms={p95:.2} \
         search_max_ms={most:.2} look_p50_ms={:.2} look_p95_ms={:.2} ratio_p50={:.2} \
         widest_cold_ms={:.1} widest_ms={:.1} blocks_s={:.1} over_100_ms={}",
        store.name(),
        options.entries,
        latency_ms(&looks, 0.5),
        latency_ms(&looks, 0.95),
        p50 / latency_ms(&looks, 0.5),
        millis(cold),
        millis(warm),
        blocks.as_secs_f64(),
        searches.iter().filter(|took| **took > 100_000).count(),
    );
    for (part, took) in &mut by_part {
        took.sort_unstable();
        println!(
            "path=search store={} with={part} questions={} p50_ms={:.2} p95_ms={:.2} max_ms={:.2}",
            store.name(),
            took.len(),
            latency_ms(took, 0.5),
            latency_ms(took, 0.95),
            latency_ms(took, 1.0),
        );
    }
    gateway.close().await;
    Ok(())
}

/// Databases and keys of one measurement.
struct Place {
    directory: tempfile::TempDir,
    url: Option<String>,
    keyring: String,
}

impl Place {
    fn new(store: Store) -> anyhow::Result<Self> {
        Ok(Self {
            directory: tempfile::tempdir_in(crate::machine::data_directory())?,
            url: (store != Store::Sqlite).then(postgres::fresh_database),
            keyring: Keyring::generate()?.to_file_text().to_string(),
        })
    }

    async fn db(&self) -> anyhow::Result<Db> {
        Ok(match &self.url {
            None => {
                let path = self.directory.path().join("data.sqlite");
                Db::open_sqlite(&path, store::ledger::SCHEMA).await?
            }
            Some(url) => Db::open_postgres(url, store::ledger::SCHEMA).await?,
        })
    }

    async fn open(&self) -> anyhow::Result<Gateway> {
        let keys = self.directory.path().join("keys.sqlite");
        let own_oin: Oin = "00000099000000001000".parse()?;
        let organisations = include_str!("../../certs-example/directory.toml");
        let policy = include_str!("../../certs-example/haaglanden-1.toml");
        let opening = Opening {
            db: self.db().await?,
            keys: KeyDb::new(Db::open_sqlite(&keys, store::keys::SCHEMA).await?),
            keyring: Keyring::parse(&self.keyring)?,
            origin: ORIGIN.parse()?,
            names: Names::of(ORIGIN, own_oin.clone())?,
            own_oin,
            directory: cli::directory::from_texts(organisations, policy)?,
            clock: Clock::system(),
            anchor: None,
            witnesses: None,
        };
        Ok(Gateway::open(opening).await?)
    }
}

/// Appends entries over the year before `now`, in their order.
async fn fill(place: &Place, entries: u64, now: Timestamp) -> anyhow::Result<()> {
    let db = place.db().await?;
    let seed = Keyring::parse(&place.keyring)?;
    let signer = Signer::from_seed(ORIGIN.parse()?, seed.log_seed().as_bytes());
    let clock = Clock::system();
    let writer = Writer::start(db.clone(), signer, Arc::new(move || clock.now()), None).await?;
    let mut dice = Dice(1);
    let step = YEAR / u32::try_from(entries)?;
    let mut at = now.minus(YEAR);
    let mut left = entries;
    while left > 0 {
        let count = left.min(TOGETHER);
        let act = Act::of(count, now)?.with_rows(|row| {
            at = at.plus(step);
            vary(row, &mut dice, at)
        })?;
        writer.commit(act).await?;
        left -= count;
    }
    drop(writer);
    db.close().await;
    Ok(())
}

fn vary(row: &mut DisclosureRow, dice: &mut Dice, at: Timestamp) -> anyhow::Result<()> {
    let disclosing: Vec<_> = EventCode::ALL.iter().filter(|event| event.discloses()).collect();
    let event = disclosing.get(dice.place(disclosing.len())).map_or(1, |event| event.number());
    row.recorded_at = at;
    row.event_code = event.into();
    row.sender_oin = Some(party(dice)?);
    row.recipient_oin = Some(party(dice)?);
    row.actor_oin = row.recipient_oin.clone().unwrap_or_else(|| row.actor_oin.clone());
    row.actor_user_id = format!("u-{}", dice.below(400)).parse()?;
    row.purpose = dice.code(7);
    row.basis = dice.code(14);
    row.categories = i64::try_from(dice.below(1 << 14))?;
    // Nine in ten as asked; one in two hundred under the emergency procedure.
    row.disposition = match dice.below(200) {
        0 => 4,
        1..=8 => 3,
        9..=19 => 2,
        _ => 1,
    };
    row.case_ref = Some(format!("VVT-2026-{:06}", dice.below(20_000)).parse()?);
    row.subject = Some(person(dice.below(40_000)));
    Ok(())
}

fn party(dice: &mut Dice) -> anyhow::Result<Oin> {
    // The lower of two: the first ones are drawn most.
    let place = dice.place(PARTIES.len()).min(dice.place(PARTIES.len()));
    Ok(PARTIES.get(place).copied().unwrap_or(PARTIES[0]).parse()?)
}

fn person(number: u64) -> Pseudonym {
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&number.to_be_bytes());
    Pseudonym::new(bytes)
}

fn officer(gateway: &Gateway) -> anyhow::Result<Call> {
    officer_of(gateway, PARTIES[0])
}

fn officer_of(gateway: &Gateway, oin: &str) -> anyhow::Result<Call> {
    let caller = gateway.admit(&oin.parse()?, None)?;
    let role = UserRole::PrivacyOfficer;
    Ok(caller.act(Actor { user_id: "fg-1".parse()?, role, on_behalf_of: None }))
}

fn purpose() -> i32 {
    Purpose::PrivacyReview.number().into()
}

/// Everything of the officer's organisation over the longest period.
fn widest(now: Timestamp) -> SearchDraft {
    SearchDraft {
        purpose: purpose(),
        oin: PARTIES[0].to_owned(),
        from: Some(now.minus(DAY * 92)),
        until: Some(now),
        newest_first: true,
        ..SearchDraft::default()
    }
}

/// A question that the page can ask, with what it asks for.
struct Asked {
    draft: SearchDraft,
    parts: Vec<&'static str>,
}

/// Any combination of the filters, by an officer or by the office of the region.
fn drawn(dice: &mut Dice, (now, entries): (Timestamp, u64)) -> Asked {
    let days = [1, 7, 30, 92].get(dice.place(4)).copied().unwrap_or(1);
    let until = now.minus(DAY * u32::try_from(dice.below(270)).unwrap_or(0));
    let mut draft =
        SearchDraft { from: Some(until.minus(DAY * days)), until: Some(until), ..widest(now) };
    let mut parts = vec!["period"];
    if dice.below(4) == 0 {
        // It names an organisation too: a search needs something to begin with.
        parts.push("region");
        draft.oin = name(dice);
    }
    let filters: [(&'static str, Filter); 7] = [
        ("sender", |draft, dice| draft.sender_oin = name(dice)),
        ("recipient", |draft, dice| draft.recipient_oin = name(dice)),
        ("purpose", |draft, dice| draft.for_purpose = code(dice, 7)),
        ("basis", |draft, dice| draft.basis = code(dice, 14)),
        ("outcome", |draft, dice| draft.dispositions = vec![code(dice, 4)]),
        ("data", |draft, dice| draft.categories = vec![code(dice, 14)]),
        ("event", |draft, dice| {
            let event = EventCode::ALL.get(dice.place(EventCode::ALL.len()));
            draft.event_codes = event.map(|event| event.number().into()).into_iter().collect();
        }),
    ];
    for (part, filter) in filters {
        if dice.below(3) == 0 {
            parts.push(part);
            filter(&mut draft, dice);
        }
    }
    let keys: [(&'static str, Filter); 3] = [
        ("case", |draft, dice| draft.case_ref = format!("VVT-2026-{:06}", dice.below(20_000))),
        ("employee", |draft, dice| {
            draft.actor_user_id = format!("u-{}", dice.below(400));
            draft.oin = name(dice);
        }),
        ("person", |draft, dice| draft.subject_pseudonym = person(dice.below(40_000)).to_hex()),
    ];
    if let Some((part, key)) = keys.get(dice.place(8)) {
        parts.push(part);
        key(&mut draft, dice);
    } else if dice.below(6) == 0 {
        // As the page asks about a person: by an entry, not by a pseudonym.
        parts.push("person_of_entry");
        draft.subject_of = i64::try_from(dice.below(entries)).ok();
    }
    Asked { draft, parts }
}

/// Adds one filter.
type Filter = fn(&mut SearchDraft, &mut Dice);

fn name(dice: &mut Dice) -> String {
    party(dice).map_or_else(|_| String::new(), |oin| oin.to_string())
}

fn code(dice: &mut Dice, most: u64) -> i32 {
    i32::try_from(dice.code(most)).unwrap_or(1)
}

async fn search(gateway: &Gateway, call: &Call, draft: SearchDraft) -> anyhow::Result<u64> {
    Ok(search_page(gateway, call, draft, None).await?.0)
}

/// How many there are, and where the next page begins.
async fn search_page(
    gateway: &Gateway,
    call: &Call,
    draft: SearchDraft,
    start: Option<PageStart>,
) -> anyhow::Result<(u64, Option<PageStart>)> {
    let page = match gateway.search_disclosures(call, draft, start, PAGE).await {
        Ok(page) => page,
        // The entry that names the person is not the officer's: the page says so.
        Err(gateway::Error::Denied { reason: None }) => return Ok((0, None)),
        Err(error) => return Err(error.into()),
    };
    let counted: u64 = page.tally.days.values().flatten().sum();
    ensure!(counted == page.tally.total, "the days do not add up to the total");
    let tree_size = page.tree_size;
    let next = page.next_after.map(|after| PageStart { after, tree_size });
    Ok((page.tally.total, next))
}

/// Numbers that look drawn and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn place(&mut self, len: usize) -> usize {
        usize::try_from(self.below(u64::try_from(len).unwrap_or(1))).unwrap_or(0)
    }

    /// A code from 1 to `most`.
    fn code(&mut self, most: u64) -> i64 {
        i64::try_from(1 + self.below(most)).unwrap_or(1)
    }
}
