//! When a failed delivery is tried again.
//!
//! 1. [`next_try`] takes how many attempts were made and what the receiver asked for, and gives the delay, or None when
//!    the delivery is dead.
//! 2. The jitter comes from the message's identity, so that a schedule can be told in advance and repeats in tests.

/// The delays before the attempts, in seconds: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
pub const DELAYS_S: [i64; 8] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];

/// The longest time a receiver may ask for with Retry-After.
pub const RETRY_AFTER_MAX_S: i64 = 24 * 3600;

/// For how long an endpoint may fail without one success before it is disabled.
pub const ENDPOINT_FAILS_MAX_S: i64 = 5 * 24 * 3600;

/// Milliseconds until the next attempt after `n_attempts` failed ones, or None when no attempt is left.
pub fn next_try(message_id: &str, n_attempts: usize, retry_after_s: Option<i64>) -> Option<i64> {
    let delay_ms = DELAYS_S.get(n_attempts)? * 1_000;
    let wanted_ms = retry_after_s.unwrap_or(0).clamp(0, RETRY_AFTER_MAX_S) * 1_000;
    Some((delay_ms + delay_ms / 1_000 * jitter_permille(message_id, n_attempts)).max(wanted_ms))
}

/// Between -100 and 100, evenly spread over messages and attempts.
fn jitter_permille(message_id: &str, n_attempts: usize) -> i64 {
    let hash = blake3::hash(format!("{message_id}/{n_attempts}").as_bytes());
    let [a, b, ..] = *hash.as_bytes();
    i64::from(u16::from_le_bytes([a, b])) % 201 - 100
}

/// Reads the header `Retry-After`: seconds, or a date that is compared with `now_s`.
pub fn parse_retry_after(text: &str, now_s: i64) -> Option<i64> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(text.parse().unwrap_or(RETRY_AFTER_MAX_S).min(RETRY_AFTER_MAX_S));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some((date.timestamp().as_second() - now_s).clamp(0, RETRY_AFTER_MAX_S))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn delays_grow_and_end() {
        let delays: Vec<_> = (1..9).map(|n| next_try("msg_1", n, None)).collect();
        for (delay, want) in delays.iter().zip(&DELAYS_S[1..]) {
            let delay = delay.unwrap();
            assert!((delay - want * 1_000).abs() <= want * 100, "{delay} for {want} s");
        }
        assert_eq!(delays[7], None);
    }

    #[test]
    fn messages_do_not_come_back_all_at_once() {
        let delays: std::collections::BTreeSet<_> = (0..100).map(|n| next_try(&format!("msg_{n}"), 2, None)).collect();
        assert!(delays.len() > 50, "{} different delays", delays.len());
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_less() {
        assert_eq!(next_try("m", 1, Some(60)), Some(60_000));
        assert_eq!(next_try("m", 1, Some(999_999_999)), Some(RETRY_AFTER_MAX_S * 1_000));
        assert!(next_try("m", 3, Some(1)).unwrap() > 1_600_000);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(parse_retry_after("120", 0), Some(120));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_747), Some(30));
        assert_eq!(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 999_999_999), Some(0));
        assert_eq!(parse_retry_after("99999999999999999999999", 0), Some(RETRY_AFTER_MAX_S));
        assert_eq!(parse_retry_after("soon", 0), None);
        assert_eq!(parse_retry_after("-5", 0), None);
    }
}
