//! Documents as people name them on the command line.

use uuid::Uuid;

use super::Failure;
use super::terminal::moment;
use super::till::{Where, refusal};
use crate::api::Lookup;
use crate::api::client::{Client, ClientError};
use crate::api::wire::Found;
use crate::chain::Icv;

/// A name in the usual form of a UUID.
pub fn uuid(id: &str) -> Option<Uuid> {
    (id.len() == 36).then(|| Uuid::try_parse(id).ok()).flatten()
}

/// The first reading of the name that finds something.
pub async fn find(client: &Client, id: &str) -> Result<Vec<Found>, ClientError> {
    let mut readings: Vec<Lookup> = uuid(id).map(Lookup::Uuid).into_iter().collect();
    if !id.is_empty() {
        readings.push(Lookup::Number(id.to_owned()));
        readings.push(Lookup::Reference(id.to_owned()));
    }
    readings.extend(id.parse().ok().and_then(Icv::new).map(Lookup::Icv));
    for reading in &readings {
        let found = client.find(reading).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Asks the till something about the one document that is named. A UUID is taken
/// as it is, so that it also names a document that cannot be read any more.
pub fn ask_about<R>(
    till: &Where,
    id: &str,
    question: impl AsyncFnOnce(Client, String) -> Result<R, ClientError>,
) -> Result<R, Failure> {
    let answer = till.ask(async |client| {
        if let Some(uuid) = uuid(id) {
            return Ok(Ok(question(client, uuid.to_string()).await?));
        }
        let found = find(&client, id).await?;
        match found.as_slice() {
            [one] => Ok(Ok(question(client, one.sale.uuid.clone()).await?)),
            several => Ok(Err(not_one(id, several))),
        }
    })?;
    answer.map_err(|error| refusal(&error))?
}

/// None, or more than one.
pub fn not_one(id: &str, several: &[Found]) -> Failure {
    if several.is_empty() {
        return none(id);
    }
    let mut words = format!("{id} names several invoices; choose one by its UUID:");
    for found in several {
        words.push_str(&format!(
            "\n  {}  {}  {}",
            found.sale.uuid,
            found.sale.number,
            moment(&found.sale.issued_at)
        ));
    }
    Failure::Finding(words)
}

pub fn none(id: &str) -> Failure {
    Failure::Finding(format!(
        "This till has no invoice {id}.\nTried as UUID, invoice number, reference and ICV; capitals count."
    ))
}
