//! A certificate on a network that is new to it.

use crate::store::NetworkRow;

use super::{DAY, Duration, GGZ, MEE, Oin, SignalRow, SignalRule, Watch};

const LAPTOP: [u8; 32] = [1; 32];
const OTHER: [u8; 32] = [2; 32];

impl Watch {
    fn arrives(&self, oin: &str, fingerprint: [u8; 32], address: &str) {
        let oin: Oin = oin.parse().unwrap();
        let user = "fg-1".parse().unwrap();
        self.gateway.note_arrival((&oin, Some(&user)), &fingerprint, address.parse().unwrap());
    }

    async fn networks(&self) -> Vec<NetworkRow> {
        self.gateway.db().read().await.unwrap().new_networks(100).await.unwrap()
    }

    /// The laptop came from one network for so long.
    async fn known_for(&self, days: u32) {
        self.arrives(GGZ, LAPTOP, "192.0.2.1");
        self.examine().await;
        self.later(DAY * days);
        self.arrives(GGZ, LAPTOP, "192.0.2.77");
        self.examine().await;
    }
}

fn factors(signal: &SignalRow) -> Vec<(String, i64)> {
    let factors: Vec<serde_json::Value> = serde_json::from_str(&signal.factors).unwrap();
    let named = |of: &serde_json::Value| (of["code"].to_string(), of["weight"].as_i64().unwrap());
    factors.iter().map(named).collect()
}

#[tokio::test]
async fn a_certificate_that_is_known_for_a_week_and_comes_from_elsewhere_is_a_signal() {
    let watch = Watch::open().await;
    watch.known_for(7).await;
    assert_eq!(watch.rules().await, []);
    watch.arrives(GGZ, LAPTOP, "198.51.100.1");
    let signals = watch.open_signals().await;
    assert_eq!(signals.len(), 1);
    assert_eq!((signals[0].rule, signals[0].entry_count), (SignalRule::NewNetwork, 0));
    assert_eq!(signals[0].user_id.as_ref().unwrap().as_str(), "fg-1");
    assert_eq!((signals[0].oin.as_str(), &signals[0].about[..]), (GGZ, &LAPTOP[..]));
    assert_eq!(signals[0].score, 60);
    // Known there from now on.
    watch.arrives(GGZ, LAPTOP, "198.51.100.9");
    watch.later(DAY);
    watch.arrives(GGZ, LAPTOP, "198.51.100.9");
    assert_eq!(watch.open_signals().await, signals);
    // Yet another network joins what is open.
    watch.arrives(GGZ, LAPTOP, "203.0.113.4");
    let grown = watch.open_signals().await;
    assert_eq!((grown.len(), grown[0].signal_id), (1, signals[0].signal_id));
    assert!(grown[0].version > signals[0].version);
    watch.arrives(GGZ, LAPTOP, "198.18.0.4");
    let third = watch.open_signals().await;
    assert!(third[0].version > grown[0].version);
    // What it goes on to do is no reason to look at it later.
    assert_eq!([grown[0].score, third[0].score], [60, 60]);
    assert_eq!(factors(&third[0]), factors(&signals[0]));
}

#[tokio::test]
async fn a_certificate_that_is_new_itself_is_none() {
    let watch = Watch::open().await;
    watch.known_for(6).await;
    watch.arrives(GGZ, LAPTOP, "198.51.100.1");
    assert_eq!(watch.rules().await, []);
    watch.later(DAY * 30);
    watch.arrives(GGZ, OTHER, "203.0.113.4");
    assert_eq!(watch.rules().await, []);
}

#[tokio::test]
async fn colleagues_on_that_network_speak_against_and_others_do_not() {
    let watch = Watch::open().await;
    watch.arrives(GGZ, OTHER, "198.51.100.7");
    watch.arrives(MEE, [3; 32], "198.51.100.8");
    watch.known_for(7).await;
    watch.arrives(GGZ, LAPTOP, "198.51.100.1");
    watch.arrives(MEE, [4; 32], "192.0.2.1");
    let signals = watch.open_signals().await;
    assert_eq!(signals.len(), 1);
    let told = factors(&signals[0]);
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[2].1, -20, "{told:?}");
    assert!(signals[0].factors.contains(r#""seen":1,"norm":null,"usual":0,"weight":-20"#));
}

#[tokio::test]
async fn a_burst_is_one_row_and_waits_in_a_bounded_place() {
    let watch = Watch::open().await;
    for number in 0..2_000_u32 {
        watch.arrives(GGZ, LAPTOP, &format!("192.0.2.{}", number % 256));
    }
    assert_eq!(watch.networks().await, [], "nothing is stored on the way in");
    watch.gateway.keep_arrivals().await.unwrap();
    assert_eq!(watch.networks().await.len(), 1);
    for number in 0..5_000_u32 {
        let [_, a, b, c] = number.to_be_bytes();
        watch.arrives(GGZ, LAPTOP, &format!("10.{a}.{b}.{c}"));
        watch.arrives(GGZ, OTHER, &format!("2001:db8:{number:x}::1"));
    }
    watch.gateway.keep_arrivals().await.unwrap();
    let kept = watch.gateway.db().read().await.unwrap().new_networks(10_000).await.unwrap();
    assert_eq!(kept.len(), 1 + 4_096);
}

#[tokio::test]
async fn who_does_not_take_part_is_not_kept() {
    let watch = Watch::open().await;
    watch.arrives("00000099000000012000", LAPTOP, "192.0.2.1");
    watch.gateway.keep_arrivals().await.unwrap();
    assert_eq!(watch.networks().await, []);
}

#[tokio::test]
async fn what_was_not_seen_for_the_term_is_forgotten() {
    let watch = Watch::open().await;
    watch.known_for(7).await;
    let today = watch.gateway.clock().now().date();
    assert_eq!(watch.gateway.purge_networks(today).await.unwrap(), 0, "seen today");
    watch.later(Duration::from_hours(24));
    let today = watch.gateway.clock().now().date();
    assert_eq!(watch.gateway.purge_networks(today).await.unwrap(), 1);
    // Whoever comes back after that is new, and new is no signal.
    watch.arrives(GGZ, LAPTOP, "198.51.100.1");
    assert_eq!(watch.rules().await, []);
}

#[tokio::test]
async fn of_two_who_look_at_one_arrival_one_raises_the_signal() {
    let watch = Watch::open().await;
    watch.known_for(7).await;
    watch.arrives(GGZ, LAPTOP, "198.51.100.1");
    watch.gateway.keep_arrivals().await.unwrap();
    let one = watch.gateway.examine().await.unwrap().unwrap();
    let other = watch.gateway.examine().await.unwrap().unwrap();
    assert_eq!(watch.gateway.keep(one).await.unwrap(), Some(1));
    assert_eq!(watch.gateway.keep(other).await.unwrap(), None);
    assert_eq!(watch.rules().await, [SignalRule::NewNetwork]);
}
