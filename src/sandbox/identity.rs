//! The calls that issue CSIDs: compliance, production, renewal (fatoora-api.md sections 3.1, 5 and 6).

use serde_json::{Value, json};

use super::SandboxError;
use super::csr::{self, CheckedRequest, RequestFault};
use super::environment::Environment;
use super::office::{Desk, Note, Office, Outcome};
use super::otp::OtpFault;
use super::registry::{Issued, Press};
use super::settings::{RenewalRoad, Settings, is_otp};

const TOKEN_TYPE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";

/// `POST /compliance`
pub(super) fn compliance(office: &Office, env: Environment, otp: Option<&str>, body: &Value) -> Outcome {
    let request = match checked(env, otp, body) {
        Ok(request) => request,
        Err(refusal) => return *refusal,
    };
    let otp = otp.unwrap_or_default();
    let mut desk = office.desk();
    let Desk { otps, registry, settings, .. } = &mut *desk;
    if let Err(fault) = otps.check(env, otp, &request.uid, settings, office.now()) {
        return wrong_otp(fault);
    }
    match registry.issue_compliance(env, request, None, &press(office, env, settings)) {
        Ok(issued) => {
            otps.consume(otp);
            answer(200, &issued, "ISSUED")
        }
        Err(error) => trouble(&error),
    }
}

/// `POST /production/csids` with compliance credentials.
pub(super) fn production(office: &Office, env: Environment, who: usize, body: &Value) -> Outcome {
    let id = match body.get("compliance_request_id") {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Outcome::errors(400, "Invalid-Request", "compliance_request_id is a required field"),
    };
    let mut desk = office.desk();
    let Desk { registry, settings, .. } = &mut *desk;
    let Some(credential) = registry.get(who) else { return trouble_text("unknown credentials") };
    if credential.request_id.to_string() != id {
        let message = "compliance_request_id does not belong to these credentials";
        return Outcome::errors(400, "Invalid-Request", message);
    }
    let missing: Vec<&str> = credential.missing_steps().iter().map(|step| step.name()).collect();
    if !missing.is_empty() {
        let message = format!(
            "The compliance certificate is not done with the following compliance steps yet [{}]",
            missing.join(", ")
        );
        return Outcome::code(400, "Missing-ComplianceSteps", &message);
    }
    match registry.issue_production(who, &press(office, env, settings)) {
        Ok(issued) => answer(200, &issued, "ISSUED"),
        Err(error) => trouble(&error),
    }
}

/// `PATCH /production/csids` with the old production credentials.
pub(super) fn renewal(
    office: &Office,
    env: Environment,
    who: usize,
    otp: Option<&str>,
    body: &Value,
) -> Outcome {
    let request = match checked(env, otp, body) {
        Ok(request) => request,
        Err(refusal) => return *refusal,
    };
    let otp = otp.unwrap_or_default();
    let mut desk = office.desk();
    let Desk { otps, registry, settings, .. } = &mut *desk;
    let own_vat = registry.get(who).map(|c| c.certificate.uid.clone()).unwrap_or_default();
    if request.uid != own_vat {
        return Outcome::errors(400, "Invalid-CSR", "the CSR names another VAT number than the credentials");
    }
    if let Err(fault) = otps.check(env, otp, &own_vat, settings, office.now()) {
        return wrong_otp(fault);
    }
    let press = press(office, env, settings);
    let (status, word, issued) = match settings.renewal {
        RenewalRoad::ComplianceFirst => {
            (428, "NOT_COMPLIANT", registry.issue_compliance(env, request, Some(who), &press))
        }
        RenewalRoad::Direct | RenewalRoad::Wrapped => {
            (200, "ISSUED", registry.renew_directly(who, request, &press))
        }
    };
    match issued {
        Ok(issued) => {
            otps.consume(otp);
            let mut outcome = answer(status, &issued, word);
            if settings.renewal == RenewalRoad::Wrapped {
                outcome.body = json!({"value": outcome.body});
            }
            outcome
        }
        Err(error) => trouble(&error),
    }
}

fn checked(env: Environment, otp: Option<&str>, body: &Value) -> Result<CheckedRequest, Box<Outcome>> {
    let otp = otp.unwrap_or_default();
    if otp.is_empty() {
        return Err(Box::new(Outcome::errors(400, "Missing-OTP", "OTP is required field")));
    }
    if !is_otp(otp) {
        return Err(Box::new(invalid_otp().because("an OTP has six digits")));
    }
    let field = body.get("csr").and_then(Value::as_str).unwrap_or_default();
    if field.is_empty() {
        return Err(Box::new(Outcome::errors(400, "Missing-CSR", "CSR is required field")));
    }
    csr::check(field, env).map_err(|fault| match fault {
        RequestFault::Invalid(reason) => {
            let message = format!("The provided Certificate Signing Request (CSR) is invalid: {reason}");
            Box::new(Outcome::errors(400, "Invalid-CSR", &message))
        }
        RequestFault::Template(name) => Box::new(wrong_template(&name)),
    })
}

fn press<'a>(office: &'a Office, env: Environment, settings: &'a Settings) -> Press<'a> {
    Press { authority: office.authority(env), settings, instruments: &office.instruments }
}

fn wrong_otp(fault: OtpFault) -> Outcome {
    invalid_otp().because(fault.words())
}

fn invalid_otp() -> Outcome {
    Outcome::errors(400, "Invalid-OTP", "The provided OTP is invalid")
}

/// The CA's own words for a template of another environment (csr.md section 3.1).
fn wrong_template(name: &str) -> Outcome {
    let message = format!(
        "Denied by Policy Module 0x80094800, the request was for a certificate template that is not \
         supported by the Active Directory Certificate Services policy: {name}"
    );
    let body = json!({"requestID": -2, "tokenType": null, "dispositionMessage": "NOT_COMPLIANT",
        "binarySecurityToken": null, "secret": null, "errors": [message]});
    let note =
        Note { verdict: Some("NOT_COMPLIANT".into()), codes: vec!["0x80094800".into()], ..Note::default() };
    Outcome::new(400, body, note)
}

fn answer(status: u16, issued: &Issued, word: &str) -> Outcome {
    let body = json!({"requestID": issued.request_id, "tokenType": TOKEN_TYPE, "dispositionMessage": word,
        "binarySecurityToken": issued.token, "secret": issued.secret, "errors": null});
    Outcome::new(status, body, Note { verdict: Some(word.to_owned()), ..Note::default() })
}

fn trouble(error: &SandboxError) -> Outcome {
    trouble_text(&error.to_string())
}

fn trouble_text(message: &str) -> Outcome {
    let body = json!({"category": "HTTP-Errors", "code": "500", "message": message});
    Outcome::new(500, body, Note::default())
}
