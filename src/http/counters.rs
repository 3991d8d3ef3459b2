//! What the door counts for `/metrics`.

use axum::http::Method;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Upper bounds of the time that requests take, in microseconds.
const BUCKETS_US: [u64; 10] = [500, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 10_000_000];

/// Counters of the process.
#[derive(Default)]
pub struct Counters {
    /// By method and status; both have few values.
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    within: [AtomicU64; BUCKETS_US.len()],
    n_requests: AtomicU64,
    sum_us: AtomicU64,
    accepted: AtomicU64,
    duplicates: AtomicU64,
    refused: AtomicU64,
    waiting: AtomicU64,
}

/// A request that waits for the commit of its events.
pub struct Waiting<'a>(&'a AtomicU64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counters {
    /// A request was answered.
    pub fn request(&self, method: &Method, status: u16, duration_us: u64) {
        let method = match method.as_str() {
            "GET" => "GET",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            _ => "other",
        };
        *self.requests.lock().unwrap_or_else(PoisonError::into_inner).entry((method, status)).or_insert(0) += 1;
        self.n_requests.fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(duration_us, Ordering::Relaxed);
        if let Some(bucket) = BUCKETS_US.iter().zip(&self.within).find(|(bound, _)| duration_us <= **bound) {
            bucket.1.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Events were judged.
    pub fn events(&self, accepted: usize, duplicates: usize, refused: usize) {
        for (counter, n) in [(&self.accepted, accepted), (&self.duplicates, duplicates), (&self.refused, refused)] {
            counter.fetch_add(n as u64, Ordering::Relaxed);
        }
    }

    /// Counts a request as waiting until the answer is dropped.
    pub fn waiting(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.waiting)
    }

    /// Writes the counters in the text format of Prometheus.
    pub fn write(&self, out: &mut String) {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        out.push_str("# HELP steelyard_requests_total Answered requests.\n# TYPE steelyard_requests_total counter\n");
        for ((method, status), n) in self.requests.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let _ = writeln!(out, "steelyard_requests_total{{method=\"{method}\",status=\"{status}\"}} {n}");
        }
        out.push_str(
            "# HELP steelyard_request_duration_seconds How long requests took.\n# TYPE steelyard_request_duration_seconds histogram\n",
        );
        let mut sum = 0;
        for (bound, n) in BUCKETS_US.iter().zip(&self.within) {
            sum += get(n);
            let _ = writeln!(out, "steelyard_request_duration_seconds_bucket{{le=\"{}\"}} {sum}", seconds(*bound));
        }
        let n_requests = get(&self.n_requests);
        let _ = writeln!(out, "steelyard_request_duration_seconds_bucket{{le=\"+Inf\"}} {n_requests}");
        let _ = writeln!(out, "steelyard_request_duration_seconds_sum {}", seconds(get(&self.sum_us)));
        let _ = writeln!(out, "steelyard_request_duration_seconds_count {n_requests}");
        out.push_str("# HELP steelyard_events_total Events by verdict.\n# TYPE steelyard_events_total counter\n");
        for (verdict, counter) in [("accepted", &self.accepted), ("duplicate", &self.duplicates), ("refused", &self.refused)] {
            let _ = writeln!(out, "steelyard_events_total{{verdict=\"{verdict}\"}} {}", get(counter));
        }
        out.push_str(
            "# HELP steelyard_requests_waiting Requests whose events wait for their commit.\n# TYPE steelyard_requests_waiting gauge\n",
        );
        let _ = writeln!(out, "steelyard_requests_waiting {}", get(&self.waiting));
    }
}

/// Microseconds as seconds, exactly.
fn seconds(us: u64) -> String {
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
