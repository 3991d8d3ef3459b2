//! The recorder: many attempts, one transaction.
//!
//! 1. Workers hand over the outcomes of an attempt and wait until they are durable; only then does the next delivery of the lane go out.
//! 2. Whatever has come in while one transaction was written goes into the next.
//! 3. When the store refuses to write, the outcomes are kept and tried again: forgetting them would send twice.

use super::dispatch::Shared;
use super::worker::blocking;
use crate::store::{Outcome, Store};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// The most attempts in one transaction.
const BATCH_MAX: usize = 1_024;

/// How long to wait before a refused transaction is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Hands outcomes to the recorder of an outbox.
#[derive(Clone)]
pub(super) struct Recorder(mpsc::Sender<(Vec<Outcome>, oneshot::Sender<()>)>);

impl Recorder {
    /// Returns when the outcomes are durable, all or none; false when the recorder is gone.
    pub(super) async fn record(&self, outcomes: Vec<Outcome>) -> bool {
        let (done, recorded) = oneshot::channel();
        self.0.send((outcomes, done)).await.is_ok() && recorded.await.is_ok()
    }
}

/// Starts a recorder. It ends when its last handle is dropped.
pub(super) fn start(store: Arc<Store>, shared: Arc<Shared>) -> (Recorder, JoinHandle<()>) {
    let (send, mut receive) = mpsc::channel(BATCH_MAX);
    let recording = tokio::spawn(async move {
        let mut batch = Vec::new();
        while receive.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let (outcomes, waiting): (Vec<Vec<Outcome>>, Vec<oneshot::Sender<()>>) = batch.drain(..).unzip();
            write(&store, outcomes.concat().into()).await;
            shared.counts.recordings.fetch_add(1, Ordering::Relaxed);
            for done in waiting {
                // A worker that no longer waits has been stopped; its outcome is recorded all the same.
                let _ = done.send(());
            }
        }
    });
    (Recorder(send), recording)
}

async fn write(store: &Arc<Store>, outcomes: Arc<[Outcome]>) {
    loop {
        let (store, batch) = (Arc::clone(store), Arc::clone(&outcomes));
        match blocking(move || store.record_attempts(&batch)).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, n_attempts = outcomes.len(), "attempts cannot be recorded; trying again"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
