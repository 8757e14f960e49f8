//! The browser that reads the console: Chromium, driven by the scripts of `tests/clients/browser`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A command that runs a script of `tests/clients/browser`.
pub(crate) fn script(name: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("node");
    command
        .env("KETENPOORT_TEST_NODE", packages(root))
        .env("KETENPOORT_TEST_CHROMIUM", chromium())
        .env("KETENPOORT_SCREENSHOTS", root.join("target/screenshots"))
        .arg(root.join("tests/clients/browser").join(name));
    command
}

/// The browser that `.ci/test` names, or the one of the system.
fn chromium() -> PathBuf {
    let named = std::env::var_os("KETENPOORT_TEST_CHROMIUM").map(PathBuf::from);
    let chromium = named.unwrap_or_else(|| "/usr/bin/chromium".into());
    assert!(chromium.is_file(), "no Chromium: run .ci/test, which installs it");
    chromium
}

/// Where `.ci/test` put the packages of the scripts.
fn packages(root: &Path) -> PathBuf {
    let named = std::env::var_os("KETENPOORT_TEST_NODE").map(PathBuf::from);
    let packages = named.unwrap_or_else(|| root.join("target/browser-client"));
    let known = |name| packages.join("node_modules").join(name).is_dir();
    assert!(
        known("playwright-core") && known("axe-core") && known("oidc-provider"),
        "no packages of tests/clients/browser: run .ci/test, which installs them"
    );
    packages
}
