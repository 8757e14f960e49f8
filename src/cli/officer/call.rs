//! The connection to a gateway, and one call over it whose messages are known by their descriptors.

use std::path::PathBuf;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use http::uri::PathAndQuery;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

use super::words;
use crate::domain::occasion::Occasion;
use crate::gateway::Clock;
use crate::grpc::OCCASION_HEADER;
use crate::tls::ClientMaterial;
use crate::tls::client::ClientError;

/// Far above the largest answer that a gateway sends.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Which gateway, and as which organisation.
#[derive(Debug, Clone, Args)]
pub(super) struct Connection {
    /// The gateway; its certificate must name this host
    #[arg(long, value_name = "HOST:PORT", env = "KETENPOORT_GATEWAY")]
    #[arg(hide_env_values = true, help_heading = HEADING)]
    gateway: String,
    /// The authority that signed the certificate of the gateway (PEM)
    #[arg(long, value_name = "FILE", env = "KETENPOORT_CA")]
    #[arg(hide_env_values = true, help_heading = HEADING)]
    ca: PathBuf,
    /// The certificate of the organisation's system, with what stands between it and its authority (PEM)
    #[arg(long, value_name = "FILE", env = "KETENPOORT_CERTIFICATE")]
    #[arg(hide_env_values = true, help_heading = HEADING)]
    certificate: PathBuf,
    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", env = "KETENPOORT_KEY")]
    #[arg(hide_env_values = true, help_heading = HEADING)]
    key: PathBuf,
    /// How long to wait for an answer; a gateway itself takes a minute at most
    #[arg(long, value_name = "SECONDS", default_value_t = 30, help_heading = HEADING)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// What makes the officer look, as the entry of the look then tells; `--purpose` follows from it
    #[arg(long, value_name = "WORD", env = "KETENPOORT_OCCASION")]
    #[arg(hide_env_values = true, value_parser = occasions())]
    occasion: Option<Occasion>,
}

const HEADING: &str = "Connection";

/// The name under which the command line knows the occasion.
pub(super) const OCCASION: &str = "occasion";

/// The words of the metadata, typed as the words of fields are.
fn occasions() -> impl TypedValueParser<Value = Occasion> {
    let typed = |one: &Occasion| words::dashed(&one.as_str().to_ascii_lowercase());
    let value = |one: &Occasion| PossibleValue::new(typed(one)).alias(one.as_str());
    let words =
        PossibleValuesParser::new(Occasion::ALL.iter().filter(|one| one.is_stated()).map(value));
    words.try_map(|word| word.to_ascii_uppercase().replace('-', "_").parse::<Occasion>())
}

/// A connection that is open.
#[derive(Debug)]
pub(super) struct Wire {
    grpc: Grpc<Channel>,
    timeout: Duration,
    occasion: Option<Occasion>,
}

impl Wire {
    /// Connects. That the gateway does not know the certificate shows with the first call.
    pub(super) async fn open(to: &Connection) -> Result<Self, ClientError> {
        let system = Clock::system();
        let clock = crate::tls::Clock::new(move || system.now());
        let material = ClientMaterial::load(&to.ca, &to.certificate, &to.key, &clock)?;
        let channel = material.connect(&to.gateway).await?;
        let grpc = Grpc::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX);
        let timeout = Duration::from_secs(to.timeout);
        Ok(Self { grpc, timeout, occasion: to.occasion })
    }

    /// One request, one answer.
    pub(super) async fn call(
        &mut self,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Result<DynamicMessage, Status> {
        self.ready().await?;
        let mut request = self.telling(request);
        request.set_timeout(self.timeout);
        let answer = self.grpc.unary(request, path(method)?, Plain).await?.into_inner();
        DynamicMessage::decode(method.output(), answer)
            .map_err(|error| Status::data_loss(error.to_string()))
    }

    /// One request, and messages for as long as it takes.
    pub(super) async fn stream(
        &mut self,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Result<Streaming<Bytes>, Status> {
        self.ready().await?;
        let request = self.telling(request);
        Ok(self.grpc.server_streaming(request, path(method)?, Plain).await?.into_inner())
    }

    /// A request that says what made the officer look.
    fn telling(&self, request: &DynamicMessage) -> Request<Vec<u8>> {
        let mut request = Request::new(request.encode_to_vec());
        if let Some(occasion) = self.occasion {
            let word = MetadataValue::from_static(occasion.as_str());
            request.metadata_mut().insert(OCCASION_HEADER, word);
        }
        request
    }

    async fn ready(&mut self) -> Result<(), Status> {
        self.grpc.ready().await.map_err(|error| Status::from_error(error.into()))
    }
}

fn path(method: &MethodDescriptor) -> Result<PathAndQuery, Status> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    path.parse().map_err(|_path| Status::internal("the contract names a call that has no path"))
}

/// Messages as the bytes that they are: their types are not known to the compiler.
#[derive(Debug, Clone, Copy)]
struct Plain;

impl Codec for Plain {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
