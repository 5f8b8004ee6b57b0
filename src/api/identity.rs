//! The routes of the till's identity: onboarding, replacement, renewal. They
//! are for the machine's administrator and the service's own user; one-time
//! passwords pass through here and stay nowhere.

use std::fmt;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::Response;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::issue::{caller, json_only};
use super::problem::{Problem, ProblemCode};
use super::routes::{Shared, json};
use super::service::{Caller, IdentityOrder, IdentityTask, Till};
use crate::text::Bilingual;

/// Where these routes lie; bodies sent there are wiped from memory.
pub(super) const PREFIX: &str = "/v1/identity";

/// The body of both requests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    otp: Option<Secret>,
    /// The till's name: says that a live identity may be replaced.
    #[serde(default)]
    replace: Option<String>,
}

/// A text that is wiped when it is dropped.
struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Secret;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text of six digits")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret(Zeroizing::new(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// `GET /v1/identity`
pub(super) async fn show<T: Till>(
    State(api): Shared<T>,
    extensions: Extensions,
) -> Result<Response, Problem> {
    administrator(caller(&extensions))?;
    json(StatusCode::OK, &api.within(api.till.identity()).await?)
}

/// `POST /v1/identity/onboarding`; takes as long as it takes.
pub(super) async fn onboard<T: Till>(
    State(api): Shared<T>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let caller = caller(&extensions);
    administrator(caller)?;
    let Body { otp, replace } = read(&headers, &body)?;
    let task = replace.map_or(IdentityTask::Onboard, |till| IdentityTask::Replace { till });
    let order = IdentityOrder { task, otp: digits(otp)?, caller };
    json(StatusCode::OK, &api.till.change_identity(order).await?)
}

/// `POST /v1/identity/renewal`; takes as long as it takes.
pub(super) async fn renew<T: Till>(
    State(api): Shared<T>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let caller = caller(&extensions);
    administrator(caller)?;
    let Body { otp, replace } = read(&headers, &body)?;
    if replace.is_some() {
        return Err(malformed());
    }
    let order = IdentityOrder { task: IdentityTask::Renew, otp: digits(otp)?, caller };
    json(StatusCode::OK, &api.till.change_identity(order).await?)
}

/// Root, and the user that the till runs as; nobody else may touch the identity.
fn administrator(caller: Caller) -> Result<(), Problem> {
    let own = rustix::process::geteuid().as_raw();
    match caller.uid {
        Some(uid) if uid == 0 || uid == own => Ok(()),
        _ => Err(ProblemCode::NotAllowed.into()),
    }
}

/// What the JSON library says of a wrong body is not told: it may repeat the OTP.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<Body, Problem> {
    json_only(headers)?;
    // The library would take a list for an object, too.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(malformed());
    }
    serde_json::from_slice(body).map_err(|_| malformed())
}

fn malformed() -> Problem {
    let words = Bilingual::new(
        "Send {\"otp\": \"123456\"} with the six digits of the Fatoora portal; an onboarding may also have \
         \"replace\" with the till's name. Nothing was changed.",
        "أرسل {\"otp\": \"123456\"} بالأرقام الستة من بوابة فاتورة، ويمكن أن يحمل طلب التسجيل \"replace\" باسم الجهاز. \
         لم يتغير شيء.",
    );
    Problem::explained(ProblemCode::InvalidIdentity, words)
}

fn digits(otp: Option<Secret>) -> Result<Option<Zeroizing<String>>, Problem> {
    let Some(Secret(text)) = otp else { return Ok(None) };
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Some(text));
    }
    Err(malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrator_and_the_service_itself_and_nobody_else() {
        let as_user = |uid| administrator(Caller { uid, ..Caller::default() });
        let own = rustix::process::geteuid().as_raw();
        assert!(as_user(Some(0)).is_ok() && as_user(Some(own)).is_ok());
        for stranger in [Some(own.wrapping_add(1)), Some(u32::MAX - 1), None] {
            assert_eq!(as_user(stranger).unwrap_err().code, ProblemCode::NotAllowed, "{stranger:?}");
        }
    }

    #[test]
    fn a_body_that_is_not_understood_is_not_repeated() {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", axum::http::HeaderValue::from_static("application/json"));
        let wrong = [
            r#"{"otp": 864213}"#,
            r#"{"otp": "86421"}"#,
            r#"{"otp": "8642130"}"#,
            r#"{"otp": "86421x"}"#,
            r#"{"otp": "864213", "864213": 1}"#,
            r#"["864213"]"#,
            "864213",
            "",
        ];
        for body in wrong {
            let problem = match read(&headers, body.as_bytes()) {
                Ok(Body { otp, .. }) => digits(otp).map(drop).unwrap_err(),
                Err(problem) => problem,
            };
            assert_eq!(problem.code, ProblemCode::InvalidIdentity, "{body}");
            assert!(!format!("{problem:?}").contains("8642"), "{problem:?}");
        }
        let body = read(&headers, br#"{"otp": "864213", "replace": "T07"}"#).ok().unwrap();
        assert_eq!(body.replace.as_deref(), Some("T07"));
        assert_eq!(digits(body.otp).unwrap().unwrap().as_str(), "864213");
        let empty = read(&headers, b"{}").ok().unwrap();
        assert!(empty.otp.is_none() && empty.replace.is_none());
    }
}
