//! The Python interpreter that runs the foreign client of `tests/clients/python`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The interpreter that `.ci/test` names, the one it made, or one on the path that has the packages.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let named = std::env::var_os("KETENPOORT_TEST_PYTHON").map(PathBuf::from);
        let made = root.join("target/python-client/bin/python");
        named.into_iter().chain([made, "python3".into()]).find(|path| has_packages(path)).expect(
            "no Python with the packages of tests/clients/python: run .ci/test, which installs them",
        )
    })
}

/// A command that runs a script of `tests/clients/python`.
pub(crate) fn script(name: &str) -> Command {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/python");
    let mut command = Command::new(python());
    // Compiled scripts would land among the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(scripts.join(name));
    command
}

fn has_packages(python: &Path) -> bool {
    Command::new(python)
        .args(["-c", "import cryptography, fhir.resources, grpc, grpc_tools, opentelemetry.proto"])
        .output()
        .is_ok_and(|output| output.status.success())
}
