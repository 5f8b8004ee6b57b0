//! An authority in memory: single-use OTPs, real certificates,
//! compliance steps, and a way to break down before or after any call.

use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::{DecodePem as _, Encode as _};
use tilld::fatoora::{
    Acceptance, Accepted, Answer, CallError, Credentials, CsidAnswer, Fault, Headers, Level, Message, Otp,
    RenewalAnswer, SetupFault, Submission, Verdict,
};
use tilld::invoice::{DocumentType, Kind, Subtype};
use tilld::onboard::CsidAuthority;
use tilld::stamp::{self, StampCertificate};
use x509_cert::request::CertReq;

use crate::ca::Ca;

/// Begin of 2026, UTC.
pub const NOW: i64 = 1_767_225_600;
pub const FIVE_YEARS: i64 = 5 * 365 * 86_400;

/// What happens to a call that has been chosen to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// The till dies before the request arrives.
    KilledBefore,
    /// The authority acts, and the till dies before the answer arrives.
    KilledAfter,
    /// The connection breaks before the request arrives.
    LostBefore,
    /// The authority acts, and the connection breaks before the answer arrives.
    LostAfter,
}

#[derive(Clone)]
pub struct Csid {
    pub request_id: String,
    token: String,
    pub secret: String,
    pub steps: BTreeSet<String>,
    pub revoked: bool,
}

/// A call as it arrived.
#[derive(Clone, Debug)]
pub enum Call {
    Compliance,
    Check(Submission),
    Production,
    Renewal,
}

/// How the authority answers a renewal that it grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// 428: compliance checks first.
    #[default]
    ChecksFirst,
    /// 200: the new production CSID at once, and the old one is withdrawn.
    AtOnce,
}

#[derive(Clone, Default)]
pub struct Book {
    otps: BTreeSet<String>,
    /// The digits behind the OTP of this run, which the type itself does not show.
    pub typed: Option<String>,
    /// The OTP that the call at hand has used up.
    taken: Option<String>,
    /// OTPs that the till knows to be used up, since the answer came through.
    spent: BTreeSet<String>,
    pub mode: Mode,
    pub requests: Vec<String>,
    pub compliance: Vec<Csid>,
    pub production: Vec<Csid>,
    pub calls: Vec<Call>,
    /// The next calls, counted from 0, that break down.
    pub breaks: Vec<(usize, Break)>,
    pub reject_step: Option<&'static str>,
    pub forget_steps: u32,
    /// A PEM request whose certificate is handed out to everybody.
    pub canned: Option<String>,
    pub validity: Option<i64>,
    pub refuse_request: Option<&'static str>,
    pub refuse_production: Option<&'static str>,
}

pub struct Fake {
    ca: Ca,
    pub book: Mutex<Book>,
}

impl Fake {
    pub fn new(otps: &[&str]) -> Fake {
        let book = Book { otps: otps.iter().map(|otp| (*otp).to_owned()).collect(), ..Book::default() };
        Fake { ca: Ca::new(), book: Mutex::new(book) }
    }

    pub fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// The secrets of the production CSIDs that are not withdrawn.
    pub fn alive(&self) -> Vec<String> {
        let book = self.book();
        book.production.iter().filter(|csid| !csid.revoked).map(|csid| csid.secret.clone()).collect()
    }

    /// Whether this is the certificate of a production CSID that is not withdrawn.
    pub fn knows(&self, certificate: &StampCertificate) -> bool {
        let token = STANDARD.encode(certificate.text());
        self.book().production.iter().any(|csid| csid.token == token && !csid.revoked)
    }

    fn issue(&self, book: &Book, pem: &str) -> Csid {
        let serial = 100 + (book.compliance.len() + book.production.len()) as u32;
        let der = self.ca.certificate(pem, serial, book.validity.unwrap_or(NOW + FIVE_YEARS));
        Csid {
            request_id: format!("12345678{serial:05}"),
            token: STANDARD.encode(STANDARD.encode(der)),
            secret: format!("api-secret-{serial}-of-the-authority"),
            steps: BTreeSet::new(),
            revoked: false,
        }
    }

    fn comply(&self, book: &mut Book, pem: &str) -> CsidAnswer {
        let csid = self.issue(book, pem);
        let answer = handed_out(&csid);
        book.requests.push(pem.to_owned());
        book.compliance.push(csid);
        answer
    }

    /// A new production CSID; the unit's earlier ones are withdrawn.
    fn produce(&self, book: &mut Book, pem: &str) -> CsidAnswer {
        let pem = book.canned.clone().unwrap_or_else(|| pem.to_owned());
        for earlier in &mut book.production {
            earlier.revoked = true;
        }
        let csid = self.issue(book, &pem);
        let answer = handed_out(&csid);
        book.production.push(csid);
        answer
    }

    /// Acts, and the till will never know.
    fn unheard<T>(&self, act: impl Fn(&mut Book) -> T) {
        let mut book = self.book();
        act(&mut book);
        book.taken = None;
    }

    /// Runs `act` around the breakdown that was chosen for this call.
    async fn call<T>(&self, call: Call, lost: impl Fn() -> T, act: impl Fn(&mut Book) -> T) -> T {
        let broken = {
            let mut book = self.book();
            let number = book.calls.len();
            book.calls.push(call);
            book.breaks.iter().find(|(at, _)| *at == number).map(|(_, how)| *how)
        };
        match broken {
            None => {
                let mut book = self.book();
                let outcome = act(&mut book);
                let taken = book.taken.take();
                book.spent.extend(taken);
                outcome
            }
            Some(Break::LostBefore) => lost(),
            Some(Break::LostAfter) => {
                self.unheard(act);
                lost()
            }
            Some(Break::KilledBefore) => pending().await,
            Some(Break::KilledAfter) => {
                self.unheard(act);
                pending().await
            }
        }
    }
}

/// What comes before any CSID: a good request and a good OTP, which is then used up.
fn otp_and_request(book: &mut Book) -> Result<(), CallError> {
    let typed = book.typed.clone().expect("an OTP was typed");
    assert!(!book.spent.contains(&typed), "an OTP was used twice knowingly");
    if let Some(why) = book.refuse_request {
        return Err(refused("", why));
    }
    if !book.otps.remove(&typed) {
        return Err(refused("Invalid-OTP", "the OTP is not valid"));
    }
    book.taken = Some(typed);
    Ok(())
}

fn refused(code: &str, text: &str) -> CallError {
    let message = message(code, text);
    CallError { call: "fake", http: Some(400), fault: Fault::Refused, messages: vec![message] }
}

pub fn message(code: &str, text: &str) -> Message {
    Message {
        level: Level::Error,
        kind: "ERROR".into(),
        code: code.into(),
        category: String::new(),
        message: text.into(),
    }
}

fn unauthorized() -> CallError {
    let fault = Fault::Setup(SetupFault::Credentials);
    CallError { call: "fake", http: Some(401), fault, messages: Vec::new() }
}

fn lost() -> CallError {
    CallError { call: "fake", http: None, fault: Fault::Lost("reset".into()), messages: Vec::new() }
}

fn answer(verdict: Verdict) -> Answer {
    Answer {
        verdict,
        http: Some(200),
        headers: Headers::default(),
        body: Vec::new(),
        duration_ms: 1,
        error: None,
    }
}

fn handed_out(csid: &Csid) -> CsidAnswer {
    CsidAnswer {
        request_id: csid.request_id.clone(),
        disposition: "ISSUED".into(),
        credentials: Credentials::new(csid.token.as_str(), csid.secret.as_str()),
    }
}

fn find<'a>(csids: &'a mut [Csid], credentials: &Credentials) -> Option<&'a mut Csid> {
    csids
        .iter_mut()
        .find(|csid| csid.token == credentials.token && csid.secret == *credentials.secret && !csid.revoked)
}

fn step(kind: Kind) -> String {
    let subtype = if kind.subtype == Subtype::Standard { "standard" } else { "simplified" };
    match kind.document {
        DocumentType::CreditNote => format!("{subtype}-credit-note-compliant"),
        DocumentType::DebitNote => format!("{subtype}-debit-note-compliant"),
        _ => format!("{subtype}-compliant"),
    }
}

impl CsidAuthority for Fake {
    fn compliance_csid(
        &self,
        csr_pem: &str,
        _: &Otp,
    ) -> impl Future<Output = Result<CsidAnswer, CallError>> + Send {
        let pem = csr_pem.to_owned();
        self.call(
            Call::Compliance,
            || Err(lost()),
            move |book| {
                otp_and_request(book)?;
                Ok(self.comply(book, &pem))
            },
        )
    }

    fn renew(
        &self,
        credentials: &Credentials,
        csr_pem: &str,
        _: &Otp,
    ) -> impl Future<Output = Result<RenewalAnswer, CallError>> + Send {
        let (credentials, pem) = (credentials.clone(), csr_pem.to_owned());
        self.call(
            Call::Renewal,
            || Err(lost()),
            move |book| {
                if find(&mut book.production, &credentials).is_none() {
                    return Err(unauthorized());
                }
                otp_and_request(book)?;
                Ok(match book.mode {
                    Mode::ChecksFirst => RenewalAnswer::ChecksFirst(self.comply(book, &pem)),
                    Mode::AtOnce => RenewalAnswer::Issued(self.produce(book, &pem)),
                })
            },
        )
    }

    fn compliance_check(
        &self,
        credentials: &Credentials,
        submission: &Submission,
    ) -> impl Future<Output = Answer> + Send {
        let (credentials, submission) = (credentials.clone(), submission.clone());
        self.call(
            Call::Check(submission.clone()),
            || answer(Verdict::Lost),
            move |book| {
                let reject = book.reject_step;
                let Some(csid) = find(&mut book.compliance, &credentials) else {
                    return answer(Verdict::Setup(SetupFault::Credentials));
                };
                let verified = stamp::verify(&submission.xml).unwrap();
                assert_eq!((verified.hash, verified.uuid), (submission.hash, submission.uuid));
                let step = step(verified.kind);
                if reject == Some(step.as_str()) {
                    return answer(Verdict::Rejected { messages: vec![message("BR-KSA-08", "seller id")] });
                }
                csid.steps.insert(step);
                answer(Verdict::Accepted(Acceptance {
                    accepted: if verified.kind.subtype == Subtype::Standard {
                        Accepted::Cleared
                    } else {
                        Accepted::Reported
                    },
                    repeated: false,
                    with_warnings: false,
                    messages: Vec::new(),
                    cleared: None,
                }))
            },
        )
    }

    fn production_csid(
        &self,
        credentials: &Credentials,
        request_id: &str,
    ) -> impl Future<Output = Result<CsidAnswer, CallError>> + Send {
        let (credentials, request_id) = (credentials.clone(), request_id.to_owned());
        self.call(
            Call::Production,
            || Err(lost()),
            move |book| {
                let forget = book.forget_steps > 0;
                book.forget_steps = book.forget_steps.saturating_sub(1);
                let Some(at) = book.compliance.iter().position(|csid| {
                    csid.token == credentials.token && csid.secret == *credentials.secret && !csid.revoked
                }) else {
                    return Err(unauthorized());
                };
                if let Some(why) = book.refuse_production {
                    return Err(refused("Invalid-Request", why));
                }
                let csid = &mut book.compliance[at];
                if csid.request_id != request_id {
                    return Err(refused("Invalid-Request", "not the request of these credentials"));
                }
                if forget {
                    csid.steps.clear();
                }
                let missing: Vec<&str> =
                    required(&book.requests[at]).into_iter().filter(|s| !csid.steps.contains(*s)).collect();
                if !missing.is_empty() {
                    let text =
                        format!("not done with the following compliance steps yet [{}]", missing.join(", "));
                    return Err(refused("Missing-ComplianceSteps", &text));
                }
                let pem = book.requests[at].clone();
                Ok(self.produce(book, &pem))
            },
        )
    }
}

/// The steps that the title in a request demands.
fn required(pem: &str) -> Vec<&'static str> {
    let der = CertReq::from_pem(pem).unwrap().to_der().unwrap();
    let has = |title: &[u8]| der.windows(title.len()).any(|w| w == title);
    let standard = ["standard-compliant", "standard-credit-note-compliant", "standard-debit-note-compliant"];
    let simplified =
        ["simplified-compliant", "simplified-credit-note-compliant", "simplified-debit-note-compliant"];
    // title (2.5.4.12), UTF8String of four characters.
    let title = |flags: &[u8; 4]| has(&[&[0x55, 4, 12, 0x0c, 4], flags.as_slice()].concat());
    if title(b"1100") {
        [standard, simplified].concat()
    } else if title(b"1000") {
        standard.to_vec()
    } else {
        simplified.to_vec()
    }
}
