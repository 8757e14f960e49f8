//! The second factor: the login of the officer's organisation, by `OpenID` Connect (authorization code
//! with PKCE, `OpenID` Connect Core 1.0 §3.1, RFC 7636).
//!
//! The certificate says who somebody is; the login must say the same. What it says is believed when
//! the provider signed it for us, for this very question (nonce), about the person and the
//! organisation of the certificate, with a method of login (`acr`) that was demanded, and of a login since
//! the question: what a browser still remembers of an earlier one does not count.
//!
//! Nothing is kept between the question and the answer. What must stay secret until then, the nonce and
//! the PKCE verifier, follows from the `state` and the key of the sessions, and the `state` counts for
//! one certificate only: nobody can be made to end a login that somebody else began.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AsyncHttpClient, AuthenticationContextClass, AuthorizationCode,
    AuthorizationRequest, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenClaims,
    IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
};
use serde::{Deserialize, Serialize};

use super::session::{self, SESSION_MAX, SKEW_MAX, Secrets};
use crate::tls::https::{HttpsClient, HttpsError};

/// Where the provider sends the browser back to, below the address of the console.
pub(super) const BACK: &str = "/inloggen/terug";

/// Signatures that are believed. None of them is made with a secret that we have ourselves.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 7] = [
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
];

/// What is asked of a provider, and what must come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRules {
    /// The provider, as it names itself: an `https` address.
    pub issuer: String,
    /// What the provider calls this console.
    pub client_id: String,
    /// The address of the console, without a path, as browsers reach it.
    pub console_url: String,
    /// The methods of login that count (`acr`), at least one.
    pub acr: Vec<String>,
    /// The claim that holds the number of the person, as in the certificate.
    pub user_claim: String,
    /// The claim that holds the number (OIN) of the organisation, as in the certificate.
    pub organisation_claim: String,
}

/// The login of the officers' organisations. Clones are the same.
#[derive(Clone)]
pub struct SecondFactor(Arc<Inner>);

struct Inner {
    rules: LoginRules,
    issuer: IssuerUrl,
    back: RedirectUrl,
    secret: Option<ClientSecret>,
    https: HttpsClient,
}

/// Settings that name no provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecondFactorError {
    /// The issuer is no `https` address.
    #[error("the issuer must be an https address")]
    Issuer,
    /// The console's own address is none.
    #[error("the address of the console must be an https address without a path")]
    Console,
    /// Every login would count.
    #[error("at least one method of login (acr) must be demanded")]
    Method,
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoLogin {
    /// The provider gives no answer, or one that cannot be read.
    Unreachable,
    /// The provider refused, or the person went back.
    Refused,
    /// What the provider said is not to be believed: signature, audience, question or age.
    NotBelieved,
    /// The method of login is not one that was demanded.
    Method,
    /// It is the login of another person than the certificate's.
    AnotherPerson,
}

/// Who must log in.
pub(super) struct Expected<'a> {
    pub(super) user: &'a str,
    pub(super) oin: &'a str,
    /// Not before this second since 1970: what a browser still remembers of an earlier login is none.
    pub(super) since: u64,
}

/// All claims that the standard does not name.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OtherClaims(BTreeMap<String, serde_json::Value>);

impl AdditionalClaims for OtherClaims {}

type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// A client of a provider of which the metadata are known.
type Known = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl SecondFactor {
    /// The login at a provider. `client_secret` is what the provider gave us to be recognised by; a
    /// provider may do with PKCE alone.
    pub fn new(
        rules: LoginRules,
        client_secret: Option<String>,
        https: HttpsClient,
    ) -> Result<Self, SecondFactorError> {
        let issuer = IssuerUrl::new(rules.issuer.clone()).or(Err(SecondFactorError::Issuer))?;
        if issuer.url().scheme() != "https" {
            return Err(SecondFactorError::Issuer);
        }
        let console = RedirectUrl::new(rules.console_url.clone());
        let console = console.or(Err(SecondFactorError::Console))?;
        let origin = console.url().origin().ascii_serialization();
        if console.url().scheme() != "https" || rules.console_url.trim_end_matches('/') != origin {
            return Err(SecondFactorError::Console);
        }
        let back =
            RedirectUrl::new(format!("{origin}{BACK}")).or(Err(SecondFactorError::Console))?;
        if rules.acr.is_empty() {
            return Err(SecondFactorError::Method);
        }
        let secret = client_secret.map(ClientSecret::new);
        Ok(Self(Arc::new(Inner { rules, issuer, back, secret, https })))
    }

    /// Whether the provider answers and offers what is needed: for `ketenpoort doctor`.
    pub async fn examine(&self) -> Result<(), &'static str> {
        let metadata = self.metadata().await.or(Err("it gives no metadata"))?;
        if metadata.token_endpoint().is_none() {
            return Err("it has no token endpoint");
        }
        let offered = metadata.id_token_signing_alg_values_supported();
        if !offered.iter().any(|one| ALGORITHMS.contains(one)) {
            return Err("it signs with no algorithm that is believed here");
        }
        let known = metadata.acr_values_supported().is_none_or(|values| {
            values.iter().any(|value| self.0.rules.acr.iter().any(|one| one == value.as_str()))
        });
        if known { Ok(()) } else { Err("it knows none of the methods of login in oidc.acr") }
    }

    /// Where the browser goes to log in.
    pub(super) async fn question(&self, state: &str, secrets: &Secrets) -> Result<String, NoLogin> {
        let client = self.client().await?;
        let verifier = PkceCodeVerifier::new(secrets.verifier.clone());
        let (state, nonce) = (state.to_owned(), secrets.nonce.clone());
        // `acr_values` is a wish (§3.1.2.1); an essential claim is a demand (§5.5.1.1).
        let rules = &self.0.rules;
        let demanded = serde_json::json!({ "id_token": {
            "acr": { "essential": true, "values": rules.acr },
            (&rules.user_claim): { "essential": true },
            (&rules.organisation_claim): { "essential": true },
        } });
        let question = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_prompt(CoreAuthPrompt::Login)
            // So that the answer must say when it was (§3.1.2.1).
            .set_max_age(SESSION_MAX)
            .add_extra_param("claims", demanded.to_string());
        let methods = rules.acr.iter().cloned().map(AuthenticationContextClass::new);
        let (url, _, _) =
            methods.fold(question, AuthorizationRequest::add_auth_context_value).url();
        Ok(url.into())
    }

    /// When the person of the certificate logged in, in seconds since 1970, as the provider says of
    /// this code.
    pub(super) async fn check(
        &self,
        code: String,
        secrets: &Secrets,
        expected: &Expected<'_>,
    ) -> Result<u64, NoLogin> {
        let client = self.client().await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .or(Err(NoLogin::Unreachable))?
            .set_pkce_verifier(PkceCodeVerifier::new(secrets.verifier.clone()))
            .request_async(&self.0.https)
            .await
            .or(Err(NoLogin::NotBelieved))?;
        let token = tokens.id_token().ok_or(NoLogin::NotBelieved)?;
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        let nonce = Nonce::new(secrets.nonce.clone());
        let claims = token.claims(&verifier, &nonce).or(Err(NoLogin::NotBelieved))?;
        self.compare(claims, expected)?;
        let at = claims.auth_time().and_then(|at| u64::try_from(at.timestamp()).ok());
        at.filter(|at| is_since(*at, expected.since)).ok_or(NoLogin::NotBelieved)
    }

    fn compare(
        &self,
        claims: &IdTokenClaims<OtherClaims, CoreGenderClaim>,
        expected: &Expected<'_>,
    ) -> Result<(), NoLogin> {
        let rules = &self.0.rules;
        let method = claims.auth_context_ref().map(|class| class.as_str());
        if !method.is_some_and(|method| rules.acr.iter().any(|one| one == method)) {
            return Err(NoLogin::Method);
        }
        // Claims of the standard and others in one place: either may name the person.
        let claims = serde_json::to_value(claims).or(Err(NoLogin::NotBelieved))?;
        let says = |name: &str, value: &str| {
            claims.get(name).and_then(serde_json::Value::as_str).is_some_and(|said| said == value)
        };
        if says(&rules.user_claim, expected.user) && says(&rules.organisation_claim, expected.oin) {
            Ok(())
        } else {
            Err(NoLogin::AnotherPerson)
        }
    }

    /// The provider's own words about itself, asked for at every login: keys change.
    async fn metadata(&self) -> Result<CoreProviderMetadata, NoLogin> {
        CoreProviderMetadata::discover_async(self.0.issuer.clone(), &self.0.https)
            .await
            .or(Err(NoLogin::Unreachable))
    }

    async fn client(&self) -> Result<Known, NoLogin> {
        let metadata = self.metadata().await?;
        let id = ClientId::new(self.0.rules.client_id.clone());
        let client = Known::from_provider_metadata(metadata, id, self.0.secret.clone());
        Ok(client.set_redirect_uri(self.0.back.clone()))
    }
}

/// Whether a moment lies between the question and now, both in seconds since 1970, as far as two clocks
/// agree.
fn is_since(at: u64, question: u64) -> bool {
    let skew = SKEW_MAX.as_secs();
    at + skew >= question && at <= session::now() + skew
}

/// What the library asks, our client asks.
impl<'c> AsyncHttpClient<'c> for HttpsClient {
    type Error = HttpsError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpsError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

impl fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecondFactor").field(&self.0.rules).finish()
    }
}
