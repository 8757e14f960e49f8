//! What every answer tells the browser.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;

/// Nothing but our own script, style, pictures and forms; no text may become markup.
macro_rules! policy {
    ($more:literal) => {
        concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; ",
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; ",
            "require-trusted-types-for 'script'; trusted-types 'none'",
            $more
        )
    };
}

const POLICY: &str = policy!("");
/// The page where the browser verifies many entries asks this site for them. No other page asks for
/// anything.
const POLICY_THAT_ASKS: &str = policy!("; connect-src 'self'");

const FIXED: [(HeaderName, &str); 5] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

pub(super) async fn on_everything(request: Request, next: Next) -> Response {
    let policy = if asks(request.uri().path()) { POLICY_THAT_ASKS } else { POLICY };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether the page is that of the integrity of the ledger, in any language and with any answer to a form.
fn asks(path: &str) -> bool {
    path.split('/').nth(2) == Some("integriteit")
}
