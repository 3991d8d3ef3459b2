//! The same work on many things, by several threads.

use std::num::NonZero;

/// Fewer are done sooner by one thread.
const ITEMS_MIN: usize = 32;
/// More threads than this gain little.
const THREADS_MAX: usize = 8;

/// What becomes of each, in their order.
pub fn each<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
    if threads == 1 || items.len() < ITEMS_MIN {
        return items.iter().map(work).collect();
    }
    let work = &work;
    std::thread::scope(|scope| {
        let own = |part| move || -> Vec<T> { Iterator::map(<[I]>::iter(part), work).collect() };
        let parts: Vec<_> = items.chunks(items.len().div_ceil(threads)).map(|part| scope.spawn(own(part))).collect();
        let done = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done.flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn results_come_in_order() {
        for n in [0, 1, 31, 32, 33, 1_000] {
            let items: Vec<usize> = (0..n).collect();
            assert_eq!(each(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
    }
}
