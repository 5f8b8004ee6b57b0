//! Where calls go, checked before the first byte: HTTPS always, another host
//! than the authority's only on loopback.

use reqwest::Url;
use thiserror::Error;

use super::environment::Environment;
use super::proxy::Proxy;

/// A base URL that may be called, and what else is trusted there.
#[derive(Clone, Debug)]
pub struct Endpoint {
    environment: Environment,
    base: Url,
    extra_ca: Option<Vec<u8>>,
    proxy: Option<Proxy>,
}

/// An address that tilld refuses to send documents to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    #[error("the platform address `{address}` is not a URL: {detail}")]
    NotAUrl { address: String, detail: String },
    #[error(
        "the platform address `{address}` points to another host; only a loopback address \
         (127.0.0.1, ::1, localhost) may replace {official}"
    )]
    NotLoopback { address: String, official: &'static str },
    #[error("the platform address `{address}` must begin with https:// or http://")]
    Scheme { address: String },
    #[error("the platform address must carry no user name, password, query or fragment")]
    Decorated,
}

impl Endpoint {
    /// The authority's own address of `environment`.
    pub fn official(environment: Environment) -> Result<Endpoint, EndpointError> {
        Endpoint::new(environment, None)
    }

    /// `base_override` replaces the official address. It is accepted only for
    /// a loopback host, where plain http is allowed as well: documents and
    /// secrets never leave for any other host than the authority's.
    pub fn new(environment: Environment, base_override: Option<&str>) -> Result<Endpoint, EndpointError> {
        let address = base_override.unwrap_or(environment.base_url());
        let base = parse(address)?;
        if base_override.is_some() && base.as_str() != parse(environment.base_url())?.as_str() {
            check_override(&base, address, environment)?;
        }
        Ok(Endpoint { environment, base, extra_ca: None, proxy: None })
    }

    /// Trusts the certificates of a PEM file as well: for a test authority on
    /// loopback, or a company's own TLS proxy. Verification stays on.
    #[must_use]
    pub fn with_extra_ca(mut self, pem: Vec<u8>) -> Endpoint {
        self.extra_ca = Some(pem);
        self
    }

    /// Goes through a proxy, unless the address is one of this machine.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Proxy) -> Endpoint {
        self.proxy = Some(proxy);
        self
    }

    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// Base URL without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The host as it stands in the address; an IPv6 address without its brackets.
    pub(super) fn host(&self) -> &str {
        let host = self.base.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, that of the scheme if the address names none.
    pub(super) fn port(&self) -> u16 {
        self.base.port_or_known_default().unwrap_or(443)
    }

    /// Whether TLS is spoken there.
    pub(super) fn is_secure(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Host and port as a `Host` header has them.
    pub(super) fn authority(&self) -> &str {
        self.base.authority()
    }

    /// Path of the base URL, at least a slash.
    pub(super) fn path(&self) -> &str {
        self.base.path()
    }

    /// None on loopback, where a proxy would look for itself.
    pub(super) fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|_| !is_loopback(&self.base))
    }

    pub(super) fn extra_ca(&self) -> Option<&[u8]> {
        self.extra_ca.as_deref()
    }

    /// The full address of a call; `path` begins with a slash.
    pub(super) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base_url())
    }
}

fn parse(address: &str) -> Result<Url, EndpointError> {
    Url::parse(address)
        .map_err(|error| EndpointError::NotAUrl { address: address.to_owned(), detail: error.to_string() })
}

fn check_override(base: &Url, address: &str, environment: Environment) -> Result<(), EndpointError> {
    if !base.username().is_empty()
        || base.password().is_some()
        || base.query().is_some()
        || base.fragment().is_some()
    {
        return Err(EndpointError::Decorated);
    }
    if !matches!(base.scheme(), "https" | "http") {
        return Err(EndpointError::Scheme { address: address.to_owned() });
    }
    if !is_loopback(base) {
        let official = environment.base_url();
        return Err(EndpointError::NotLoopback { address: address.to_owned(), official });
    }
    Ok(())
}

/// An address literal, or the one name that always means this machine.
fn is_loopback(base: &Url) -> bool {
    let Some(host) = base.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(address: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::new(Environment::Production, Some(address))
    }

    #[test]
    fn the_official_addresses_are_https() {
        for environment in Environment::ALL {
            let endpoint = Endpoint::official(environment).expect("official");
            assert_eq!(endpoint.base_url(), environment.base_url());
            assert!(endpoint.join("/compliance").starts_with("https://gw-fatoora.zatca.gov.sa/e-invoicing/"));
            assert!(with(environment.base_url()).is_ok() == (environment == Environment::Production));
        }
    }

    #[test]
    fn loopback_may_replace_it() {
        for good in
            ["http://127.0.0.1:8080/x", "https://[::1]:1/y/", "http://localhost:9", "https://127.8.8.8/"]
        {
            let endpoint = with(good).expect(good);
            assert!(!endpoint.join("/compliance").contains("//compliance"));
        }
    }

    #[test]
    fn loopback_knows_no_proxy() {
        let proxy = || Proxy::parse("http://192.168.1.1:3128").expect("a proxy");
        for environment in Environment::ALL {
            let endpoint = Endpoint::official(environment).expect("official").with_proxy(proxy());
            assert!(endpoint.proxy().is_some());
        }
        for here in ["http://127.0.0.1:8080/x", "https://localhost:9", "https://[::1]:1/"] {
            assert!(with(here).expect(here).with_proxy(proxy()).proxy().is_none(), "{here}");
        }
    }

    #[test]
    fn nothing_else_may() {
        for bad in [
            "http://gw-fatoora.zatca.gov.sa/e-invoicing/core",
            "https://example.com/",
            "http://127.0.0.1.example.com/",
            "https://localhost.example.com/",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "http://user:pw@127.0.0.1/",
            "http://127.0.0.1/?q=1",
            "127.0.0.1:80",
            "",
            "http://0.0.0.0/",
            "http://[::ffff:10.0.0.1]/",
        ] {
            assert!(with(bad).is_err(), "{bad}");
        }
    }
}
