//! The second factor of privacy officers: whether the provider answers and offers what is demanded.

use super::Check;
use crate::cli::config::Config;

const NAME: &str = "login of officers";

pub(super) async fn check(config: &Config) -> Option<Check> {
    let needed = config.console.listen.is_some();
    let second_factor = match config.oidc.second_factor() {
        Ok(second_factor) => second_factor,
        Err(error) => {
            let fix = "correct [oidc]; `ketenpoort config reference` explains every key";
            return Some(Check::fail(NAME, format!("{error:#}"), fix));
        }
    };
    let Some(second_factor) = second_factor else {
        // In production the configuration itself asks for more.
        return needed.then(|| Check::ok(NAME, "by certificate alone, as mode = \"test\" permits"));
    };
    let issuer = config.oidc.issuer.as_deref().unwrap_or_default();
    Some(match second_factor.examine().await {
        Ok(()) => Check::ok(NAME, issuer),
        Err(why) => {
            let fix = "nobody comes into the console until the provider works: compare [oidc] with what \
                       it says at <issuer>/.well-known/openid-configuration";
            Check::fail(NAME, format!("{issuer}: {why}"), fix)
        }
    })
}
