//! The browser that reads the console: Chromium, driven by the scripts of `tests/clients/browser`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the browser saw, and what axe-core could not tell about it.
pub(crate) fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots")
}

/// Removes what a test wrote there before: nobody takes an old picture for one of this run.
pub(crate) fn forget_pictures(is_own: impl Fn(&str) -> bool) {
    let Ok(files) = fs::read_dir(pictures()) else { return };
    for file in files.map(Result::unwrap) {
        if file.file_name().to_str().is_some_and(&is_own) {
            fs::remove_file(file.path()).unwrap();
        }
    }
}

/// A command that runs a script of `tests/clients/browser`.
pub(crate) fn script(name: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new("node");
    command
        .env("KETENPOORT_TEST_NODE", packages(root))
        .env("KETENPOORT_TEST_CHROMIUM", chromium())
        .env("KETENPOORT_SCREENSHOTS", pictures())
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
