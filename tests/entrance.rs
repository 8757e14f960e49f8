//! The one-step way into the console: the demo prints it, it works once over real TLS, and a gateway
//! that serves knows nothing of it.
#![cfg(test)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

#[path = "support/running.rs"]
mod running;

use running::{Running, line_with};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

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
