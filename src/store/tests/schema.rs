//! The two schemas are one: same tables, columns, keys, indexes and migrations.

use std::collections::BTreeSet;
use std::path::Path;

use crate::store::db::{Schema, Sql};
use crate::store::error::Error;
use crate::store::{Db, keys, ledger};

use super::{Fixture, on_both_databases};

on_both_databases!(
    a_second_start_finds_the_schema_there,
    a_changed_migration_is_refused,
    a_database_of_a_newer_version_is_refused,
    processes_that_start_together_make_one_schema,
);

/// Table, column, type, not null, place in the primary key.
const COLUMNS: Sql = Sql {
    sqlite: "SELECT m.name, c.name, c.type, c.\"notnull\", c.pk
               FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
              WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'
              ORDER BY 1, 2",
    postgres: "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT),
                      CASE c.data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'bytea' THEN 'BLOB'
                                       WHEN 'text' THEN 'TEXT' ELSE 'unknown' END,
                      CAST((c.is_nullable = 'NO') AS INTEGER)::BIGINT,
                      COALESCE(CAST(k.ordinal_position AS BIGINT), 0)
                 FROM information_schema.columns AS c
                 LEFT JOIN information_schema.key_column_usage AS k
                   ON k.table_schema = c.table_schema AND k.table_name = c.table_name
                  AND k.column_name = c.column_name AND k.constraint_name LIKE '%\\_pkey'
                WHERE c.table_schema = current_schema() AND c.table_name NOT LIKE '\\_sqlx%'
                ORDER BY 1, 2",
};

/// Table, whether unique, columns; the keys of the tables are left out.
const INDEXES: Sql = Sql {
    sqlite: "SELECT m.name, i.\"unique\",
                    (SELECT group_concat(name, ', ') FROM pragma_index_info(i.name))
               FROM sqlite_schema AS m JOIN pragma_index_list(m.name) AS i
              WHERE m.type = 'table' AND i.origin <> 'pk' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\'
              ORDER BY 1, 3",
    postgres: "SELECT CAST(t.relname AS TEXT), CAST(i.indisunique AS INTEGER)::BIGINT,
                      (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
                         FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                         JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.number)
                 FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid
                WHERE t.relnamespace = current_schema()::regnamespace
                  AND NOT i.indisprimary AND t.relname NOT LIKE '\\_sqlx%'
                ORDER BY 1, 3",
};

#[tokio::test]
async fn both_schemas_have_the_same_columns_and_indexes() {
    for schema in [ledger::SCHEMA, keys::SCHEMA] {
        let sqlite = Fixture::sqlite().await.place.open(schema).await.unwrap();
        let postgres = Fixture::postgres().await.place.open(schema).await.unwrap();
        let columns = |db: Db| async move {
            let mut tx = db.read().await.unwrap();
            let columns: Vec<(String, String, String, i64, i64)> =
                tx.query(COLUMNS).fetch_all().await.unwrap();
            let indexes: Vec<(String, i64, String)> = tx.query(INDEXES).fetch_all().await.unwrap();
            (columns, indexes)
        };
        let (on_sqlite, on_postgres) = (columns(sqlite).await, columns(postgres).await);
        assert!(on_sqlite.0.len() >= 4, "no columns were found");
        assert_eq!(on_sqlite.0, on_postgres.0);
        assert_eq!(on_sqlite.1, on_postgres.1);
    }
}

#[tokio::test]
async fn text_is_ordered_by_its_bytes_on_postgresql_as_on_sqlite() {
    let fixture = Fixture::postgres_database().await;
    let others: Vec<(String,)> = fixture
        .read()
        .await
        .query(
            "SELECT CAST(table_name || '.' || column_name AS TEXT) FROM information_schema.columns
              WHERE table_schema = 'ketenpoort' AND table_name NOT LIKE '\\_sqlx%'
                AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'",
        )
        .fetch_all()
        .await
        .unwrap();
    assert_eq!(others, []);
}

/// Compressing ciphertext costs time at every write and gains nothing.
#[tokio::test]
async fn postgresql_does_not_try_to_compress_what_is_sealed() {
    let fixture = Fixture::postgres().await;
    let compressed: Vec<(String,)> = fixture
        .read()
        .await
        .query(
            "SELECT CAST(c.relname || '.' || a.attname AS TEXT)
               FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
              WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
                AND a.attname IN ('content', 'sealed', 'response', 'hashes')
                AND a.atttypid = 'bytea'::regtype AND a.attstorage <> 'e'",
        )
        .fetch_all()
        .await
        .unwrap();
    assert_eq!(compressed, []);
}

#[test]
fn every_migration_stands_in_both_folders_and_in_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    for (schema, below) in [(ledger::SCHEMA, ""), (keys::SCHEMA, "keys")] {
        let listed: BTreeSet<String> = schema
            .migrations
            .iter()
            .map(|(number, name, ..)| format!("{number:04}_{name}.sql"))
            .collect();
        assert_eq!(listed.len(), schema.migrations.len(), "two migrations of one name");
        for dialect in ["sqlite", "postgres"] {
            let found: BTreeSet<String> = std::fs::read_dir(root.join(dialect).join(below))
                .unwrap()
                .map(|entry| entry.unwrap())
                .filter(|entry| entry.file_type().unwrap().is_file())
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect();
            assert_eq!(found, listed, "{dialect}");
        }
        let numbers = schema.migrations.iter().map(|(number, ..)| *number);
        assert!(numbers.eq((1..).take(schema.migrations.len())), "numbers have no gaps");
    }
}

async fn a_second_start_finds_the_schema_there(fixture: Fixture) {
    fixture.db.close().await;
    let db = fixture.open_again().await;
    assert_eq!(db.read().await.unwrap().organisations().await.unwrap(), []);
}

async fn a_changed_migration_is_refused(fixture: Fixture) {
    const CHANGED: Schema =
        Schema { name: ledger::SCHEMA.name, migrations: &[(1, "initial", "SELECT 1", "SELECT 1")] };
    let refused = fixture.place.open(CHANGED).await;
    assert!(matches!(refused, Err(Error::Migration(_))), "{refused:?}");
}

async fn a_database_of_a_newer_version_is_refused(fixture: Fixture) {
    const OLDER: Schema = Schema { name: ledger::SCHEMA.name, migrations: &[] };
    let refused = fixture.place.open(OLDER).await;
    assert!(matches!(refused, Err(Error::Migration(_))), "{refused:?}");
}

async fn processes_that_start_together_make_one_schema(fixture: Fixture) {
    let (one, two, three, four) =
        tokio::join!(fixture.keys(), fixture.keys(), fixture.keys(), fixture.keys());
    for keys in [one, two, three, four] {
        assert!(keys.keys(vec![b"nobody".to_vec()]).await.unwrap().is_empty());
    }
}
