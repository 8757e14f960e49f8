//! Ketenpoort: a secure messaging gateway between organisations.
//!
//! # The house
//!
//! | module | what lives there | may use |
//! |---|---|---|
//! | [`cli`] | the command line, and the place where all parts are put together | everything |
//! | [`grpc`] | converts messages, calls one use case, converts back | `gateway`, peer identity of `tls` |
//! | [`console`] | pages for privacy officers, in a browser | `gateway`, peer identity of `tls` |
//! | [`tls`] | certificates, peer identity, revocation | `domain` |
//! | [`gateway`] | use cases: a story told from start to end | `store` and below |
//! | [`store`] | the only SQL: two databases behind one façade, one commit | `domain`, `ledger` |
//! | [`domain`], [`ledger`], [`vault`] | rules; Merkle tree and proofs; keys and sealing | pure |
//!
//! # One word for one thing
//!
//! | word | Dutch | meaning |
//! |---|---|---|
//! | organisation | organisatie | a party of the chain, known by its OIN |
//! | Steunpunt | advies- en meldpunt, Veilig Thuis | statutory reporting centre (Wmo 2015 art. 4.1.1); directs the process |
//! | actor | medewerker | the person behind the system, as the organisation asserts |
//! | subject | betrokkene | the person data is about, known by a keyed pseudonym |
//! | referral | politiemelding, zorgmelding | a report of the police about a household |
//! | delivery, lease | | a referral on its way to a reader, and the reader's hold on it |
//! | family | gezin | referrals that share people; delivered one after the other |
//! | quarantine | | where a delivery waits that could not be made, with its cause |
//! | acknowledgement | ontvangstbevestiging | the moment responsibility passes |
//! | triage | veiligheidsbeoordeling | what the Steunpunt decides about a referral |
//! | feedback | terugkoppeling | what the police hear of it: one of three values |
//! | case, team | casus, Veilig Verderteam | a family with its team of organisations |
//! | consent, grantor, withdrawal | toestemming, intrekking | one person, one recipient, one purpose |
//! | representative, authority | wettelijk vertegenwoordiger, gezag | who decides for somebody else |
//! | summary, part | samenvatting | what one organisation wants its partners to know |
//! | purpose, basis | doel, grondslag | why data is asked for, and on which ground in law |
//! | decision, condition, permit | besluit, voorwaarde | the answer of the policy, what it looked at, what it allows |
//! | disclosure | verstrekking | giving data to another organisation |
//! | entry, leaf | | one event about one subject in the ledger, and its bytes |
//! | checkpoint, proof, receipt | | a signed state of the ledger, a path to it, a signed statement |
//! | keyring, subject key | | the gateway's secrets, and the key of one person |

pub mod cli;
pub mod console;
pub mod domain;
pub mod gateway;
pub mod grpc;
pub mod ledger;
pub mod store;
pub mod tls;
pub mod vault;
