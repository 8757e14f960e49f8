//! Logging in: a certificate says who somebody is, and then their organisation's login says it again.
//! The browser goes there and comes back with a code; see [`super::second_factor`].

use askama::Template;
use axum::Router;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Query};
use axum::http::header::{HeaderValue, SET_COOKIE};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::app::{App, see_other};
use super::door::{Ask, Officer};
use super::lang::Lang;
use super::menu::Menu;
use super::page::{self, Frame, not_ours, page};
use super::second_factor::{BACK, Expected, NoLogin};
use super::session;

/// The pages of logging in and out.
pub(super) fn add_to(mut router: Router<App>) -> Router<App> {
    for lang in Lang::ALL.map(Lang::tag) {
        router = router
            .route(&format!("/{lang}/inloggen"), get(begin))
            .route(&format!("/{lang}/uitloggen"), post(leave));
    }
    router.route(BACK, get(end))
}

/// The certificate was right; the login is next.
#[derive(Template)]
#[template(path = "login.html", config = "src/console/askama.toml")]
pub(super) struct Login {
    pub(super) frame: Frame,
    /// What went wrong the last time.
    pub(super) failed: Option<&'static str>,
    /// Where logging in begins.
    pub(super) begin: String,
}

/// On to where the officer was going. A page of its own: a browser that was sent here from another
/// site keeps `Strict` cookies back, and gives them again when a page of ours sends it on.
#[derive(Template)]
#[template(path = "logged_in.html", config = "src/console/askama.toml")]
pub(super) struct LoggedIn {
    pub(super) frame: Frame,
    pub(super) next: String,
}

/// The page that asks to log in, in the place of what was asked for.
pub(super) fn ask_login(ask: &Ask) -> Response {
    let is_page = ask.method() == Method::GET;
    let next = ask.lang.of_page(if is_page { ask.path_and_query() } else { "" });
    login_page(ask, StatusCode::UNAUTHORIZED, None, &next)
}

fn login_page(ask: &Ask, status: StatusCode, failed: Option<NoLogin>, next: &str) -> Response {
    let next = serde_urlencoded::to_string([("verder", next)]).unwrap_or_default();
    let template = Login {
        frame: ask.frame(Menu::Nowhere, None),
        failed: failed.map(|why| why.words(ask.lang)),
        begin: format!("/{}/inloggen?{next}", ask.lang.tag()),
    };
    page(status, &template)
}

/// Where the officer was going.
#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    verder: String,
}

/// To the provider.
async fn begin(ask: Ask, next: Result<Query<Next>, QueryRejection>) -> Response {
    let officer = match ask.recognise() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let next = next.map_or_else(|_| String::new(), |Query(next)| next.verder);
    let next = ask.lang.of_page(&next);
    let Some(second_factor) = ask.app.second_factor() else { return see_other(&next) };
    let sessions = ask.app.sessions();
    let whose = officer.fingerprint();
    let Some(state) = sessions.begin_login(whose) else {
        tracing::error!(event = "console.no_randomness");
        return login_page(
            &ask,
            StatusCode::SERVICE_UNAVAILABLE,
            Some(NoLogin::Unreachable),
            &next,
        );
    };
    match second_factor.question(&state, &sessions.secrets(&state, whose)).await {
        Ok(url) => {
            let mut response = see_other(&url);
            set(&mut response, &session::next_cookie(&next));
            response
        }
        Err(why) => refuse(&ask, why, &next),
    }
}

/// What the provider sends along.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    state: String,
    code: Option<String>,
}

/// From the provider. The path has no language; that of the page to go on to counts.
async fn end(mut ask: Ask, answer: Result<Query<Answer>, QueryRejection>) -> Response {
    let next = session::next_of(ask.headers()).unwrap_or_default();
    ask.lang = Lang::of_path(&next);
    let next = ask.lang.of_page(&next);
    let officer = match ask.recognise() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let answer = answer.map_or(Err(NoLogin::NotBelieved), |Query(answer)| Ok(answer));
    let checked = match answer {
        Ok(answer) => check(&ask, &officer, answer).await,
        Err(why) => Err(why),
    };
    match checked {
        Ok(at) => {
            let frame = ask.frame(Menu::Nowhere, None);
            let mut response = page(StatusCode::OK, &LoggedIn { frame, next });
            set(&mut response, &ask.app.sessions().login_cookie(officer.fingerprint(), at));
            set(&mut response, &session::without_next());
            response
        }
        Err(why) => refuse(&ask, why, &next),
    }
}

/// When the officer logged in, in seconds since 1970.
async fn check(ask: &Ask, officer: &Officer, answer: Answer) -> Result<u64, NoLogin> {
    let second_factor = ask.app.second_factor().ok_or(NoLogin::NotBelieved)?;
    let sessions = ask.app.sessions();
    let whose = officer.fingerprint();
    let begun = sessions.begun_at(&answer.state, whose).ok_or(NoLogin::NotBelieved)?;
    let code = answer.code.ok_or(NoLogin::Refused)?;
    let secrets = sessions.secrets(&answer.state, whose);
    let expected = Expected { user: officer.user(), oin: &officer.oin, since: begun };
    second_factor.check(code, &secrets, &expected).await
}

/// Why there was no login. The log says the kind, and nothing of whom.
fn refuse(ask: &Ask, why: NoLogin, next: &str) -> Response {
    tracing::warn!(event = "console.login_refused", reason = why.code());
    metrics::counter!("ketenpoort_console_logins_refused_total", "reason" => why.code())
        .increment(1);
    login_page(ask, why.status(), Some(why), next)
}

/// A form to log out.
#[derive(Debug, Deserialize)]
struct LeaveForm {
    token: String,
}

/// Forgets the login and the purpose.
async fn leave(ask: Ask, form: Result<Form<LeaveForm>, FormRejection>) -> Response {
    let officer = match ask.admit() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let Ok(Form(form)) = form else { return not_ours(&ask, &officer) };
    if !ask.is_same_origin() || !officer.sent(&ask.app, &form.token) {
        return not_ours(&ask, &officer);
    }
    let mut response = page::left(&ask);
    for cookie in session::ending() {
        set(&mut response, &cookie);
    }
    response
}

fn set(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
}

impl NoLogin {
    const fn status(self) -> StatusCode {
        match self {
            Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused | Self::NotBelieved | Self::Method | Self::AnotherPerson => {
                StatusCode::FORBIDDEN
            }
        }
    }

    /// For the log and the figures.
    const fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::NotBelieved => "not_believed",
            Self::Method => "method",
            Self::AnotherPerson => "another_person",
        }
    }

    pub(super) const fn words(self, lang: Lang) -> &'static str {
        let t = lang.texts();
        match self {
            Self::Unreachable => t.login_unreachable,
            Self::Refused => t.login_refused,
            Self::NotBelieved => t.login_not_believed,
            Self::Method => t.login_method,
            Self::AnotherPerson => t.login_another_person,
        }
    }
}
