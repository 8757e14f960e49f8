//! NATS with `sync_interval: always`: an acknowledgement means a synced file, as with us.
//!
//! Its protocol is text (docs.nats.io, "NATS Protocol"), so that a client is a page.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, BufWriter,
};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinSet;

use crate::client::CONNECTIONS;
use crate::figures::Figures;
use crate::load::{Next, Outcome, Until};
use crate::machine;
use crate::numbers::as_micros;
use crate::process::Stat;

use super::{program, whole};

const STREAM: &str = r#"{"name":"BENCH","subjects":["bench.submit"],"storage":"file"}"#;

/// Some dozens of messages in one system call.
const BUFFER: usize = 1 << 16;

/// A server is ready within moments.
const READY_MAX: Duration = Duration::from_secs(20);

pub(super) struct Nats {
    server: Server,
    address: SocketAddr,
    acknowledged: u64,
}

/// Killed when dropped.
struct Server {
    child: Child,
    _directory: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already: nothing left to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Nats {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let binary = program("nats-server");
        let binary = binary.context("no nats-server: see benches/peers/requirements.txt")?;
        let directory = tempfile::tempdir_in(machine::data_directory())?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let configuration = directory.path().join("nats.conf");
        let store = directory.path().display();
        std::fs::write(
            &configuration,
            format!(
                "listen: \"{address}\"\njetstream {{ store_dir: \"{store}\", sync_interval: always }}\n"
            ),
        )?;
        let mut command = Command::new(binary);
        command.arg("--config").arg(configuration);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let server = Server { child, _directory: directory };
        let started = Instant::now();
        loop {
            match make_stream(address).await {
                Ok(()) => return Ok(Self { server, address, acknowledged: 0 }),
                Err(error) if started.elapsed() > READY_MAX => return Err(error),
                Err(_not_yet) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    pub(super) async fn run(
        &mut self,
        next: &Next,
        in_flight: usize,
        until: Until,
    ) -> anyhow::Result<Figures> {
        let Until::Passed(length) = until else { bail!("only for a time") };
        let mut lines = Vec::new();
        for _ in 0..CONNECTIONS {
            lines.push(Line::open(self.address).await?);
        }
        let cpu = self.cpu()?;
        let mut tasks = JoinSet::new();
        for line in lines {
            tasks.spawn(line.publish(Arc::clone(next), in_flight / CONNECTIONS, length));
        }
        let parts = tasks.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        let outcome = whole(parts);
        self.acknowledged += outcome.acknowledged();
        Ok(Figures::of(&outcome, self.cpu()?.saturating_sub(cpu)))
    }

    pub(super) async fn finish(self) -> anyhow::Result<()> {
        let mut line = Line::open(self.address).await?;
        let answer = line.ask("$JS.API.STREAM.INFO.BENCH", b"").await?;
        let held: serde_json::Value = serde_json::from_slice(&answer)?;
        let held = held.pointer("/state/messages").and_then(serde_json::Value::as_u64);
        ensure!(
            held == Some(self.acknowledged),
            "it acknowledged {}, and has {held:?}",
            self.acknowledged
        );
        Ok(())
    }

    fn cpu(&self) -> anyhow::Result<Duration> {
        Ok(Stat::of(self.server.child.id())?.own)
    }
}

async fn make_stream(address: SocketAddr) -> anyhow::Result<()> {
    let mut line = Line::open(address).await?;
    let answer = line.ask("$JS.API.STREAM.CREATE.BENCH", STREAM.as_bytes()).await?;
    let answer: serde_json::Value = serde_json::from_slice(&answer)?;
    ensure!(answer.get("error").is_none(), "the stream cannot be made: {answer}");
    Ok(())
}

/// One connection. Answers come to `reply.N`, where N is the caller's place on it.
struct Line {
    reader: BufReader<OwnedReadHalf>,
    writer: BufWriter<OwnedWriteHalf>,
    /// Subjects are everybody's, so that every connection needs replies of its own.
    inbox: String,
}

impl Line {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let (read, write) = tcp.into_split();
        let mut line = Self {
            reader: BufReader::with_capacity(BUFFER, read),
            writer: BufWriter::with_capacity(BUFFER, write),
            inbox: uuid::Uuid::new_v4().simple().to_string(),
        };
        let hello = format!("CONNECT {{\"verbose\":false}}\r\nSUB reply.{}.* 1\r\n", line.inbox);
        line.writer.write_all(hello.as_bytes()).await?;
        Ok(line)
    }

    async fn ask(&mut self, subject: &str, body: &[u8]) -> anyhow::Result<Vec<u8>> {
        self.send(subject, 0, body).await?;
        self.writer.flush().await?;
        Ok(self.receive().await?.1)
    }

    /// Keeps so many messages on their way, each followed by the next when it is acknowledged.
    async fn publish(
        mut self,
        next: Next,
        places: usize,
        length: Duration,
    ) -> anyhow::Result<Outcome> {
        let started = Instant::now();
        let mut outcome = Outcome::default();
        let mut sent = vec![started; places];
        for (place, sent) in sent.iter_mut().enumerate() {
            *sent = Instant::now();
            self.send("bench.submit", place, &next()).await?;
        }
        let mut out = places;
        while out > 0 {
            if self.reader.buffer().is_empty() {
                self.writer.flush().await?;
            }
            let (place, answer) = self.receive().await?;
            let sent = sent.get_mut(place).context("an answer to nobody")?;
            ensure!(
                answer.starts_with(b"{\"stream\""),
                "not stored: {}",
                String::from_utf8_lossy(&answer)
            );
            outcome.latencies.push(as_micros(sent.elapsed()));
            if started.elapsed() < length {
                *sent = Instant::now();
                let message: Bytes = next();
                self.send("bench.submit", place, &message).await?;
            } else {
                out -= 1;
            }
        }
        outcome.elapsed = started.elapsed();
        Ok(outcome)
    }

    async fn send(&mut self, subject: &str, place: usize, body: &[u8]) -> anyhow::Result<()> {
        let head = format!("PUB {subject} reply.{}.{place} {}\r\n", self.inbox, body.len());
        self.writer.write_all(head.as_bytes()).await?;
        self.writer.write_all(body).await?;
        Ok(self.writer.write_all(b"\r\n").await?)
    }

    /// The next message: for which place, and what it says.
    async fn receive(&mut self) -> anyhow::Result<(usize, Vec<u8>)> {
        loop {
            let mut line = String::new();
            ensure!(self.reader.read_line(&mut line).await? > 0, "the server hung up");
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["MSG", subject, _, .., bytes] => {
                    let place = subject.rsplit('.').next().unwrap_or_default().parse()?;
                    let mut body = vec![0; bytes.parse()?];
                    self.reader.read_exact(&mut body).await?;
                    self.reader.read_line(&mut String::new()).await?;
                    return Ok((place, body));
                }
                ["PING"] => {
                    self.writer.write_all(b"PONG\r\n").await?;
                    self.writer.flush().await?;
                }
                ["INFO", ..] | ["PONG" | "+OK"] => {}
                _ => bail!("the server says {line}"),
            }
        }
    }
}
