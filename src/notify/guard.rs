//! Which addresses webhooks may reach (protection against server-side request forgery).
//!
//! 1. [`Guard::check_url`] refuses a URL by its text: scheme, credentials, a literal address in any notation. Clients
//!    never ask a resolver about literals, so this check cannot be left to step 3.
//! 2. [`Guard::check_reachable`] also resolves the name, when an endpoint is created, so that a mistake shows at once.
//! 3. [`CheckedResolver`] is the only resolver of the sender's clients: it hands out checked addresses alone, at every
//!    connection anew, so a name that changes its address later (DNS rebinding) gains nothing.

use crate::diagnostic::codes::notify as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::foreign;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

/// IPv4 networks that are not the public internet, or that hand out secrets of the machine (metadata services).
const REFUSED_V4: [(Ipv4Addr, u8); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Special networks inside 2000::/3; everything outside of it is refused anyway: Teredo and its neighbours,
/// documentation, 6to4, documentation again.
const REFUSED_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Decides about addresses.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Networks that the operator allows although they are not public; http is possible there as well.
    pub allowed: Vec<IpNet>,
}

impl Guard {
    /// Whether the operator allowed this address by name.
    pub fn is_allowed(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|net| net.contains(&address))
    }

    /// Whether webhooks may be sent to this address.
    pub fn permits(&self, address: IpAddr) -> bool {
        self.is_allowed(address) || is_public(address)
    }

    /// Reads a URL and refuses what can be refused without resolving its name.
    ///
    /// # Errors
    /// When the URL cannot be called, or must not be.
    pub fn check_url(&self, text: &str) -> Result<Url, Diagnostic> {
        let invalid = |reason: Words| Diagnostic::general(&codes::URL_INVALID).arg("url", shown(text)).reason(reason);
        let url = Url::parse(text).map_err(|error| invalid(foreign::url(error)))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Diagnostic::general(&codes::URL_NOT_HTTPS).arg("url", shown(text)));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Diagnostic::general(&codes::URL_CREDENTIALS));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| invalid(Words::new("it has no host", "缺少主机名")))?;
        if let Some(address) = literal(host) {
            self.check_address(host, address, url.scheme(), text)?;
        }
        Ok(url)
    }

    /// As [`Guard::check_url`], and every address of the name is checked as well.
    ///
    /// # Errors
    /// When the URL cannot be called, or must not be.
    pub async fn check_reachable(&self, text: &str, lookup: &dyn Lookup) -> Result<Url, Diagnostic> {
        let url = self.check_url(text)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if literal(&host).is_some() {
            return Ok(url);
        }
        let addresses = lookup.addresses(host.clone()).await.unwrap_or_default();
        if addresses.is_empty() {
            return Err(Diagnostic::general(&codes::HOST_UNRESOLVED).arg("host", host));
        }
        for address in addresses {
            self.check_address(&host, address, url.scheme(), text)?;
        }
        Ok(url)
    }

    fn check_address(&self, host: &str, address: IpAddr, scheme: &str, text: &str) -> Result<(), Diagnostic> {
        if !self.permits(address) {
            return Err(Diagnostic::general(&codes::ADDRESS_REFUSED).arg("host", host).arg("address", address.to_canonical()));
        }
        if scheme == "http" && !self.is_allowed(address) {
            return Err(Diagnostic::general(&codes::URL_NOT_HTTPS).arg("url", shown(text)));
        }
        Ok(())
    }
}

/// The URL as it may stand in logs and messages: scheme and host. Many services keep a token in the path.
pub fn shown(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        let text = if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") };
        return text.chars().take(256).collect();
    };
    let hidden = url.path().len() > 1;
    url.set_path(if hidden { "/…" } else { "/" });
    without_query(url.as_str()).replace("%E2%80%A6", "…")
}

/// The URL as it may be listed where its path holds no token: without query, fragment and credentials.
pub fn without_query(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return shown(text) };
    url.set_query(None);
    url.set_fragment(None);
    // Schemes that cannot carry credentials refuse these; nothing is lost then.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.as_str().chars().take(256).collect()
}

/// Whether messages may link below this URL.
///
/// # Errors
/// When it is no plain address of a web server.
pub fn check_public_url(text: &str) -> Result<(), Diagnostic> {
    let fits = |url: &Url| {
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && plain
    };
    let url = Url::parse(text).ok().filter(fits);
    url.map(|_| ()).ok_or_else(|| Diagnostic::general(&codes::PUBLIC_URL).arg("url", shown(text)))
}

/// The address, when the host of a parsed URL is one. The parser has already turned `0x7f.1`, `2130706433` and
/// `127.1` into `127.0.0.1`.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether an address belongs to the public internet. Addresses that carry another one inside are judged by it.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !REFUSED_V4.iter().any(|&(net, prefix)| Ipv4Net::new_assert(net, prefix).contains(&address)),
        IpAddr::V6(address) => {
            let within = |&(net, prefix): &(Ipv6Addr, u8)| Ipv6Net::new_assert(net, prefix).contains(&address);
            within(&GLOBAL_V6) && !REFUSED_V6.iter().any(within)
        }
    }
}

/// A future list of addresses.
pub type Looking = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync {
    /// All addresses of the name.
    fn addresses(&self, host: String) -> Looking;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, host: String) -> Looking {
        Box::pin(async move { Ok(tokio::net::lookup_host((host.as_str(), 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// Hands checked addresses to a client, and no others.
pub struct CheckedResolver {
    /// What is allowed.
    pub guard: Guard,
    /// Where addresses come from.
    pub lookup: Arc<dyn Lookup>,
    /// For plain http: only addresses that the operator allowed by name.
    pub allowed_only: bool,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let (guard, allowed_only) = (self.guard.clone(), self.allowed_only);
        let looking = self.lookup.addresses(host.clone());
        Box::pin(async move {
            let found = looking.await?;
            let fits = |address: &IpAddr| if allowed_only { guard.is_allowed(*address) } else { guard.permits(*address) };
            let checked: Vec<SocketAddr> = found.iter().filter(|address| fits(address)).map(|&address| (address, 0).into()).collect();
            match found.first() {
                Some(address) if checked.is_empty() => Err(format!("address refused: {host} leads to {address}").into()),
                None => Err(format!("the name {host} has no address").into()),
                _ => Ok(Box::new(checked.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests;
