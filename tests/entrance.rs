//! The one-step way into the console: the demo prints it, it works once over real TLS, and a gateway
//! that serves knows nothing of it.
#![cfg(test)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A gateway that runs until the test ends.
struct Running(Child);

impl Running {
    fn start(arguments: &[&str], path: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ketenpoort"));
        command.args(arguments).arg(path).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    fn stop(mut self) {
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

/// The first line that holds `words`, and everything before it.
fn line_with(words: &str, output: impl std::io::Read) -> (String, String) {
    let mut before = String::new();
    for line in BufReader::new(output).lines().map(Result::unwrap) {
        if line.contains(words) {
            return (line, before);
        }
        before.push_str(&line);
        before.push('\n');
    }
    panic!("no line with {words} in:\n{before}");
}

/// The head of an answer to a browser without a certificate.
fn get(root: &Path, address: &str, path: &str, cookie: &str) -> String {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(root).unwrap() {
        roots.add(root.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut tls = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    tls.write_all(format!("{head}Cookie: {cookie}\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    tls.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    answer.split("\r\n\r\n").next().unwrap().to_owned()
}

fn status(head: &str) -> &str {
    head.split(' ').nth(1).unwrap()
}

#[test]
fn the_link_of_the_demo_works_once_and_never_where_a_gateway_serves() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("kept");
    let mut demo = Running::start(&["demo", "--dir"], &directory);
    let (line, _) = line_with("https://", demo.0.stdout.take().unwrap());
    let link = line.trim().strip_prefix("https://").unwrap();
    let (address, _) = link.split_once('/').unwrap();
    let path = link.strip_prefix(address).unwrap().to_owned();
    let root = directory.join("pki/ca/root.pem");

    let came_in = get(&root, address, &path, "");
    assert_eq!(status(&came_in), "303", "{came_in}");
    let cookie = came_in.split("set-cookie: ").nth(1).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(status(&get(&root, address, "/nl/", cookie)), "200");
    assert_eq!(status(&get(&root, address, &path, "")), "410");
    demo.stop();

    let config = directory.join("ketenpoort.toml");
    let mut serve = Running::start(&["serve", "--config"], &config);
    let (_, before) = line_with("ready grpc=", serve.0.stderr.take().unwrap());
    assert!(before.contains(address) && !before.contains("/demo/"), "{before}");
    assert_eq!(status(&get(&root, address, &path, "")), "404");
    assert_eq!(status(&get(&root, address, "/nl/demo", cookie)), "404");
    assert_eq!(status(&get(&root, address, "/nl/", cookie)), "401");
    serve.stop();
}
