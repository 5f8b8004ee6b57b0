//! The compliance documents that the authority was given.

use tilld::chain::Link;
use tilld::fatoora::Submission;
use tilld::stamp;

use crate::fake::{Book, Call};

/// A compliance document as it arrived, with its place in the chain of the
/// certificate that stamped it.
pub struct Arrived {
    pub certificate: String,
    pub link: Link,
    pub submission: Submission,
}

/// All compliance documents that arrived, without repetitions.
pub fn documents(book: &Book) -> Vec<Arrived> {
    let mut documents: Vec<Arrived> = Vec::new();
    for call in &book.calls {
        let Call::Check(submission) = call else { continue };
        let verified = stamp::verify(&submission.xml).unwrap();
        let (certificate, link) = (verified.certificate, verified.link);
        match documents.iter().find(|known| known.certificate == certificate && known.link.icv == link.icv) {
            Some(known) => assert!(known.submission == *submission, "other bytes at ICV {}", link.icv),
            None => documents.push(Arrived { certificate, link, submission: submission.clone() }),
        }
    }
    documents
}
