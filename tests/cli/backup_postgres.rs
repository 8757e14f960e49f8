//! `backup` and `restore` where the database is a server: the commands that are printed are run as
//! they stand, beside a gateway under load.

use std::process::Command;

use super::backup::Load;
use super::caller::size;
use super::place::{Place, Run, check_of, json};
use super::postgres::fresh_database;
use super::serve::Serving;

impl Place {
    /// A place for a gateway on a server, and for one that is restored to another database.
    fn on_postgres() -> (Self, [String; 2]) {
        let place = Self::for_serving();
        place.issue("00000099000000003000", "steunpunt");
        let urls = [fresh_database(), fresh_database()];
        let text = std::fs::read_to_string(place.path("ketenpoort.toml")).unwrap();
        for (url, name) in urls.iter().zip(["ketenpoort.toml", "restored.toml"]) {
            // Each with an anchor of its own, as on two machines.
            let anchor = format!("[gateway]\nanchor_file = \"{name}.anchor\"\n");
            let text = text.replacen("sqlite:ketenpoort.sqlite", url, 1).replacen(
                "[gateway]\n",
                &anchor,
                1,
            );
            assert!(text.contains(&anchor));
            std::fs::write(place.path(name), text).unwrap();
        }
        (place, urls)
    }

    /// Runs commands as a shell does.
    fn shell(&self, commands: &serde_json::Value, url: &str) {
        let bin = std::env::var_os("KETENPOORT_TEST_POSTGRES_BIN").expect("run through .ci/test");
        let path = format!("{}:/usr/bin:/bin", bin.to_str().unwrap());
        for command in commands.as_array().unwrap() {
            let output = Command::new("sh")
                .current_dir(self.path(""))
                .env("PATH", &path)
                .env("PGURL", url)
                .args(["-c", command.as_str().unwrap()])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{command}: {said}");
        }
    }

    fn check(&self, from: &str, more: &[&str]) -> Run {
        let arguments = ["restore", "--config", "restored.toml", "--from", from, "--json"];
        self.run(&[&arguments, more].concat())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_under_load_is_loaded_checked_and_read_again() {
    let (place, [url, other]) = Place::on_postgres();
    let serving = Serving::start(&place);
    let mut load = Load::start(&place, serving.address).await;
    load.more(10).await;
    let (before, published) = (load.ids(), load.newest());
    let taken = place.run(&["backup", "--out", "backup", "--json"]);
    assert_eq!(taken.code, 0, "{}{}", taken.stdout, taken.stderr);
    assert!(!taken.stdout.contains(&url), "the url, which may hold a password, was printed");
    let backup = json(&taken);
    assert_eq!(backup["commands"].as_array().unwrap().len(), 2);
    load.more(10).await;
    place.shell(&backup["commands"], &url);
    load.more(5).await;
    // The manifest of a later state does not go with an earlier dump.
    let later = json(&place.run(&["backup", "--out", "later", "--json"]));
    load.stop().await;
    let newest = load.newest();
    drop(serving);
    std::fs::write(place.path("published"), &published).unwrap();
    std::fs::write(place.path("newest"), &newest).unwrap();

    let none = place.check("backup", &[]);
    assert_eq!((none.code, &json(&none)["code"]), (6, &"UNREADABLE".into()), "{}", none.stderr);
    place.shell(&backup["load_commands"], &other);
    assert!(
        later["parts"][0]["ledger"]["size"].as_u64()
            > backup["parts"][0]["ledger"]["size"].as_u64()
    );
    let early = place.check("later", &[]);
    assert_eq!(json(&early)["code"], "NOT_ITS_MANIFEST", "{}", early.stderr);
    let old = place.check("backup", &["--verify-against", "newest"]);
    assert_eq!((old.code, &json(&old)["code"]), (6, &"ENTRIES_MISSING".into()), "{}", old.stderr);
    let restored = place.check("backup", &["--verify-against", "published"]);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(json(&restored)["size"].as_u64().unwrap() >= size(&published) + 10);
    assert_eq!(json(&restored)["placed"].as_array().unwrap().len(), 0);

    let unanchored = place.run(&["doctor", "--config", "restored.toml", "--json"]);
    assert_eq!(check_of(&unanchored, "anchor")["state"], "fail", "{}", unanchored.stdout);
    place.accept_restored();
    // What the server says of itself: everything is durable, and there is only one copy of it.
    let doctor = place.run(&["doctor", "--config", "restored.toml", "--json"]);
    assert_eq!(doctor.code, 0, "{}", doctor.stdout);
    let settings = check_of(&doctor, "database settings");
    assert_eq!(settings["state"], "warn");
    assert!(settings["detail"].as_str().unwrap().contains("this one machine only"), "{settings}");
    assert_eq!(check_of(&doctor, "clock of the database")["state"], "ok");

    let serving = Serving::start_with(&place, "restored.toml");
    let inside = load.before(json(&restored)["size"].as_u64().unwrap());
    assert!(inside.is_superset(&before));
    assert_eq!(place.readable_referrals(serving.address).await, inside);
}
