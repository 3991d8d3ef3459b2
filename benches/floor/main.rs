//! What the least possible work costs: the floors and ceilings that Steelyard is compared with, and the load for both.
//!
//! 1. [`serve`] are HTTP servers that do nothing, or append and fsync; [`load`] drives any server with requests.
//! 2. [`rows`] is redb with one row an event; it also times redb's full repair of a file.
//! 3. [`job`] is the job of the bench written by hand: from JSON, from columns, event by event, and the bare score.
//!
//! Every command prints one JSON object. Nothing here is part of Steelyard, and nothing of Steelyard is used.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout)]

mod job;
mod load;
mod rows;
mod serve;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let whole = |text: &str| text.parse::<usize>().expect("a number");
    let said = match words.as_slice() {
        ["serve", "null"] => serve::run(None),
        ["serve", "log", file] => serve::run(Some(file)),
        ["post", address, path, file, connections, batch, seconds, per_second] => {
            load::post((address, path), file, whole(connections), whole(batch), (whole(seconds), whole(per_second)))
        }
        ["get", address, path, connections, seconds] => load::get((address, path), whole(connections), whole(seconds)),
        ["rows", file, count, batch] => rows::insert(file, whole(count), whole(batch)),
        ["dirty", file] => rows::dirty(file),
        ["repair", file] => rows::repair(file),
        ["scan", file, threads] => job::from_json(file, whole(threads)),
        ["columns", file, threads, runs] => job::from_columns(file, whole(threads), whole(runs)),
        ["update", series, events] => job::event_by_event(whole(series), whole(events)),
        ["score", count] => job::bare_score(whole(count)),
        // `cargo bench` without words: there is nothing to compare with alone.
        _ => serde_json::json!({ "usage": "benches/bench.py runs this" }),
    };
    println!("{said}");
}
