//! The network that a connection comes from: enough to tell a new one from a known one, and too little to
//! tell who it was.

/// A network: the first 24 bits of an IPv4 address, or the first 48 of an IPv6 address. Never shown, and
/// kept as a keyed pseudonym only.
#[derive(Clone, PartialEq, Eq)]
pub struct Network(String);

impl Network {
    /// The network of an IPv4 address, by its octets.
    pub fn v4([a, b, c, _]: [u8; 4]) -> Self {
        Self(format!("4:{a}.{b}.{c}"))
    }

    /// The network of an IPv6 address, by its segments.
    pub fn v6([a, b, c, ..]: [u16; 8]) -> Self {
        Self(format!("6:{a:04x}:{b:04x}:{c:04x}"))
    }

    /// What the pseudonym is made of.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
