//! Which credentials a document is sent with. A document that was signed under
//! a former certificate goes with the credentials of that certificate first,
//! and with those in use now if the authority no longer takes them
//! (fatoora-api.md section 6).

use std::sync::Arc;

use crate::fatoora::Credentials;

/// The credentials that the till has for a document.
#[derive(Clone, Debug)]
pub enum Access {
    /// The certificate in use signed it.
    Current(Arc<Credentials>),
    /// A former certificate signed it.
    Former {
        /// Those of that certificate, if the till still has them.
        own: Option<Arc<Credentials>>,
        /// Those in use now, if there are any.
        current: Option<Arc<Credentials>>,
    },
    /// It was signed for another environment and is never sent to this one.
    Elsewhere,
    /// The till has none now.
    Missing,
}

/// Which credentials an attempt showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Those in use; or the only ones that there are.
    Current,
    /// Those of the former certificate that signed the document, while others
    /// could stand in for them.
    Former,
    /// Those in use, for a document of a former certificate whose own ones are
    /// refused or lost.
    InPlace,
}

/// What to do with a document.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Send(Arc<Credentials>, Shown),
    Hold,
    Wait,
}

impl Access {
    /// Whether others can stand in for the document's own credentials.
    pub(super) fn is_replaced(&self) -> bool {
        matches!(self, Access::Former { current: Some(_), .. })
    }

    /// `refused`: the authority did not take the document's own credentials.
    pub(super) fn way(self, refused: bool) -> Way {
        match self {
            Access::Current(credentials) => Way::Send(credentials, Shown::Current),
            Access::Former { own: Some(own), current: Some(_) } if !refused => Way::Send(own, Shown::Former),
            Access::Former { current: Some(current), .. } => Way::Send(current, Shown::InPlace),
            Access::Former { own: Some(own), current: None } => Way::Send(own, Shown::Current),
            Access::Former { own: None, current: None } | Access::Missing => Way::Wait,
            Access::Elsewhere => Way::Hold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(token: &str) -> Option<Arc<Credentials>> {
        Some(Arc::new(Credentials::new(token, "secret")))
    }

    fn sent(access: Access, refused: bool) -> Option<(String, Shown)> {
        match access.way(refused) {
            Way::Send(credentials, shown) => Some((credentials.token.clone(), shown)),
            Way::Hold | Way::Wait => None,
        }
    }

    #[test]
    fn a_former_certificates_own_credentials_go_first() {
        let both = || Access::Former { own: known("old"), current: known("new") };
        assert_eq!(sent(both(), false), Some(("old".to_owned(), Shown::Former)));
        assert_eq!(sent(both(), true), Some(("new".to_owned(), Shown::InPlace)));
        let lost = Access::Former { own: None, current: known("new") };
        assert_eq!(sent(lost, false), Some(("new".to_owned(), Shown::InPlace)));
        for refused in [false, true] {
            // Nothing stands in for them, so that a 401 must pause the queue.
            let alone = Access::Former { own: known("old"), current: None };
            assert_eq!(sent(alone, refused), Some(("old".to_owned(), Shown::Current)));
            let none = Access::Former { own: None, current: None };
            assert!(matches!(none.way(refused), Way::Wait));
            assert!(matches!(Access::Missing.way(refused), Way::Wait));
            assert!(matches!(Access::Elsewhere.way(refused), Way::Hold));
        }
    }
}
