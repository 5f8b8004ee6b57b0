//! A proxy of the shop's or the company's network: documents go through it as
//! they are, inside TLS that ends at the platform (HTTP `CONNECT`, RFC 9110
//! section 9.3.6). It is named by the settings alone, never by the environment.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use thiserror::Error;
use zeroize::Zeroizing;

/// Longest name and password together.
const LONGEST: usize = 512;

/// Where the proxy is and how the till names itself to it.
#[derive(Clone)]
pub struct Proxy {
    host: String,
    port: u16,
    /// The value of `Proxy-Authorization`.
    authorization: Option<Zeroizing<String>>,
}

/// What cannot be used as a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProxyError {
    #[error("the proxy must be written as http://HOST:PORT, such as http://192.168.1.1:3128")]
    Form,
    #[error(
        "the proxy's address carries a name or a password, which settings must not. Write NAME:PASSWORD into a file \
         that only tilld's user can read, and name it in proxy_credentials_file"
    )]
    Secret,
    #[error("the proxy's credentials must be one line NAME:PASSWORD of at most 512 bytes")]
    Credentials,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.authorization.is_some();
        f.debug_struct("Proxy").field("address", &self.address()).field("credentials", &named).finish()
    }
}

impl Proxy {
    /// Reads `http://HOST:PORT`; the port is 80 if none is named.
    ///
    /// # Errors
    /// Shows nothing of the text, which may hold a secret.
    pub fn parse(text: &str) -> Result<Proxy, ProxyError> {
        let url = Url::parse(text).map_err(|_| ProxyError::Form)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ProxyError::Secret);
        }
        let plain = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().filter(|host| !host.is_empty());
        match (url.scheme(), host, url.port_or_known_default()) {
            ("http", Some(host), Some(port)) if plain && port != 0 => {
                Ok(Proxy { host: host.to_owned(), port, authorization: None })
            }
            _ => Err(ProxyError::Form),
        }
    }

    /// With the line `NAME:PASSWORD`, a line end behind it or not (RFC 7617).
    ///
    /// # Errors
    /// If it is anything else; shows nothing of it.
    pub fn with_credentials(mut self, line: &[u8]) -> Result<Proxy, ProxyError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let named = line.iter().position(|byte| *byte == b':').is_some_and(|at| at > 0);
        if !named || line.len() > LONGEST || line.iter().any(u8::is_ascii_control) {
            return Err(ProxyError::Credentials);
        }
        let encoded = Zeroizing::new(STANDARD.encode(line));
        self.authorization = Some(Zeroizing::new(format!("Basic {}", *encoded)));
        Ok(self)
    }

    /// `http://HOST:PORT`; holds no secret.
    pub fn address(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    /// The host; an IPv6 address without its brackets.
    pub(super) fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn authorization(&self) -> Option<&str> {
        self.authorization.as_ref().map(|value| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain() {
        for (text, address) in [
            ("http://192.168.1.1:3128", "http://192.168.1.1:3128"),
            ("http://proxy.example/", "http://proxy.example:80"),
            ("http://[fd00::1]:8080", "http://[fd00::1]:8080"),
        ] {
            assert_eq!(Proxy::parse(text).unwrap().address(), address);
        }
        assert_eq!(Proxy::parse("http://[fd00::1]:8080").unwrap().host(), "fd00::1");
        for bad in [
            "",
            "proxy.example:3128",
            "https://proxy.example:3128",
            "socks5://proxy.example:1080",
            "http://proxy.example:0",
            "http://proxy.example/path",
            "http://proxy.example/?x",
            "http://proxy.example/#x",
            "http://",
        ] {
            assert_eq!(Proxy::parse(bad).err(), Some(ProxyError::Form), "{bad}");
        }
        for secret in
            ["http://till:hush@proxy.example:3128", "http://till@proxy.example", "http://:hush@proxy"]
        {
            let error = Proxy::parse(secret).unwrap_err();
            assert_eq!(error, ProxyError::Secret, "{secret}");
            assert!(!error.to_string().contains("hush"));
        }
    }

    #[test]
    fn credentials_are_one_line_and_stay_hidden() {
        let proxy = || Proxy::parse("http://proxy.example:3128").unwrap();
        for line in ["till:hush:hush", "till:hush:hush\n", "till:hush:hush\r\n"] {
            let with = proxy().with_credentials(line.as_bytes()).unwrap();
            assert_eq!(with.authorization(), Some("Basic dGlsbDpodXNoOmh1c2g="));
            let shown = format!("{with:?} {}", with.address());
            assert!(!shown.contains("hush") && !shown.contains("dGlsbD"), "{shown}");
        }
        assert!(proxy().with_credentials(b"till:").is_ok(), "a password may be empty");
        let long = format!("till:{}", "x".repeat(LONGEST));
        for bad in ["", "\n", "till", ":hush", "till:hush\nmore", long.as_str()] {
            assert_eq!(proxy().with_credentials(bad.as_bytes()).err(), Some(ProxyError::Credentials));
        }
    }
}
