//! A gateway that runs beside the test, as somebody starts it from a shell.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A gateway that runs until the test ends.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(arguments: &[&str], path: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenpoort"));
        command.args(arguments).arg(path).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    pub(crate) fn stop(mut self) {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
    }
}

/// The first line that holds `words`, and everything before it. What comes after it is read away: a
/// full pipe would hold the gateway up.
pub(crate) fn line_with(words: &str, output: impl Read + Send + 'static) -> (String, String) {
    let mut before = String::new();
    let mut output = BufReader::new(output);
    for line in output.by_ref().lines().map(Result::unwrap) {
        if line.contains(words) {
            read_away(output);
            return (line, before);
        }
        before.push_str(&line);
        before.push('\n');
    }
    panic!("no line with {words} in:\n{before}");
}

pub(crate) fn read_away(mut output: impl Read + Send + 'static) {
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
}
