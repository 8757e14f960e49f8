//! A privacy officer's browser in front of the console of a real demo: searches, a proof that is
//! checked in the page, the questions and the work of officers, what happens when somebody changed the ledger, and whether everybody can read
//! it. The pictures are in `target/screenshots`.
#![cfg(test)]

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

#[path = "support/browser.rs"]
mod browser;
#[expect(dead_code, reason = "every test file uses another part of the routes")]
#[path = "support/routes.rs"]
mod routes;
#[path = "support/running.rs"]
mod running;

use running::{Running, line_with, read_away};
use sha2::{Digest as _, Sha256};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

/// What this test leaves where the pictures are; what the login leaves is another test's.
fn is_own(name: &str) -> bool {
    let is_picture = ["nl-", "en-", "readme"].iter().any(|start| name.starts_with(start));
    let is_told = name.starts_with("axe-could-not-tell-");
    let is_png = Path::new(name).extension().is_some_and(|end| end == "png");
    (is_told || is_picture && is_png) && !name.contains("inloggen")
}

/// Runs a script to its end; what it printed.
fn played(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    told
}

/// Somebody who can write in the database changes the last byte of an entry.
async fn change(database: &Path, index: i64) {
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(database)).await;
    let pool = pool.unwrap();
    let read = sqlx::query_scalar("SELECT entry FROM leaves WHERE idx = ?").bind(index);
    let mut entry: Vec<u8> = read.fetch_one(&pool).await.unwrap();
    *entry.last_mut().unwrap() ^= 1;
    let write = sqlx::query("UPDATE leaves SET entry = ? WHERE idx = ?").bind(entry).bind(index);
    assert_eq!(write.execute(&pool).await.unwrap().rows_affected(), 1);
    pool.close().await;
}

/// The same with the row beside an entry, which the pages show: it names another recipient. Gives the
/// one who was named.
async fn change_row(database: &Path, index: i64, recipient: Option<String>) -> Option<String> {
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(database)).await;
    let pool = pool.unwrap();
    let read = sqlx::query_as("SELECT recipient_oin, sender_oin FROM disclosures WHERE idx = ?");
    let (named, sender): (Option<String>, Option<String>) =
        read.bind(index).fetch_one(&pool).await.unwrap();
    let write = sqlx::query("UPDATE disclosures SET recipient_oin = ? WHERE idx = ?");
    let write = write.bind(recipient.or(sender)).bind(index);
    assert_eq!(write.execute(&pool).await.unwrap().rows_affected(), 1);
    pool.close().await;
    named
}

/// A download holds all that the search found, as its manifest says.
fn is_whole(archive: &Path, found: u64) {
    let mut archive = zip::ZipArchive::new(File::open(archive).unwrap()).unwrap();
    let names = archive.file_names().map(|name| name.unwrap().into_owned());
    let names: Vec<String> = names.collect();
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let manifest = names.iter().find(|name| name.ends_with(".manifest.json")).unwrap();
    let data = read(manifest.trim_end_matches(".manifest.json"));
    let manifest: serde_json::Value = serde_json::from_slice(&read(manifest)).unwrap();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(manifest["count"], found, "{names:?}");
    assert_eq!(manifest["bytes"], data.len(), "{names:?}");
    assert_eq!(manifest["sha256"], hex::encode(Sha256::digest(&data)), "{names:?}");
}

#[tokio::test]
async fn officers_find_read_check_judge_answer_and_take_away_what_was_disclosed() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("kept");
    let mut demo = Running::start(&["demo", "--dir"], &directory);
    read_away(demo.0.stderr.take().unwrap());
    let (line, _) = line_with("/demo/", demo.0.stdout.take().unwrap());
    let link = line.trim();
    let origin = link.split("/demo/").next().unwrap();
    let session = home.path().join("session.json");
    let pages = home.path().join("pages.json");
    let listed: Vec<String> = routes::of(routes::Kind::Page).into_iter().collect();
    std::fs::write(&pages, serde_json::to_vec(&listed).unwrap()).unwrap();
    browser::forget_pictures(is_own);

    let opened = played(browser::script("officer.mjs").arg(link).arg(&session));
    let index: i64 = opened.trim().parse().unwrap();
    let integrity = || {
        let mut command = browser::script("integrity.mjs");
        command.arg(origin).arg(&session);
        command
    };
    played(&mut integrity());
    played(browser::script("questions.mjs").arg(origin).arg(&session));

    let done = played(
        browser::script("work.mjs").args([origin, session.to_str().unwrap()]).arg(home.path()),
    );
    let (found, files) = done.split_once('\n').unwrap();
    let files: Vec<&str> = files.lines().collect();
    assert_eq!(files.len(), 6, "one of each format: {files:?}");
    for file in files {
        is_whole(&home.path().join(file), found.parse().unwrap());
    }
    played(browser::script("accessible.mjs").arg(origin).arg(&session).arg(&pages));

    let database = directory.join("ketenpoort.sqlite");
    let changed = |what: &str| {
        let index = index.to_string();
        played(browser::script("changed.mjs").arg(origin).arg(&session).args([&index, what]));
    };
    let named = change_row(&database, index, None).await;
    changed("row");
    change_row(&database, index, named).await;
    change(&database, index).await;
    changed("entry");
    played(integrity().arg(index.to_string()));
    demo.stop();
}
