//! One request over HTTP/1.1, written by hand: what a scraper or a probe sends.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Status and body.
pub(crate) fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = send(address, &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    assert!(head.to_ascii_lowercase().contains("connection: close"), "{head}");
    (status(head), body.to_owned())
}

/// Everything that comes back for these bytes.
pub(crate) fn send(address: SocketAddr, bytes: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The other side may answer and close before it has everything.
    connection.write_all(bytes.as_bytes()).ok();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).ok();
    String::from_utf8(answer).unwrap()
}

pub(crate) fn status(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap_or_else(|| panic!("{head:?}")).parse().unwrap()
}

/// The value of a figure, by the beginning of its line.
pub(crate) fn figure(page: &str, start: &str) -> Option<f64> {
    page.lines().find(|line| line.starts_with(start))?.rsplit(' ').next()?.parse().ok()
}
