//! The way to the receivers, so that a simulated network can take the place of the real one.
//!
//! 1. The sender hands over a signed request whose URL the guard has let pass, and keeps the time.
//! 2. [`Internet`] connects to checked addresses only, follows no redirect and asks no proxy.

use super::guard::{CheckedResolver, Guard, Lookup};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::notify as codes;
use crate::foreign;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Request, Response};
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A future answer whose body is still to be read, or why there is none. Dropped, it breaks the exchange off.
pub type Exchange = Pin<Box<dyn Future<Output = Result<Response, String>> + Send>>;

/// Carries requests to receivers.
pub trait Network: Send + Sync {
    /// Makes one exchange. What it says about a failure never names the URL: its query may hold a secret.
    fn exchange(&self, request: Request) -> Exchange;
}

/// The real network.
pub struct Internet {
    https: Client,
    http: Client,
}

impl Internet {
    /// A network of public addresses and of those that the guard allows.
    ///
    /// # Errors
    /// When the client cannot be set up.
    pub fn new(guard: &Guard, lookup: &Arc<dyn Lookup>, connect: Duration) -> Result<Internet, Diagnostic> {
        // A second installation in one process changes nothing; either way a provider is there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let build = |builder: ClientBuilder, allowed_only: bool| {
            let resolver = CheckedResolver { guard: guard.clone(), lookup: Arc::clone(lookup), allowed_only };
            builder
                .dns_resolver(resolver)
                .redirect(Policy::none())
                .no_proxy()
                .connect_timeout(connect)
                .pool_max_idle_per_host(8)
                .build()
                .map_err(|error| Diagnostic::general(&codes::SENDER_UNAVAILABLE).reason(foreign::cause(&error)))
        };
        let https = build(Client::builder().https_only(true), false)?;
        // This one never speaks TLS: without roots it also starts on a machine that has no certificates.
        let http = build(Client::builder().tls_certs_only([]), true)?;
        Ok(Internet { https, http })
    }
}

impl Network for Internet {
    fn exchange(&self, request: Request) -> Exchange {
        let client = if request.url().scheme() == "https" { &self.https } else { &self.http };
        let answer = client.execute(request);
        Box::pin(async move { answer.await.map_err(|error| failure(&error)) })
    }
}

/// What went wrong before an answer came.
fn failure(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the exchange broke off"
    };
    format!("{kind}: {}", causes(error))
}

/// The chain of causes below an error of the client; the error itself would name the URL.
fn causes(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    if texts.is_empty() { "no cause given".to_owned() } else { texts.join(": ") }
}
