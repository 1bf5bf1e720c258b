//! Keeps what was seen, within bounds, and tells who waits for it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{broadcast, watch};

use super::event::{Event, Handshake, Request};
use super::intake::IntakeCounts;

/// How many handshakes and how many requests are kept.
pub(super) const KEPT: usize = 1_000;
/// How many bytes of clients' certificates are kept.
const KEPT_CERTIFICATES: usize = 16 << 20;
/// How many events a slow reader of the live list may be behind before it misses some.
const LIVE: usize = 64;

/// Called with each event.
pub(super) type Observer = Box<dyn Fn(&Event) + Send + Sync>;

pub(super) struct Recorder {
    state: Mutex<State>,
    changed: Condvar,
    handshakes: watch::Sender<u64>,
    live: broadcast::Sender<Arc<Handshake>>,
    observer: Option<Observer>,
}

#[derive(Default)]
struct State {
    handshakes: VecDeque<Arc<Handshake>>,
    certificate_bytes: usize,
    requests: VecDeque<Request>,
    totals: Totals,
}

/// Counts since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Handshakes that made a connection.
    pub handshakes_ok: u64,
    /// Handshakes that did not, and connections that were none.
    pub handshakes_failed: u64,
    /// Requests answered.
    pub requests: u64,
    /// What APM agents sent.
    pub intake: IntakeCounts,
}

impl Recorder {
    pub(super) fn new(observer: Option<Observer>) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            handshakes: watch::Sender::new(0),
            live: broadcast::Sender::new(LIVE),
            observer,
        }
    }

    pub(super) fn record(&self, event: Event) {
        if let Some(observer) = &self.observer {
            observer(&event);
        }
        match event {
            Event::Handshake(handshake) => self.handshake(Arc::new(handshake)),
            Event::Request(request) => self.request(request),
            Event::Closed(_) => {}
        }
    }

    fn handshake(&self, handshake: Arc<Handshake>) {
        let mut state = self.state();
        let count = if handshake.is_ok() {
            &mut state.totals.handshakes_ok
        } else {
            &mut state.totals.handshakes_failed
        };
        *count += 1;
        state.certificate_bytes += handshake.certificate_bytes();
        state.handshakes.push_back(Arc::clone(&handshake));
        while state.handshakes.len() > KEPT || state.certificate_bytes > KEPT_CERTIFICATES {
            let Some(oldest) = state.handshakes.pop_front() else {
                break;
            };
            state.certificate_bytes -= oldest.certificate_bytes();
        }
        let total = state.totals.handshakes_ok + state.totals.handshakes_failed;
        drop(state);
        self.changed.notify_all();
        self.handshakes.send_replace(total);
        // Nobody may be looking.
        let _ = self.live.send(handshake);
    }

    fn request(&self, request: Request) {
        let mut state = self.state();
        state.totals.requests += 1;
        if let Some(intake) = &request.intake {
            state.totals.intake.add(intake);
        }
        state.requests.push_back(request);
        if state.requests.len() > KEPT {
            state.requests.pop_front();
        }
    }

    pub(super) fn handshakes(&self) -> Vec<Handshake> {
        self.state()
            .handshakes
            .iter()
            .map(|one| Handshake::clone(one))
            .collect()
    }

    /// The last ones, newest first.
    pub(super) fn latest(&self, count: usize) -> Vec<Arc<Handshake>> {
        self.state()
            .handshakes
            .iter()
            .rev()
            .take(count)
            .cloned()
            .collect()
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.state().requests.iter().cloned().collect()
    }

    pub(super) fn totals(&self) -> Totals {
        self.state().totals.clone()
    }

    pub(super) fn live(&self) -> broadcast::Receiver<Arc<Handshake>> {
        self.live.subscribe()
    }

    /// Waits until that many handshakes were seen since the start; not longer than that.
    pub(super) fn wait(&self, count: u64, longest: Duration) -> bool {
        let deadline = Instant::now() + longest;
        let mut state = self.state();
        while state.totals.handshakes_ok + state.totals.handshakes_failed < count {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return false;
            };
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub(super) async fn until(&self, count: u64) {
        let mut seen = self.handshakes.subscribe();
        // The sender lives as long as this value.
        let _ = seen.wait_for(|total| *total >= count).await;
    }

    /// A panic elsewhere leaves counts and lists that are whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
