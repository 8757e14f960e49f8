//! Style, script and picture: part of the binary, with a digest of what they hold in their name, so
//! that a browser may keep them for ever.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

/// One file.
pub(super) struct Asset {
    /// Where a page finds it.
    pub(super) path: String,
    pub(super) content: String,
    kind: &'static str,
}

impl Asset {
    fn new(name: &str, extension: &str, kind: &'static str, content: &str) -> Self {
        let content = content.to_owned();
        let digest = digest::digest(&digest::SHA256, content.as_bytes());
        let digest: String = hex::encode(digest).chars().take(16).collect();
        Self { path: format!("/s/{name}.{digest}.{extension}"), content, kind }
    }
}

pub(super) static CSS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("app", "css", "text/css; charset=utf-8", include_str!("static/app.css"))
});
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let script = without_comments(include_str!("static/verify.js"));
    Asset::new("verify", "js", "text/javascript; charset=utf-8", &script)
});
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("static/icon.svg")));

/// The script as it travels: whoever changes it reads why, every browser that loads it does not. Lines stay
/// lines, so what a browser says of one can be found.
fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.filter(|line| !line.starts_with("//")).fold(String::new(), |all, line| all + line + "\n")
}

/// Where a page finds what belongs to it.
#[derive(Clone, Copy)]
pub(super) struct Files {
    pub(super) css: &'static str,
    pub(super) script: &'static str,
    pub(super) icon: &'static str,
}

impl Files {
    pub(super) fn new() -> Self {
        Self { css: &CSS.path, script: &SCRIPT.path, icon: &ICON.path }
    }
}

pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let path = format!("/s/{name}");
    match [&CSS, &SCRIPT, &ICON].into_iter().find(|asset| asset.path == path) {
        Some(asset) => (
            [
                (CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
                (CACHE_CONTROL, HeaderValue::from_static("max-age=31536000, immutable")),
            ],
            asset.content.as_str(),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What CONSOLE §1.5 and the issue allow.
    #[test]
    fn style_and_script_stay_small() {
        assert!(CSS.content.len() <= 25 * 1024, "{}", CSS.content.len());
        assert!(SCRIPT.content.len() <= 8 * 1024, "{}", SCRIPT.content.len());
    }

    #[test]
    fn the_script_travels_without_its_comments_and_is_otherwise_the_same() {
        let script = "// Why.\nconst a = 1; // What.\n\n  // More.\n  b();\n";
        assert_eq!(without_comments(script), "const a = 1; // What.\nb();\n");
    }

    #[test]
    fn a_name_changes_with_its_content() {
        let one = Asset::new("a", "css", "text/css", "one");
        let two = Asset::new("a", "css", "text/css", "two");
        assert_ne!(one.path, two.path);
        assert_eq!(one.path, "/s/a.7692c3ad3540bb80.css");
    }
}
