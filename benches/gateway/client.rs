//! Connections of one organisation, each with its own TLS handshake, and calls over them.

use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use http::uri::PathAndQuery;
use ketenpoort::gateway::Clock;
use ketenpoort::tls::{self, ClientMaterial};
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::bytes_codec::BytesCodec;

/// Connections that a client should open (LIMITS: four to eight do best).
pub(crate) const CONNECTIONS: usize = 8;

/// Answers with the proofs of 20 people stay far below this.
const RESPONSE_BYTES_MAX: usize = 16 << 20;

/// What an organisation connects with.
pub(crate) fn material(pki: &Path, slug: &str) -> anyhow::Result<ClientMaterial> {
    let system = Clock::system();
    let clock = tls::Clock::new(move || system.now());
    let client = pki.join("client");
    Ok(ClientMaterial::load(
        &pki.join("ca/root.pem"),
        &client.join(format!("{slug}.pem")),
        &client.join(format!("{slug}.key")),
        &clock,
    )?)
}

/// Connections, spread evenly over the servers.
pub(crate) async fn connect(
    material: &ClientMaterial,
    servers: &[SocketAddr],
    count: usize,
) -> anyhow::Result<Vec<Channel>> {
    let mut connections = Vec::with_capacity(count);
    for server in servers.iter().cycle().take(count) {
        connections.push(material.connect(&server.to_string()).await?);
    }
    Ok(connections)
}

/// One call with bytes for an answer.
pub(crate) async fn call(
    connection: &Channel,
    method: PathAndQuery,
    message: Bytes,
) -> Result<Bytes, Status> {
    let mut grpc = Grpc::new(connection.clone()).max_decoding_message_size(RESPONSE_BYTES_MAX);
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    Ok(grpc.unary(Request::new(message), method, BytesCodec).await?.into_inner())
}
