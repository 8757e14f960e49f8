//! The stage: certificates, a directory of nine organisations, the real server on loopback, and a
//! connection for every organisation with its own certificate.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tonic::transport::Channel;

use super::CONFIG_FILE;
use super::outsiders::Outsiders;
use super::party::Party;
use crate::cli::config::{Config, DatabaseUrl, Environment, Loaded};
use crate::cli::directory::from_texts;
use crate::cli::serve::{self, Running};
use crate::cli::{keys, logging, secret_file};
use crate::console::Entrance;
use crate::domain::organisation::UserRole;
use crate::domain::time::Timestamp;
use crate::gateway::Clock;
use crate::gateway::retention::Purged;
use crate::grpc::pb::case_direction_service_client::CaseDirectionServiceClient;
use crate::grpc::pb::case_service_client::CaseServiceClient;
use crate::grpc::pb::consent_service_client::ConsentServiceClient;
use crate::grpc::pb::deadline_service_client::DeadlineServiceClient;
use crate::grpc::pb::directory_service_client::DirectoryServiceClient;
use crate::grpc::pb::disclosure_service_client::DisclosureServiceClient;
use crate::grpc::pb::officer_service_client::OfficerServiceClient;
use crate::grpc::pb::people_service_client::PeopleServiceClient;
use crate::grpc::pb::privacy_service_client::PrivacyServiceClient;
use crate::grpc::pb::referral_service_client::ReferralServiceClient;
use crate::grpc::pb::report_service_client::ReportServiceClient;
use crate::grpc::pb::review_service_client::ReviewServiceClient;
use crate::grpc::pb::sharing_service_client::SharingServiceClient;
use crate::grpc::pb::signal_service_client::SignalServiceClient;
use crate::store::backup::SqliteSource;
use crate::tls::authority::{Kind, Subject};
use crate::tls::development::{LEAF_VALIDITY, Organisation};
use crate::tls::identity::{Person, Validity};
use crate::tls::{ClientMaterial, DevelopmentPki, OwnCertificate};
use crate::vault::keyring::Keyring;

/// Organisations, routing and policy: the example that everybody may begin with.
const DIRECTORY: &str = include_str!("../../../certs-example/directory.toml");
const POLICY: &str = include_str!("../../../certs-example/haaglanden-1.toml");
/// Configuration of the demo's gateway.
const CONFIG: &str = include_str!("ketenpoort.toml");
/// What stands for the port that the system chooses.
const ANY_PORT: &str = "127.0.0.1:0";

/// Privacy officers with a certificate for the console: the files' name, whose, and the number. The
/// way in without a certificate leads to the first. The Steunpunt has two, for what takes two.
const OFFICERS: [(&str, Party, &str); 4] = [
    ("steunpunt", Party::Steunpunt, "fg-sp-01"),
    ("steunpunt-2", Party::Steunpunt, "fg-sp-02"),
    ("ggz", Party::Ggz, "fg-ggz-01"),
    ("fg", Party::Fg, "fg-0001"),
];

/// A gateway that serves, and its callers.
#[derive(Debug)]
pub(super) struct World {
    /// What it serves with.
    pub(super) config: Config,
    /// The gateway's time. Certificates are judged by the system's: they are of today.
    pub(super) clock: Clock,
    /// The organisations at their connections.
    pub(super) desks: Desks,
    /// The link into the console, which works once, and the certificate behind it.
    pub(super) way_in: Option<WayIn>,
    running: Running,
    /// Who watches its ledger; nobody watches that of a copy, which is another.
    outsiders: Option<Outsiders>,
    /// Where a copy lies, to remove it.
    copy: Option<PathBuf>,
}

/// How somebody without a certificate gets into the console.
#[derive(Debug)]
pub(super) struct WayIn {
    /// The link.
    pub(super) link: String,
    /// The certificate of the console, as browsers show it.
    pub(super) fingerprint: String,
}

impl World {
    /// Writes everything a gateway needs into `directory`, starts it at `moment`, and connects every
    /// organisation.
    pub(super) async fn start(directory: &Path, moment: Timestamp) -> anyhow::Result<Self> {
        let mut pki = lay_out(directory)?;
        let clock = Clock::system();
        clock.set(moment);
        let outsiders = outsiders(directory, &mut pki, &clock).await?;
        let text = format!("{CONFIG}{}", outsiders.section);
        let config = read(directory, &text)?;
        logging::start(&config.log)?;
        let (entrance, secret) = entrance(&pki)?;
        let running = serve::start_with(&config, clock.clone(), Some(entrance))
            .await
            .context("cannot start the gateway")?;
        let fingerprint = OwnCertificate::read(&config.tls.certificate_file)?.fingerprint;
        let way_in = running.console.map(|console| WayIn {
            link: format!("https://{console}/demo/{secret}"),
            fingerprint: fingerprint.in_pairs(),
        });
        // The same ports for `ketenpoort serve` afterwards, in the order of the file.
        let mut text = text.replacen(ANY_PORT, &running.grpc.to_string(), 1);
        for address in [running.console, running.ops].into_iter().flatten() {
            text = text.replacen(ANY_PORT, &address.to_string(), 1);
        }
        let config = read(directory, &text)?;
        let desks = Desks::connect(&pki, running.grpc).await?;
        Ok(Self { config, clock, desks, way_in, running, outsiders: Some(outsiders), copy: None })
    }

    /// A gateway on a copy of what this one keeps, under `home`. Nothing that happens at it happens at
    /// this one; its clock begins where this one's stands.
    pub(super) async fn copied(&self, home: &Path) -> anyhow::Result<Self> {
        let directory = home.join("copy");
        std::fs::create_dir(&directory)?;
        let (data, keys) = (directory.join("data.sqlite"), directory.join("keys.sqlite"));
        let anchor = directory.join("anchor");
        // The anchor first: a ledger must not be behind it.
        std::fs::copy(self.config.gateway.anchor(), &anchor)?;
        copy(&self.config.database.url, &data).await?;
        copy(&self.config.database.keys(), &keys).await?;
        let mut config = self.config.clone();
        config.database.url = DatabaseUrl::Sqlite(data);
        config.database.keys_url = Some(DatabaseUrl::Sqlite(keys));
        config.gateway.anchor_file = Some(anchor);
        config.grpc.listen = ANY_PORT.parse()?;
        (config.console.listen, config.ops.listen) = (None, None);
        config.witnesses.keys.clear();
        let clock = Clock::system();
        clock.set(self.clock.now());
        let running = serve::start(&config, clock.clone()).await?;
        let pki = DevelopmentPki::open(&home.join("pki"))?;
        let desks = Desks::connect(&pki, running.grpc).await?;
        let (way_in, copy) = (None, Some(directory));
        Ok(Self { config, clock, desks, way_in, running, outsiders: None, copy })
    }

    /// Stops a gateway on a copy, and removes the copy.
    pub(super) async fn remove(mut self) -> anyhow::Result<()> {
        let copy = self.copy.take();
        self.shutdown().await?;
        if let Some(copy) = copy {
            std::fs::remove_dir_all(copy)?;
        }
        Ok(())
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.running.grpc
    }

    /// Where it listens for operators.
    pub(super) const fn operators(&self) -> Option<SocketAddr> {
        self.running.ops
    }

    /// Ends what old entries of the ledger say: what the gateway does by itself every hour.
    pub(super) async fn purge(&self) -> anyhow::Result<Purged> {
        self.running.purge().await
    }

    /// Writes down what is late or over by now, so that it is dated as if nobody had moved the clock.
    pub(super) async fn catch_up(&self) -> anyhow::Result<()> {
        self.running.catch_up().await
    }

    /// Lets calls under way end, then stops.
    pub(super) async fn shutdown(self) -> anyhow::Result<()> {
        drop(self.desks);
        let ended = self.running.shutdown().await;
        drop(self.outsiders);
        ended
    }
}

/// Copies a database as it is at this moment.
async fn copy(from: &DatabaseUrl, to: &Path) -> anyhow::Result<()> {
    let DatabaseUrl::Sqlite(from) = from else { anyhow::bail!("a demo's database is SQLite") };
    secret_file::touch(to)?;
    Ok(SqliteSource::open(from).await?.copy_to(to.to_owned()).await?)
}

/// Keyring, directory, certificates.
fn lay_out(directory: &Path) -> anyhow::Result<DevelopmentPki> {
    secret_file::create(&directory.join("keyring"), &Keyring::generate()?.to_file_text())?;
    std::fs::write(directory.join("directory.toml"), DIRECTORY)?;
    std::fs::write(directory.join("haaglanden-1.toml"), POLICY)?;
    let today = Clock::system().now();
    let certified = certified()?;
    let mut pki = DevelopmentPki::lay_out(&directory.join("pki"), &certified, today)?;
    for (slug, party, user_id) in OFFICERS {
        let oin = party.oin();
        let found = certified.iter().find(|one| one.oin.as_str() == oin);
        let organisation = found.context("an officer's organisation is not in the story")?;
        let subject = Subject {
            oin: organisation.oin.clone(),
            organisation: organisation.name.clone(),
            unit: None,
        };
        let officer = Person { user_id: user_id.parse()?, role: UserRole::PrivacyOfficer };
        let validity = Validity { not_before: today, not_after: today.plus(LEAF_VALIDITY) };
        pki.issue_person(slug, &subject, &officer, validity)?;
    }
    Ok(pki)
}

/// Those who watch its ledger.
async fn outsiders(
    directory: &Path,
    pki: &mut DevelopmentPki,
    clock: &Clock,
) -> anyhow::Result<Outsiders> {
    let config = read(directory, CONFIG)?;
    let keyring = keys::of_config(&config)?;
    let signer = keys::log_signer(&keyring, &config.gateway.origin);
    Outsiders::start(directory, pki, signer.verifier(), clock).await
}

/// The way into the console for who has no certificate in the browser, and its secret.
fn entrance(pki: &DevelopmentPki) -> anyhow::Result<(Entrance, String)> {
    let today = Clock::system().now();
    let officers: Result<Vec<_>, _> =
        OFFICERS.iter().map(|(slug, _, _)| pki.person(slug, today)).collect();
    Ok(Entrance::new(officers?)?)
}

/// The organisations as their certificates name them.
fn certified() -> anyhow::Result<Vec<Organisation>> {
    let file = from_texts(DIRECTORY, POLICY)?;
    let named = |party: Party| {
        let found = file.organisations.iter().find(|one| one.oin().as_str() == party.oin());
        let organisation = found.context("an organisation of the story is not in its directory")?;
        anyhow::Ok(Organisation {
            oin: organisation.oin().clone(),
            name: organisation.name().to_owned(),
            slug: party.slug().to_owned(),
        })
    };
    Party::ALL.into_iter().map(named).collect()
}

/// Writes the configuration and reads it back. The environment of whoever tries a demo has no say.
fn read(directory: &Path, text: &str) -> anyhow::Result<Config> {
    let path = directory.join(CONFIG_FILE);
    std::fs::write(&path, text)?;
    Ok(Loaded::of(&path, text, &Environment::default())?.config)
}

/// Whether a configuration is that of a demo: its ledger has the demo's name.
pub(super) fn is_demo(config: &Config) -> bool {
    let ours = Loaded::of(Path::new(CONFIG_FILE), CONFIG, &Environment::default());
    ours.is_ok_and(|ours| ours.config.gateway.origin == config.gateway.origin)
}

/// Every organisation at its connection.
#[derive(Debug)]
pub(super) struct Desks {
    pub(super) police: Desk,
    pub(super) steunpunt: Desk,
    pub(super) social_work: Desk,
    pub(super) youth_care: Desk,
    pub(super) ggz: Desk,
    pub(super) mee: Desk,
    pub(super) shelter: Desk,
    pub(super) fg: Desk,
}

impl Desks {
    async fn connect(pki: &DevelopmentPki, address: SocketAddr) -> anyhow::Result<Self> {
        let desk = |party| Desk::connect(pki, address, party);
        Ok(Self {
            police: desk(Party::Police).await?,
            steunpunt: desk(Party::Steunpunt).await?,
            social_work: desk(Party::SocialWork).await?,
            youth_care: desk(Party::YouthCare).await?,
            ggz: desk(Party::Ggz).await?,
            mee: desk(Party::Mee).await?,
            shelter: desk(Party::Shelter).await?,
            fg: desk(Party::Fg).await?,
        })
    }

    /// The desk of an organisation.
    pub(super) const fn of(&self, party: Party) -> &Desk {
        match party {
            Party::Police => &self.police,
            Party::Steunpunt => &self.steunpunt,
            Party::SocialWork => &self.social_work,
            Party::YouthCare => &self.youth_care,
            Party::Ggz => &self.ggz,
            Party::Mee => &self.mee,
            Party::Shelter => &self.shelter,
            Party::Fg => &self.fg,
        }
    }
}

/// One organisation's connection. Who calls is in its certificate, so there is nothing else to say.
#[derive(Debug, Clone)]
pub(super) struct Desk(Channel);

impl Desk {
    async fn connect(
        pki: &DevelopmentPki,
        address: SocketAddr,
        party: Party,
    ) -> anyhow::Result<Self> {
        let files = pki.files(Kind::Client, party.slug())?;
        let system = Clock::system();
        let clock = crate::tls::Clock::new(move || system.now());
        let material = ClientMaterial::load(&pki.root_path(), &files.chain, &files.key, &clock)?;
        Ok(Self(material.connect(&address.to_string()).await?))
    }

    /// Referrals.
    pub(super) fn referrals(&self) -> ReferralServiceClient<Channel> {
        ReferralServiceClient::new(self.0.clone())
    }

    /// Process direction of cases.
    pub(super) fn case_direction(&self) -> CaseDirectionServiceClient<Channel> {
        CaseDirectionServiceClient::new(self.0.clone())
    }

    /// Cases and summaries.
    pub(super) fn cases(&self) -> CaseServiceClient<Channel> {
        CaseServiceClient::new(self.0.clone())
    }

    /// Consents.
    pub(super) fn consents(&self) -> ConsentServiceClient<Channel> {
        ConsentServiceClient::new(self.0.clone())
    }

    /// What is given on the own initiative.
    pub(super) fn sharing(&self) -> SharingServiceClient<Channel> {
        SharingServiceClient::new(self.0.clone())
    }

    /// What must be done before a moment.
    pub(super) fn deadlines(&self) -> DeadlineServiceClient<Channel> {
        DeadlineServiceClient::new(self.0.clone())
    }

    /// What changes about people.
    pub(super) fn people(&self) -> PeopleServiceClient<Channel> {
        PeopleServiceClient::new(self.0.clone())
    }

    /// Reviews of emergencies, for privacy officers.
    pub(super) fn reviews(&self) -> ReviewServiceClient<Channel> {
        ReviewServiceClient::new(self.0.clone())
    }

    /// Who takes part.
    pub(super) fn directory(&self) -> DirectoryServiceClient<Channel> {
        DirectoryServiceClient::new(self.0.clone())
    }

    /// Management reports.
    pub(super) fn reports(&self) -> ReportServiceClient<Channel> {
        ReportServiceClient::new(self.0.clone())
    }

    /// Requests of data subjects.
    pub(super) fn privacy(&self) -> PrivacyServiceClient<Channel> {
        PrivacyServiceClient::new(self.0.clone())
    }

    /// What officers keep an eye on.
    pub(super) fn officer(&self) -> OfficerServiceClient<Channel> {
        OfficerServiceClient::new(self.0.clone())
    }

    /// Signals.
    pub(super) fn signals(&self) -> SignalServiceClient<Channel> {
        SignalServiceClient::new(self.0.clone())
    }

    /// The ledger.
    pub(super) fn disclosures(&self) -> DisclosureServiceClient<Channel> {
        DisclosureServiceClient::new(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_organisation_of_the_story_is_in_the_directory() {
        assert_eq!(certified().unwrap().len(), 8);
        let file = from_texts(DIRECTORY, POLICY).unwrap();
        assert_eq!(file.organisations.len(), 9);
    }

    #[test]
    fn the_configuration_is_one_of_a_gateway() {
        let directory = tempfile::tempdir().unwrap();
        let config = read(directory.path(), CONFIG).unwrap();
        assert_eq!(config.grpc.listen.to_string(), ANY_PORT);
        assert!(config.gateway.keyring_file.starts_with(directory.path()));
    }
}
