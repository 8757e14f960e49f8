//! A privacy officer's browser in front of the console of a real demo: searches, a proof that is
//! checked in the page, what happens when somebody changed the ledger, and whether everybody can read
//! it. The pictures are in `target/screenshots`.
#![cfg(test)]

use std::path::Path;
use std::process::Command;

#[path = "support/browser.rs"]
mod browser;
#[path = "support/running.rs"]
mod running;

use running::{Running, line_with, read_away};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

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

#[tokio::test]
async fn an_officer_finds_reads_and_checks_what_was_disclosed() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("kept");
    let mut demo = Running::start(&["demo", "--dir"], &directory);
    read_away(demo.0.stderr.take().unwrap());
    let (line, _) = line_with("/demo/", demo.0.stdout.take().unwrap());
    let link = line.trim();
    let origin = link.split("/demo/").next().unwrap();
    let session = home.path().join("session.json");

    let opened = played(browser::script("officer.mjs").arg(link).arg(&session));
    let index = opened.trim().parse().unwrap();
    played(browser::script("accessible.mjs").arg(origin).arg(&session));

    change(&directory.join("ketenpoort.sqlite"), index).await;
    played(browser::script("changed.mjs").arg(origin).arg(&session).arg(index.to_string()));
    demo.stop();
}
