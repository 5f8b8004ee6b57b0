//! What can go wrong, and its words.

/// What goes wrong. The first group is played instead of evaluating the call, or after it with the prefix
/// `accept-then-`; the second spoils a call that is evaluated; the third strikes before there is a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultAction {
    /// The connection ends without an answer.
    Drop,
    /// The connection is reset (TCP RST) without an answer.
    Reset,
    /// The request is read and never answered; the connection ends after the rule's seconds.
    Stall,
    /// This status with an HTML page of the gateway.
    Html(u16),
    /// 500 with the platform's JSON.
    Json500,
    /// 401 in one of its forms.
    Unauthorized,
    /// 403 with an HTML page, as a firewall sends it.
    Forbidden,
    /// 404 of the gateway.
    NotFound,
    /// 413 of the gateway.
    TooLarge,
    /// 429 with `Retry-After` in seconds, as a date, or without.
    TooMany,
    /// 303: clearance is switched off.
    SeeOther,
    /// Says that the document was there before, which it was not.
    ForgedDuplicate,

    /// The call is evaluated twice, as by a proxy that repeats it; the second answer is delivered: 409 or 208
    /// for documents.
    Replay,
    /// The rule's findings are added to those of the document: 400, or 202 when all are warnings.
    Findings,
    /// The status of success with a body that is no answer.
    WrongJson,
    /// The older shape of a document's answer.
    SecondShape,
    /// The CSID of the call is revoked just before it is evaluated (`accept-then-revoke`: just after).
    Revoke,
    /// The sandbox's clock jumps by the rule's seconds, then the call is evaluated.
    Clock,
    /// The answer comes late, or a few bytes at a time. Combines with the fault of another rule.
    Slow,

    /// The connection is taken and nothing is ever read from it.
    ConnectStall,
    /// The connection is taken and reset at once.
    ConnectReset,
    /// What comes first, the TLS handshake, is read and never answered.
    TlsStall,
}

/// The form of a body, where an action has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Form {
    /// The gateway's JSON.
    Json,
    /// No body.
    Empty,
    /// A line of text.
    Text,
    /// An HTML page.
    Html,
    /// JSON with nothing in it that is known.
    Rubbish,
    /// The first half of the real answer.
    Truncated,
}

const ACCEPT: &str = "accept-then-";

/// Every action by its word.
const WORDS: [(&str, FaultAction); 25] = [
    ("drop", FaultAction::Drop),
    ("reset", FaultAction::Reset),
    ("stall", FaultAction::Stall),
    ("html-500", FaultAction::Html(500)),
    ("html-502", FaultAction::Html(502)),
    ("html-503", FaultAction::Html(503)),
    ("html-504", FaultAction::Html(504)),
    ("500-json", FaultAction::Json500),
    ("401", FaultAction::Unauthorized),
    ("403", FaultAction::Forbidden),
    ("404", FaultAction::NotFound),
    ("413", FaultAction::TooLarge),
    ("429", FaultAction::TooMany),
    ("303", FaultAction::SeeOther),
    ("forged-409", FaultAction::ForgedDuplicate),
    ("replay", FaultAction::Replay),
    ("400", FaultAction::Findings),
    ("wrong-json", FaultAction::WrongJson),
    ("second-shape", FaultAction::SecondShape),
    ("revoke", FaultAction::Revoke),
    ("clock", FaultAction::Clock),
    ("slow", FaultAction::Slow),
    ("connect-stall", FaultAction::ConnectStall),
    ("connect-reset", FaultAction::ConnectReset),
    ("tls-stall", FaultAction::TlsStall),
];

/// Other words for the same, with whether the call is evaluated first.
const ALIASES: [(&str, FaultAction, bool); 4] = [
    ("503-html", FaultAction::Html(503), false),
    ("504-after-accept", FaultAction::Html(504), true),
    ("409", FaultAction::Replay, false),
    ("208", FaultAction::Replay, false),
];

const UNAUTHORIZED_FORMS: &[(&str, Form)] =
    &[("json", Form::Json), ("empty", Form::Empty), ("text", Form::Text), ("html", Form::Html)];
const WRONG_JSON_FORMS: &[(&str, Form)] =
    &[("rubbish", Form::Rubbish), ("truncated", Form::Truncated), ("empty", Form::Empty)];

impl FaultAction {
    /// The action of a word, and whether the call is evaluated before it is played.
    pub(super) fn read(word: &str) -> Option<(FaultAction, bool)> {
        if let Some((_, action, accept)) = ALIASES.iter().find(|(alias, ..)| *alias == word) {
            return Some((*action, *accept));
        }
        let of = |word: &str| WORDS.iter().find(|(known, _)| *known == word).map(|(_, action)| *action);
        match word.strip_prefix(ACCEPT) {
            Some(rest) => of(rest).filter(|action| action.may_follow()).map(|action| (action, true)),
            None => of(word).map(|action| (action, false)),
        }
    }

    /// All words, for refusals.
    pub(super) fn known() -> String {
        let mut words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
        words.extend(ALIASES.iter().map(|(word, ..)| *word));
        format!("{}; most of them also with {ACCEPT} in front", words.join(", "))
    }

    /// The word in scripts and in the book.
    pub(super) fn word(self, accept: bool) -> String {
        if (self, accept) == (FaultAction::Html(504), true) {
            return "504-after-accept".to_owned();
        }
        let word = match self {
            FaultAction::Html(status) if ![500, 502, 503, 504].contains(&status) => format!("html-{status}"),
            action => {
                WORDS.iter().find(|(_, a)| *a == action).map(|(w, _)| *w).unwrap_or_default().to_owned()
            }
        };
        if accept { format!("{ACCEPT}{word}") } else { word }
    }

    /// Played instead of evaluating the call, unless the rule says that it is evaluated first.
    pub(in crate::sandbox) fn replaces(self) -> bool {
        use FaultAction as A;
        match self {
            A::Drop | A::Reset | A::Stall | A::Html(_) | A::Json500 | A::Unauthorized | A::Forbidden => true,
            A::NotFound | A::TooLarge | A::TooMany | A::SeeOther | A::ForgedDuplicate => true,
            A::Replay | A::Findings | A::WrongJson | A::SecondShape | A::Revoke | A::Clock | A::Slow => false,
            A::ConnectStall | A::ConnectReset | A::TlsStall => false,
        }
    }

    /// Whether `accept-then-` makes sense in front of it.
    fn may_follow(self) -> bool {
        self.replaces() || self == FaultAction::Revoke
    }

    /// Strikes a connection, not a call.
    pub(in crate::sandbox) fn strikes_connections(self) -> bool {
        matches!(self, FaultAction::ConnectStall | FaultAction::ConnectReset | FaultAction::TlsStall)
    }

    /// The forms that it has; the first is the default.
    pub(super) fn forms(self) -> &'static [(&'static str, Form)] {
        match self {
            FaultAction::Unauthorized => UNAUTHORIZED_FORMS,
            FaultAction::WrongJson => WRONG_JSON_FORMS,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back() {
        for (word, action) in WORDS {
            assert_eq!(FaultAction::read(word), Some((action, false)));
            assert_eq!(action.word(false), word);
            let after = format!("{ACCEPT}{word}");
            let both = action.replaces() || action == FaultAction::Revoke;
            assert_eq!(FaultAction::read(&after), both.then_some((action, true)), "{after}");
            if both && action != FaultAction::Html(504) {
                assert_eq!(action.word(true), after);
            }
        }
        assert_eq!(FaultAction::read("503-html"), Some((FaultAction::Html(503), false)));
        assert_eq!(FaultAction::read("504-after-accept"), Some((FaultAction::Html(504), true)));
        assert_eq!(FaultAction::Html(504).word(true), "504-after-accept");
        assert_eq!(FaultAction::read("409"), Some((FaultAction::Replay, false)));
        for bad in ["", "melt", "accept-then-slow", "accept-then-", "accept-then-409", "html-501"] {
            assert_eq!(FaultAction::read(bad), None, "{bad}");
        }
    }
}
