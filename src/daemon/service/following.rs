//! The events of the till for one follower: first those that are kept, then
//! each as it happens.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::watching::moment;
use crate::api::{Fed, Feed, wire};
use crate::daemon::events::{Event, Events};

/// Where one follower is.
pub(super) struct Following {
    events: Arc<Events>,
    live: broadcast::Receiver<Event>,
    missed: VecDeque<Event>,
    gap: bool,
    last: u64,
}

impl Following {
    /// From behind the event of this name, or from now on.
    pub(super) fn new(events: &Arc<Events>, after: Option<&str>) -> Following {
        // First of all, so that nothing falls between the kept and the live ones.
        let live = events.subscribe();
        let mut following = Following {
            events: Arc::clone(events),
            live,
            missed: VecDeque::new(),
            gap: false,
            last: events.last(),
        };
        match after {
            None => {}
            // Everything that is kept.
            Some("0") => following.catch_up(0, false),
            Some(name) => match events.id_of(name) {
                Some(id) => following.catch_up(id, false),
                // Of an earlier run of the till: what came after it is not known here.
                None => following.catch_up(0, true),
            },
        }
        following
    }

    fn catch_up(&mut self, id: u64, lost: bool) {
        let (missed, gap) = self.events.after(id);
        self.gap = gap || lost;
        self.last = id.min(self.events.last());
        self.missed = missed.into();
    }

    async fn wait(&mut self) -> Fed {
        loop {
            if std::mem::take(&mut self.gap) {
                return Fed::Gap;
            }
            if let Some(event) = self.missed.pop_front() {
                self.last = event.id;
                return Fed::Event(self.shown(event));
            }
            match self.live.recv().await {
                Ok(event) if event.id <= self.last => {}
                Ok(event) => self.missed.push_back(event),
                // Too far behind for the live ones; the kept ones may still have them.
                Err(RecvError::Lagged(_)) => {
                    self.live = self.events.subscribe();
                    self.catch_up(self.last, false);
                }
                Err(RecvError::Closed) => return Fed::End,
            }
        }
    }

    fn shown(&self, event: Event) -> wire::Event {
        wire::Event {
            id: self.events.name(event.id),
            event: event.kind.word().to_owned(),
            at: moment(event.at),
            document: event.document.map(|document| wire::EventDocument {
                uuid: document.uuid.to_string(),
                number: document.number,
                icv: document.icv,
            }),
            data: event.data,
        }
    }
}

impl Feed for Following {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Fed> + Send + '_>> {
        Box::pin(self.wait())
    }
}
