//! The demo as a newcomer runs it: it tells the whole story, gives away nobody, and shows that
//! tampering is found.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Output};
    use std::time::Duration;

    use ketenpoort::domain::event::EventCode;
    use ketenpoort::ledger::entry::Entry;
    use ketenpoort::store::Db;

    /// Names, test BSNs, addresses and dates of birth of the invented people.
    const SECRETS: [&str; 28] = [
        "Testema",
        "Yara",
        "Ruben",
        "Noor",
        // Three letters alone stand in any megabyte of random bytes.
        "\"Sem\"",
        "999990020",
        "999990032",
        "999990044",
        "999990056",
        "1987-02-14",
        "1984-09-30",
        "2010-05-20",
        "2017-11-03",
        "Voorbeeldstraat",
        "2500AA",
        "geschreeuw",
        "avond zonder ruzie",
        "bij oma terecht",
        "Stap 3 is overgeslagen",
        "naar het huis",
        "Vader hing op",
        "Vader is onderweg",
        "moeder en kinderen veilig",
        // Of the month.
        "Testerink",
        "Proefstra",
        "Grażyna",
        "Proeflaan",
        "hard geschreeuw",
    ];

    fn ketenpoort(arguments: &[&str], directory: &Path) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ketenpoort"))
            .args(arguments)
            .arg("--dir")
            .arg(directory)
            .output()
            .unwrap()
    }

    fn text(output: &Output) -> String {
        let bytes = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_story_ends_well_and_gives_away_nobody() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("demo");
        let told = ketenpoort(&["demo", "--exit"], &directory);
        let told_text = text(&told);
        assert!(told.status.success(), "{told_text}");
        for step in [
            "1n", "1m", "1o", "2", "3", "4n", "5n", "6", "7", "7a", "7b", "7n", "8n", "8m", "9",
            "10", "10b", "10c", "11", "12", "12n", "13", "14", "14n", "14b", "13b", "15", "15n",
            "16", "16n", "16b", "17",
        ] {
            let begins = format!("\n{step:<5}");
            assert!(told_text.contains(&begins), "step {step} is missing in:\n{told_text}");
        }

        // Refusing vital interest for a refusal is one line for each of the four.
        assert!(step(&told_text, "11").contains("BASIS_NOT_APPLICABLE"), "{told_text}");
        assert!(step(&told_text, "11").contains("entries, 4 new"), "{told_text}");
        assert!(step(&told_text, "14b").contains("Until 2026-06-22 23:59:59"), "{told_text}");
        assert!(step(&told_text, "15").contains("judged JUSTIFIED_WITH_REMARK"), "{told_text}");

        for found in ["ok  the ledger", "ok  no disclosure relied"] {
            assert!(told_text.contains(found), "{found} is missing in:\n{told_text}");
        }
        assert!(told_text.contains("Thirty days of a region"), "{told_text}");
        assert!(!told_text.contains("/demo/"), "a demo that ends has no way in");
        the_month_has_something_for_every_page(&directory);

        let replayed = Command::new(env!("CARGO_BIN_EXE_ketenpoort"))
            .args(["decision", "replay", "--json", "--config"])
            .arg(directory.join("ketenpoort.toml"))
            .output()
            .unwrap();
        let replayed_text = text(&replayed);
        assert!(replayed.status.success(), "{replayed_text}");
        let replayed: serde_json::Value = serde_json::from_slice(&replayed.stdout).unwrap();
        assert!(replayed["same"].as_u64() >= Some(20), "{replayed}");
        assert_eq!(replayed["wrong_total"], 0, "{replayed}");

        let tampered = ketenpoort(&["demo", "tamper"], &directory);
        let tampered_text = text(&tampered);
        assert!(tampered.status.success(), "{tampered_text}");
        assert!(tampered_text.contains("was changed"), "{tampered_text}");

        let output = told_text + &tampered_text;
        assert!(!stands_in("Sem", output.as_bytes()), "{output}");
        let mut places = vec![("the output".to_owned(), output.into_bytes())];
        read_all(&directory, &mut places);
        assert!(places.iter().any(|(name, _)| name.ends_with("ketenpoort.sqlite")));
        for (name, content) in &places {
            for secret in SECRETS {
                assert!(!stands_in(secret, content), "{secret} stands in {name}");
            }
        }
    }

    /// How often each event is in the ledger of the demo within its last month.
    fn the_month_has_something_for_every_page(directory: &Path) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let counts = runtime.block_on(events(directory));
        let calls = runtime.block_on(calls(directory));
        assert!(calls > 100, "what was counted is kept when the gateway stops: {calls}");
        let count = |event: EventCode| counts.get(&event.number()).copied().unwrap_or(0);
        for (event, least) in [
            (EventCode::ReferralSubmitted, 50),
            (EventCode::ReferralAcknowledged, 50),
            (EventCode::ReferralTriaged, 30),
            (EventCode::ReferralFeedbackSent, 30),
            (EventCode::CaseChanged, 60),
            (EventCode::ConsentRecorded, 40),
            (EventCode::ConsentRefused, 3),
            (EventCode::ConsentWithdrawn, 1),
            (EventCode::ConsentChecked, 3),
            (EventCode::SummarySent, 20),
            (EventCode::SummaryDelivered, 150),
            (EventCode::SummaryRead, 8),
            (EventCode::SummaryShared, 8),
            (EventCode::AccessDenied, 10),
            (EventCode::BreakGlassDeclared, 6),
            (EventCode::BreakGlassEnded, 3),
            (EventCode::ReviewDecided, 4),
            (EventCode::LogQueried, 20),
            (EventCode::DsarOpened, 3),
            // One report was prepared and approved; one waits for a second officer.
            (EventCode::DsarReported, 3),
            (EventCode::DsarClosed, 1),
            (EventCode::BreachOpened, 1),
            (EventCode::DeadlineMissed, 2),
            (EventCode::InformingRecorded, 20),
        ] {
            assert!(count(event) >= least, "{event:?}: {} of {least}", count(event));
        }
        let all: usize = counts.values().sum();
        assert!((900..3_000).contains(&all), "{all} entries");
    }

    /// The events of the last month, counted; and the ledger never goes back in time.
    async fn events(directory: &Path) -> BTreeMap<u16, usize> {
        let path = directory.join("ketenpoort.sqlite");
        let db = Db::open_sqlite(&path, ketenpoort::store::ledger::SCHEMA).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let entries: Vec<Entry> = tx
            .leaves(0, 10_000)
            .await
            .unwrap()
            .iter()
            .map(|leaf| Entry::decode(&leaf.entry).unwrap())
            .collect();
        // What is asked at once is committed in any order, a moment apart at most.
        let a_moment = Duration::from_secs(10);
        let in_order = entries
            .windows(2)
            .all(|pair| pair[0].recorded_at <= pair[1].recorded_at.plus(a_moment));
        assert!(in_order, "the clock was set back");
        let now = ketenpoort::gateway::Clock::system().now();
        let month = now.minus(Duration::from_hours(31 * 24));
        assert!(entries.last().unwrap().recorded_at <= now, "the present is the end");
        let mut counts = BTreeMap::new();
        for entry in entries.iter().filter(|entry| entry.recorded_at >= month) {
            *counts.entry(entry.event).or_insert(0) += 1;
        }
        counts
    }

    /// How many calls of organisations were counted.
    async fn calls(directory: &Path) -> i64 {
        let path = directory.join("ketenpoort.sqlite");
        let db = Db::open_sqlite(&path, ketenpoort::store::ledger::SCHEMA).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let rows = tx.organisation_calls("2000-01-01".parse().unwrap()).await.unwrap();
        rows.iter().map(|row| row.calls).sum()
    }

    /// What is told of a step, with its lines in one.
    fn step(told: &str, number: &str) -> String {
        let begins = format!("\n{number:<5}");
        let rest = told.split(&begins).nth(1).unwrap();
        let ends = |line: &&str| line.starts_with(|first: char| first.is_ascii_digit());
        let lines: Vec<&str> = rest.lines().take_while(|line| !ends(line)).collect();
        lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether the words stand there by themselves: four letters within base64 are chance.
    fn stands_in(words: &str, content: &[u8]) -> bool {
        let ends = |byte: Option<&u8>| {
            !byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte))
        };
        content.windows(words.len()).enumerate().any(|(at, window)| {
            window == words.as_bytes()
                && ends(at.checked_sub(1).and_then(|before| content.get(before)))
                && ends(content.get(at + words.len()))
        })
    }

    #[test]
    fn a_name_is_found_in_bytes_and_not_in_base64() {
        assert!(stands_in("Noor", b"\x00Noor\xff") && stands_in("Noor", b"Noor"));
        assert!(!stands_in("Noor", b"aNoor") && !stands_in("Noor", b"\x00Noor+"));
    }

    /// Every file below a directory.
    fn read_all(directory: &Path, into: &mut Vec<(String, Vec<u8>)>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_all(&path, into);
            } else {
                into.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
    }

    #[test]
    fn tampering_leaves_alone_what_is_no_demo() {
        let home = tempfile::tempdir().unwrap();
        let output = ketenpoort(&["demo", "tamper"], home.path());
        assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    }
}
