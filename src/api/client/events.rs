//! Following the till's events, and what people must do, from outside.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::Method;

use super::{ANSWER_WITHIN, Client, ClientError, encoded, read};
use crate::api::events::{Heard, Reader};
use crate::api::wire::AttentionList;

/// The till says something at least every 15 s; three times that is a dead line.
const SILENCE: Duration = Duration::from_secs(45);

/// An open stream of events.
pub struct Follower {
    response: reqwest::Response,
    reader: Reader,
    heard: VecDeque<Heard>,
}

impl Client {
    /// Opens the stream of events: after the event of this id (`0`: every one
    /// that the till still has), or from now on.
    ///
    /// # Errors
    /// As each method here: [`ClientError`].
    pub async fn follow(&self, after: Option<&str>) -> Result<Follower, ClientError> {
        let path = match after {
            Some(id) => format!("/v1/events?after={}", encoded(id)),
            None => "/v1/events".to_owned(),
        };
        let opening = self.request(Method::GET, &path).send();
        let response = match tokio::time::timeout(ANSWER_WITHIN, opening).await {
            Ok(response) => response.map_err(|error| self.failed(&error))?,
            Err(_) => return Err(ClientError::Broken("no answer in time".to_owned())),
        };
        if response.status().is_success() {
            return Ok(Follower { response, reader: Reader::default(), heard: VecDeque::new() });
        }
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(|error| self.failed(&error))?;
        match serde_json::from_slice(&body) {
            Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
            Err(_) => Err(ClientError::NotUnderstood(status)),
        }
    }

    /// What people must do now.
    pub async fn attention(&self) -> Result<AttentionList, ClientError> {
        let request = self.request(Method::GET, "/v1/attention");
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    /// What machines measure, as text.
    pub async fn metrics(&self) -> Result<String, ClientError> {
        let reply = self.send(self.request(Method::GET, "/v1/metrics").timeout(ANSWER_WITHIN)).await?;
        Ok(String::from_utf8_lossy(&reply.body).into_owned())
    }
}

impl Follower {
    /// Waits for the next; none once the till has ended the stream.
    ///
    /// # Errors
    /// If the line breaks, or the till says nothing any more.
    pub async fn next(&mut self) -> Result<Option<Heard>, ClientError> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(Some(heard));
            }
            let piece = match tokio::time::timeout(SILENCE, self.response.chunk()).await {
                Ok(piece) => piece.map_err(|error| ClientError::Broken(error.to_string()))?,
                Err(_) => return Err(ClientError::Broken("the till says nothing any more".to_owned())),
            };
            let Some(piece) = piece else { return Ok(None) };
            self.heard.extend(self.reader.take(&piece));
        }
    }
}
