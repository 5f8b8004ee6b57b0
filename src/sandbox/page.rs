//! Answers as they go out: status, media type, body and the few headers that matter.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, DATE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::book::Endpoint;
use super::calendar;
use super::documents;
use super::faults::{FaultAction, FaultRule, Form, RetryAfter};
use super::office::{Note, Outcome};

/// One answer.
pub(super) struct Page {
    pub(super) status: u16,
    media: Option<&'static str>,
    body: String,
    retry_after: Option<String>,
}

impl Page {
    pub(super) fn json(status: u16, body: &Value) -> Page {
        Page { status, media: Some("application/json"), body: body.to_string(), retry_after: None }
    }

    pub(super) fn of(outcome: &Outcome) -> Page {
        Page::json(outcome.status, &outcome.body)
    }

    fn html(status: u16, title: &str) -> Page {
        let body = format!(
            "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n\
             <center><h1>{status} {title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        );
        Page { status, media: Some("text/html"), body, retry_after: None }
    }

    fn bare(status: u16, media: Option<&'static str>, body: &str) -> Page {
        Page { status, media, body: body.to_owned(), retry_after: None }
    }

    /// The page that a rule plays on a call with this evaluation.
    pub(super) fn played(rule: &FaultRule, endpoint: Endpoint, outcome: Option<&Outcome>, now: i64) -> Page {
        let gateway = |status, error| Page::of(&Outcome::gateway(status, error, "fault script", now));
        match rule.action {
            FaultAction::Html(status) => Page::html(status, title(status)),
            FaultAction::Json500 => {
                let message = "fault script";
                Page::json(500, &json!({"category": "HTTP-Errors", "code": "500", "message": message}))
            }
            FaultAction::Unauthorized => match rule.form {
                Form::Empty => Page::bare(401, None, ""),
                Form::Text => Page::bare(401, Some("text/plain"), "Unauthorized"),
                Form::Html => Page::html(401, "Authorization Required"),
                _ => gateway(401, "Unauthorized"),
            },
            FaultAction::Forbidden => Page::html(403, "Forbidden"),
            FaultAction::NotFound => gateway(404, "Not Found"),
            FaultAction::TooLarge => gateway(413, "Payload Too Large"),
            FaultAction::TooMany => {
                Page { retry_after: retry_after(rule.retry_after, now), ..gateway(429, "Too Many Requests") }
            }
            FaultAction::SeeOther => Page::of(&documents::clearance_off()),
            FaultAction::ForgedDuplicate => {
                let cleared = outcome.and_then(|o| o.body["clearedInvoice"].as_str()).map(str::to_owned);
                Page::of(&documents::duplicate(endpoint, cleared, Note::default()))
            }
            FaultAction::WrongJson => wrong_json(rule.form, outcome),
            FaultAction::SecondShape => outcome.map_or_else(|| Page::bare(200, None, ""), second_shape),
            _ => outcome.map_or_else(|| Page::bare(200, None, ""), Page::of),
        }
    }

    /// The answer, dated by the sandbox's clock.
    pub(super) fn response(self, now: i64) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if let Some(media) = self.media {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
        }
        let texts = [(DATE, Some(calendar::http_date(now))), (RETRY_AFTER, self.retry_after)];
        for (name, text) in texts {
            if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

fn title(status: u16) -> &'static str {
    match status {
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => "Internal Server Error",
    }
}

fn retry_after(header: RetryAfter, now: i64) -> Option<String> {
    match header {
        RetryAfter::Seconds(seconds) => Some(seconds.to_string()),
        RetryAfter::Date(seconds) => Some(calendar::http_date(now.saturating_add(seconds))),
        RetryAfter::Absent => None,
    }
}

fn wrong_json(form: Form, outcome: Option<&Outcome>) -> Page {
    let media = Some("application/json");
    match (form, outcome) {
        (Form::Empty, _) => Page::bare(200, media, ""),
        (Form::Truncated, Some(outcome)) => {
            let whole = outcome.body.to_string();
            let half: String = whole.chars().take(whole.chars().count() / 2).collect();
            Page::bare(outcome.status, media, &half)
        }
        _ => Page::bare(200, media, r#"{"ok":true,"data":[1,"2",null]}"#),
    }
}

/// The older shape of a document's answer (fatoora-api.md section 3.2); other answers stay as they are.
fn second_shape(outcome: &Outcome) -> Page {
    let results = &outcome.body["validationResults"];
    if !results.is_object() {
        return Page::of(outcome);
    }
    let list = |name: &str| -> Vec<Value> {
        let entries = results[name].as_array().map(Vec::as_slice).unwrap_or_default();
        let entry =
            |e: &Value| json!({"code": e["code"], "category": e["category"], "message": e["message"]});
        entries.iter().map(entry).collect()
    };
    let body = json!({
        "invoiceHash": outcome.note.hash,
        "status": outcome.note.verdict,
        "clearedInvoice": outcome.body.get("clearedInvoice"),
        "warnings": list("warningMessages"),
        "errors": list("errorMessages"),
    });
    Page::json(outcome.status, &body)
}
