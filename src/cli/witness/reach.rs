//! The other side: bringing a checkpoint to a witness over HTTPS.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use http::Request;
use http::header::CONTENT_TYPE;

use crate::gateway::witnesses::{Reach, Reply, Unreached};
use crate::ledger::note::KeyName;
use crate::tls::https::HttpsClient;

/// Witnesses by their addresses.
#[derive(Debug)]
pub(in crate::cli) struct HttpsReach {
    https: HttpsClient,
    addresses: BTreeMap<String, String>,
}

impl HttpsReach {
    /// The addresses of the witnesses with these keys.
    pub(in crate::cli) fn new<'a>(
        https: HttpsClient,
        addresses: impl Iterator<Item = (&'a KeyName, &'a str)>,
    ) -> Self {
        let addresses = addresses.map(|(name, url)| (name.to_string(), url.to_owned())).collect();
        Self { https, addresses }
    }

    async fn ask(&self, witness: &KeyName, request: String) -> Result<Reply, Unreached> {
        let unreached = |why: &dyn std::fmt::Display| Unreached(why.to_string());
        let address = self.addresses.get(witness.as_str());
        let address = address.ok_or_else(|| unreached(&"its address is not known"))?;
        let request = Request::post(format!("{address}/add-checkpoint"))
            .header(CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(request.into_bytes())
            .map_err(|error| unreached(&error))?;
        let answer = self.https.ask(request).await.map_err(|error| unreached(&error))?;
        let status = answer.status().as_u16();
        let body = String::from_utf8(answer.into_body());
        Ok(Reply { status, body: body.map_err(|_unread| unreached(&"its answer is not text"))? })
    }
}

impl Reach for HttpsReach {
    fn add_checkpoint<'a>(
        &'a self,
        witness: &'a KeyName,
        request: String,
    ) -> Pin<Box<dyn Future<Output = Result<Reply, Unreached>> + Send + 'a>> {
        Box::pin(self.ask(witness, request))
    }
}
