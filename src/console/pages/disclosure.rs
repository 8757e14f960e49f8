//! One disclosure: what happened, why it was allowed or not, and the proof that nothing was changed.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;

use crate::console::badge::{self, Badge};
use crate::console::door::{Ask, Officer};
use crate::console::lang::{Lang, Words};
use crate::console::menu::Menu;
use crate::console::moments;
use crate::console::page::{self, Frame, page};
use crate::console::pages::consents::timeline;
use crate::console::pages::disclosures::Filters;
use crate::console::rows::{self, Row};
use crate::console::sentence::{Piece, Told, sentence};
use crate::console::timeline::{Moment, Timeline};
use crate::console::words;
use crate::domain::decision::Condition;
use crate::domain::event::{Disposition, EventCode};
use crate::domain::time::Timestamp;
use crate::gateway::Directory;
use crate::gateway::around::{Around, Lately};
use crate::gateway::consents::ConsentLife;
use crate::gateway::disclosures::DisclosureRow;
use crate::gateway::disclosures::Looked;
use crate::gateway::other_side::OtherSide;
use crate::gateway::questions::QuestionView;
use crate::gateway::{EntryReceipt, Error};

pub(in crate::console) mod acts;
mod conditions;
mod proof;
mod receipt;

pub(in crate::console) use acts::Acts;
#[cfg(test)]
pub(in crate::console) use conditions::Evidence;
pub(in crate::console) use conditions::Tested;
use conditions::{Teller, conditions};
#[cfg(test)]
pub(in crate::console) use proof::ProofState;
#[cfg(test)]
pub(in crate::console) use proof::Witnessed;
use proof::proof;
pub(in crate::console) use proof::{Proof, download};
pub(in crate::console) use receipt::Receipt;
#[cfg(test)]
pub(in crate::console) use receipt::TheirEntry;
use receipt::receipt;

/// The page.
#[derive(Template)]
#[template(path = "disclosure.html", config = "src/console/askama.toml")]
pub(in crate::console) struct Disclosure {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) row: Row,
    /// Who did what about whom, for what and on which ground.
    pub(in crate::console) sentence: Vec<Piece>,
    /// None when the person was forgotten, or the record was changed: it cannot be opened any more.
    pub(in crate::console) facts: Option<Facts>,
    pub(in crate::console) proof: Proof,
    /// The consents of the person in time, with the moment of the entry drawn across; none when
    /// there are none, or it is not for this officer to see them.
    pub(in crate::console) consents: Option<Timeline>,
    pub(in crate::console) around: Surroundings,
    /// The word of the other side; none where there is none to expect.
    pub(in crate::console) receipt: Option<Receipt>,
    /// The searches that find everything else of the same act, case and person.
    pub(in crate::console) links: Links,
    /// What the officer can do about it; none when the stated purpose is not that of reviewing.
    pub(in crate::console) acts: Option<Acts>,
}

/// What the use cases found.
struct Found {
    looked: Looked,
    receipt: EntryReceipt,
    around: Around,
    other: Option<OtherSide>,
    consents: Option<Timeline>,
    questions: Vec<QuestionView>,
}

/// What stands around the entry.
pub(in crate::console) struct Surroundings {
    /// What happened in the case that day, this entry included.
    pub(in crate::console) case: Vec<Nearby>,
    /// The other entries of the same act.
    pub(in crate::console) act: Vec<Nearby>,
    /// What the employee did in the thirty days before.
    pub(in crate::console) employee: Lately,
    /// What is usual among those with the same role.
    pub(in crate::console) usual: Option<Usual>,
    /// The page of the review.
    pub(in crate::console) review: Option<String>,
    pub(in crate::console) newer: Option<String>,
    pub(in crate::console) older: Option<String>,
    /// Back to the search.
    pub(in crate::console) search: String,
}

/// Those with the same role in the same organisation.
pub(in crate::console) struct Usual {
    pub(in crate::console) role: &'static str,
    pub(in crate::console) count: usize,
    /// The middle of their numbers; none when they are too few to compare with.
    pub(in crate::console) median: Option<String>,
}

/// One entry near it.
pub(in crate::console) struct Nearby {
    pub(in crate::console) href: String,
    pub(in crate::console) moment: String,
    pub(in crate::console) what: String,
    pub(in crate::console) badge: Badge,
    pub(in crate::console) is_this: bool,
}

/// What the record says beside the row.
pub(in crate::console) struct Facts {
    pub(in crate::console) conditions: Vec<Tested>,
    pub(in crate::console) policy: String,
    /// What was decided, in a sentence.
    pub(in crate::console) verdict: String,
    /// Articles of the AVG and UAVG that it rests on.
    pub(in crate::console) articles: Vec<String>,
    /// `Zaaksamenvatting, versie 4`.
    pub(in crate::console) object: Option<String>,
    pub(in crate::console) age_band: Option<&'static str>,
    pub(in crate::console) on_behalf_of: Option<String>,
    pub(in crate::console) consents: Vec<String>,
}

pub(in crate::console) struct Links {
    pub(in crate::console) act: String,
    pub(in crate::console) case: Option<String>,
    /// The consents of the case.
    pub(in crate::console) consents: Option<String>,
    pub(in crate::console) subject: Option<String>,
    pub(in crate::console) user: String,
}

pub(in crate::console) async fn disclosure(
    ask: Ask,
    Path(index): Path<String>,
    query: Result<Query<Filters>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    // What is no number is no entry.
    let Ok(index) = index.parse::<i64>() else {
        return page::failed(&ask, &officer, &Error::hidden());
    };
    let mut filters = query.map(|Query(filters)| filters).unwrap_or_default();
    match looked_at(&ask, &officer, index, &mut filters).await {
        Ok(found) => page(StatusCode::OK, &composed(&ask, &officer, found, &filters)),
        Err(Error::Invalid(_)) => page::failed(&ask, &officer, &Error::hidden()),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

async fn looked_at(
    ask: &Ask,
    officer: &Officer,
    index: i64,
    filters: &mut Filters,
) -> Result<Found, Error> {
    let gateway = ask.app.gateway();
    let (looked, receipt) = gateway.disclosure(&officer.call, officer.purpose(), index).await?;
    filters.fill_period_around(looked.row.recorded_at);
    let within = filters.read(officer).map(|(draft, _)| draft).unwrap_or_default();
    let around = gateway.surroundings(&officer.call, &looked, within).await?;
    let other = gateway.other_side(&officer.call, &looked).await?;
    let consents = consents_about(ask, officer, &looked).await?;
    let questions = gateway.questions_about(&officer.call, index).await?;
    Ok(Found { looked, receipt, around, other, consents, questions })
}

/// The consents of the person in the case, in time. Who may not see them is shown none.
async fn consents_about(
    ask: &Ask,
    officer: &Officer,
    looked: &Looked,
) -> Result<Option<Timeline>, Error> {
    let (Some(case_ref), Some(person)) = (&looked.row.case_ref, looked.row.subject) else {
        return Ok(None);
    };
    let gateway = ask.app.gateway();
    let now = gateway.clock().now();
    let asked = gateway.consent_history(&officer.call, officer.purpose(), (case_ref, now));
    let history = match asked.await {
        Ok(history) => history,
        Err(Error::Denied { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let place = history.people.iter().position(|one| *one == person);
    let words = ask.lang.pick(Words("deze verstrekking", "this disclosure")).to_owned();
    let mark = Moment { at: looked.row.recorded_at, words };
    let meant = |life: &ConsentLife| Some(life.person) == place;
    Ok(timeline(ask.lang, &gateway.directory(), (&history, meant), mark, now))
}

fn composed(ask: &Ask, officer: &Officer, found: Found, filters: &Filters) -> Disclosure {
    let Found { looked, receipt: proven, around, other, consents, questions } = found;
    let lang = ask.lang;
    let gateway = ask.app.gateway();
    let directory = gateway.directory();
    let row = rows::row(lang, &directory, &looked);
    let moment = moments::moment(lang, looked.row.recorded_at);
    let teller = Teller { lang, directory: &directory, row: &looked.row, review: around.review };
    Disclosure {
        frame: ask.frame(Menu::Disclosures, Some(officer)),
        sentence: told(lang, &directory, &looked, (&row, &moment), &around),
        row,
        facts: facts(&teller, &looked),
        proof: proof(lang, gateway, &looked, &proven),
        receipt: other.map(|other| receipt(lang, &directory, &other)),
        around: surroundings(ask, &looked.row, &around, filters),
        consents,
        links: links(lang, &looked, filters),
        acts: officer.reviews().then(|| Acts::of(ask, officer, (&looked.row, &questions))),
    }
}

fn told(
    lang: Lang,
    directory: &Directory,
    looked: &Looked,
    (row, moment): (&Row, &str),
    around: &Around,
) -> Vec<Piece> {
    let people: BTreeSet<_> = around.act.iter().filter_map(|other| other.subject).collect();
    let others = people.into_iter().filter(|one| Some(*one) != looked.row.subject).count();
    let event = EventCode::from_number(rows::number(looked.row.event_code));
    let told = Told {
        moment,
        event: event.unwrap_or(EventCode::LogQueried),
        event_words: row.event,
        role: row.role,
        actor: &rows::name(directory, &looked.row.actor_oin),
        sender: &row.sender,
        recipient: row.recipient.as_deref(),
        about_a_person: looked.row.subject.is_some(),
        others,
        purpose: row.purpose,
        basis: row.basis,
        why: row.why,
        emergency: looked.row.disposition == i64::from(Disposition::Emergency.number()),
    };
    sentence(lang, &told)
}

fn surroundings(
    ask: &Ask,
    this: &DisclosureRow,
    around: &Around,
    filters: &Filters,
) -> Surroundings {
    let lang = ask.lang;
    let query = filters.query();
    let to = |idx: i64| format!("/{}/verstrekkingen/{idx}?{query}", lang.tag());
    let directory = ask.app.gateway().directory();
    let nearby = |row: &DisclosureRow| {
        let event = EventCode::from_number(rows::number(row.event_code));
        let event = event.map_or("–", |event| lang.pick(words::event(event)));
        let disposition = Disposition::from_number(rows::number(row.disposition));
        Nearby {
            href: format!("/{}/verstrekkingen/{}", lang.tag(), row.idx),
            moment: moments::short_moment(lang, row.recorded_at),
            what: format!("{}: {event}", rows::name(&directory, &row.actor_oin)),
            badge: badge::badge(lang, disposition.unwrap_or(Disposition::Failed)),
            is_this: row.idx == this.idx,
        }
    };
    Surroundings {
        case: around.case.iter().map(nearby).collect(),
        act: around.act.iter().map(nearby).collect(),
        employee: around.employee,
        usual: around.usual.map(|usual| Usual {
            role: lang.pick(words::role(usual.role)),
            count: usual.count,
            median: usual.median.map(|number| lang.number(number)),
        }),
        review: around.review.map(|id| format!("/{}/noodtoegang/{id}", lang.tag())),
        newer: around.newer.map(to),
        older: around.older.map(to),
        search: format!("/{}/verstrekkingen?{query}", lang.tag()),
    }
}

fn facts(of: &Teller<'_>, looked: &Looked) -> Option<Facts> {
    let lang = of.lang;
    let record = looked.record.as_ref()?;
    let behind = record.acting_party();
    let regulation = lang.pick(Words("AVG art.", "GDPR art."));
    let articles = [
        record.avg_article_6.as_ref().map(|article| format!("{regulation} {article}")),
        record.avg_article_9.as_ref().map(|article| format!("{regulation} {article}")),
        // The pack names this law itself.
        record.uavg_criminal.as_ref().map(ToString::to_string),
    ];
    let version = lang.pick(Words("versie", "version"));
    Some(Facts {
        conditions: conditions(of, looked),
        policy: record.authorization_policy.to_string(),
        verdict: verdict(lang, &record.conditions, record.denial.is_some()),
        articles: articles.into_iter().flatten().collect(),
        object: record.object_version.map(|number| {
            format!("{}, {version} {number}", lang.pick(words::object(record.object_type)))
        }),
        age_band: record.data_subject.as_ref().map(|one| lang.pick(words::age_band(one.age_band))),
        on_behalf_of: behind.responsible_user_id.as_ref().map(ToString::to_string),
        consents: record.consent_ids.iter().map(ToString::to_string).collect(),
    })
}

fn verdict(lang: Lang, conditions: &[Condition], is_refused: bool) -> String {
    let met = conditions.iter().filter(|one| one.met).count();
    let all = conditions.len();
    match (lang, is_refused) {
        (Lang::Nl, true) => {
            format!("Van {all} voorwaarden was aan {met} voldaan. Dat was niet genoeg.")
        }
        (Lang::Nl, false) => format!(
            "Van {all} voorwaarden was aan {met} voldaan. Dat was genoeg voor wat is gegeven."
        ),
        (Lang::En, true) => format!("Of {all} conditions {met} were met. That was not enough."),
        (Lang::En, false) => {
            format!("Of {all} conditions {met} were met. That was enough for what was given.")
        }
    }
}

/// The searches keep to the period of the search that led here; without one, to the period around the
/// entry. A search must have one.
fn links(lang: Lang, looked: &Looked, filters: &Filters) -> Links {
    let row = &looked.row;
    let month = std::time::Duration::from_hours(30 * 24);
    let (from, until) = if filters.van.is_empty() || filters.tot.is_empty() {
        let around = |at: Timestamp| at.date().to_string();
        (around(row.recorded_at.minus(month)), around(row.recorded_at.plus(month)))
    } else {
        (filters.van.clone(), filters.tot.clone())
    };
    let to = |field: &str, value: &str| {
        let query = [("van", from.as_str()), ("tot", until.as_str()), (field, value)];
        let query = serde_urlencoded::to_string(query).unwrap_or_default();
        format!("/{}/verstrekkingen?{query}", lang.tag())
    };
    Links {
        act: to("handeling", &row.group_id.to_string()),
        case: row.case_ref.as_ref().map(|case| to("zaak", case.as_str())),
        consents: row.case_ref.as_ref().map(|case| {
            let query = serde_urlencoded::to_string([("zaak", case.as_str())]).unwrap_or_default();
            format!("/{}/toestemmingen?{query}", lang.tag())
        }),
        subject: row.subject.map(|_| to("betrokkene", &row.idx.to_string())),
        user: format!("{}&bij={}", to("medewerker", row.actor_user_id.as_str()), row.actor_oin),
    }
}

/// The words of the sentence that do not hang on the language alone.
impl Disclosure {
    fn is_refused(&self) -> bool {
        self.row.why.is_some()
    }

    fn is_emergency(&self) -> bool {
        self.row.class == badge::row(Disposition::Emergency)
    }
}
