//! The order of evaluation, as tables.

use super::t;
use crate::compile::program::Severity;
use crate::engine::route::{Fate, Tone, Unwanted, Waiting, hold, muted_until, settle, wanted};
use crate::store::{Binding, DeliveryState, Endpoint, Hold, Matcher, Silence, Subject};
use crate::time::{Hours, Instant, Range, Zone};

fn subject(severity: Severity, shop: Option<&str>) -> Subject {
    Subject { ruleset: "r".into(), rule: "late".into(), severity, scope: vec![("shop".into(), shop.map(str::to_owned))] }
}

fn endpoint(channels: &[&str], binding: Binding) -> Endpoint {
    Endpoint {
        id: "e".into(),
        url: "http://localhost/".into(),
        channels: channels.iter().map(|name| (*name).to_owned()).collect(),
        secrets: vec![],
        disabled: None,
        created_at: Instant(0),
        failing_since: None,
        settings: crate::store::Settings::default(),
        binding,
    }
}

fn weekdays(from: &str, to: &str) -> Hours {
    Hours { zone: Zone::utc(), ranges: vec![Range::new([true, true, true, true, true, false, false], from, to).unwrap()] }
}

fn silence(id: &str, start: &str, end: Option<&str>) -> Silence {
    Silence {
        id: id.into(),
        matcher: Matcher::default(),
        start: t(start),
        end: end.map(t),
        weekly: None,
        author: "a".into(),
        reason: "r".into(),
        created_at: t(start),
        created_by: "k".into(),
        expired_at: None,
    }
}

#[test]
fn who_wants_what() {
    let all = endpoint(&[], Binding::default());
    let ops = endpoint(&["ops"], Binding::default());
    let other = endpoint(&["sales"], Binding::default());
    let severe = endpoint(&["ops"], Binding { severity: Severity::Critical, ..Binding::default() });
    let us = endpoint(&["ops"], Binding { scope: vec![("shop".into(), vec!["us".into(), "ca".into()])], ..Binding::default() });
    let (warning, critical) = (subject(Severity::Warning, Some("us")), subject(Severity::Critical, Some("us")));
    let (german, nowhere) = (subject(Severity::Warning, Some("de")), subject(Severity::Warning, None));
    for (name, endpoint, subject, tone, known, want) in [
        ("listens to everything", &all, &warning, Tone::Firing, false, Ok(())),
        ("listens to the channel", &ops, &warning, Tone::Firing, false, Ok(())),
        ("listens to another", &other, &warning, Tone::Firing, false, Err(Unwanted::Channel)),
        ("not severe enough", &severe, &warning, Tone::Firing, false, Err(Unwanted::Severity)),
        ("severe enough", &severe, &critical, Tone::Firing, false, Ok(())),
        ("a fall goes on", &severe, &warning, Tone::Firing, true, Ok(())),
        ("a reminder of it does not", &severe, &warning, Tone::Repeat, true, Err(Unwanted::Severity)),
        ("its values", &us, &warning, Tone::Firing, false, Ok(())),
        ("other values", &us, &german, Tone::Firing, false, Err(Unwanted::Scope)),
        ("no value", &us, &nowhere, Tone::Firing, false, Err(Unwanted::Scope)),
        ("the end, to who knows", &other, &warning, Tone::Resolved, true, Ok(())),
        ("the end, to who does not", &all, &warning, Tone::Resolved, false, Err(Unwanted::NeverTold)),
        ("a correction, to who does not", &all, &warning, Tone::Restated, false, Err(Unwanted::NeverTold)),
        ("an escalation", &ops, &warning, Tone::Escalated, false, Ok(())),
    ] {
        assert_eq!(wanted(endpoint, subject, &["ops".to_owned()], tone, known), want, "{name}");
    }
}

#[test]
fn why_it_waits() {
    // 10 March 2026 is a Tuesday.
    let work = Binding { hours: Some(weekdays("09:00", "18:00")), ..Binding::default() };
    let mute = silence("si_1", "2026-03-10T10:00:00Z", Some("2026-03-10T20:00:00Z"));
    let longer = silence("si_2", "2026-03-10T11:00:00Z", Some("2026-03-11T20:00:00Z"));
    let warnings = Silence { matcher: Matcher { severities: vec![Severity::Warning], ..Matcher::default() }, ..mute.clone() };
    let (warning, critical) = (subject(Severity::Warning, Some("us")), subject(Severity::Critical, Some("us")));
    let none: &[Silence] = &[];
    for (at, silences, subject, want) in [
        ("2026-03-10T12:00:00Z", none, &warning, None),
        ("2026-03-10T19:00:00Z", none, &warning, Some((None, "2026-03-11T09:00:00Z"))),
        ("2026-03-13T19:00:00Z", none, &warning, Some((None, "2026-03-16T09:00:00Z"))),
        ("2026-03-10T19:00:00Z", none, &critical, None),
        ("2026-03-10T12:00:00Z", std::slice::from_ref(&mute), &warning, Some((Some("si_1"), "2026-03-10T20:00:00Z"))),
        ("2026-03-10T19:00:00Z", std::slice::from_ref(&mute), &critical, Some((Some("si_1"), "2026-03-10T20:00:00Z"))),
        ("2026-03-10T12:00:00Z", &[mute.clone(), longer.clone()], &warning, Some((Some("si_2"), "2026-03-11T20:00:00Z"))),
        ("2026-03-10T19:00:00Z", std::slice::from_ref(&warnings), &critical, None),
        ("2026-03-10T20:00:00Z", std::slice::from_ref(&mute), &warning, Some((None, "2026-03-11T09:00:00Z"))),
    ] {
        let want = want.map(|(silence, until): (Option<&str>, &str)| Hold { silence: silence.map(str::to_owned), until: t(until) });
        assert_eq!(hold(t(at), &work, silences, subject), want, "{at}");
    }
}

#[test]
fn maintenance_comes_again_every_week() {
    let window = Silence { weekly: Some(weekdays("22:00", "02:00")), ..silence("si_m", "2026-03-10T00:00:00Z", None) };
    for (at, want) in [
        ("2026-03-09T23:00:00Z", None),
        ("2026-03-10T23:00:00Z", Some("2026-03-11T02:00:00Z")),
        ("2026-03-11T01:59:00Z", Some("2026-03-11T02:00:00Z")),
        ("2026-03-11T02:00:00Z", None),
        ("2026-03-14T01:00:00Z", Some("2026-03-14T02:00:00Z")),
        ("2026-03-14T23:00:00Z", None),
    ] {
        assert_eq!(muted_until(&window, t(at)), want.map(t), "{at}");
    }
    let ended = Silence { end: Some(t("2026-03-10T23:30:00Z")), ..window.clone() };
    assert_eq!(muted_until(&ended, t("2026-03-10T23:00:00Z")), ended.end);
    let expired = Silence { expired_at: Some(t("2026-03-10T22:30:00Z")), ..window };
    assert_eq!(muted_until(&expired, t("2026-03-10T23:00:00Z")), None);
}

/// Messages as `Fs.`: what it says (F firing, E escalated, P repeat, T restated, R resolved), why it waited so far, why
/// it has to wait now (`s` silence, `h` hours, `-` new, `.` it may go out). Fates: `+` sent, `s` and `h` waits, `S`
/// silenced, `x` superseded.
fn fates(told: bool, messages: &str) -> String {
    let wait = |mark: char| {
        let silence = (mark == 's').then(|| "si_1".to_owned());
        matches!(mark, 's' | 'h').then_some(Hold { silence, until: Instant(1) })
    };
    let read = |message: &str| {
        let marks: Vec<char> = message.chars().collect();
        let tone = match marks[0] {
            'F' => Tone::Firing,
            'E' => Tone::Escalated,
            'P' => Tone::Repeat,
            'T' => Tone::Restated,
            _ => Tone::Resolved,
        };
        Waiting { tone, was: wait(marks[1]), hold: wait(marks[2]) }
    };
    let waiting: Vec<Waiting> = messages.split(' ').map(read).collect();
    let shown = settle(told, &waiting).into_iter().map(|fate| match fate {
        Fate::Send => '+',
        Fate::Wait(hold) if hold.silence.is_some() => 's',
        Fate::Wait(_) => 'h',
        Fate::Drop(DeliveryState::Silenced) => 'S',
        Fate::Drop(_) => 'x',
    });
    shown.collect()
}

#[test]
fn what_becomes_of_what_waits() {
    for (told, messages, want) in [
        // Alone.
        (false, "F-.", "+"),
        (false, "F-h", "h"),
        (false, "F-s", "s"),
        (true, "R-.", "+"),
        (true, "R-s", "s"),
        // The end of a silence: still firing, over and never told, over and told before.
        (false, "Fs.", "+"),
        (false, "Fs. Rs.", "SS"),
        (true, "Rs.", "+"),
        (true, "Fs. Rs.", "x+"),
        (false, "Fs. Fs.", "x+"),
        (false, "Fs. Rs. Fs.", "xx+"),
        (true, "Rs. Fs.", "x+"),
        (false, "Fs. Ts.", "++"),
        (false, "Fs. Ps.", "+x"),
        (true, "Ps. Ps.", "x+"),
        (false, "Fs. Es.", "x+"),
        // It goes on: everything goes on waiting.
        (false, "Fss R-s", "ss"),
        (true, "Rss F-s", "ss"),
        // A silence ends outside the hours, and begins before they do.
        (false, "Fsh", "h"),
        (false, "Fsh Rsh", "SS"),
        (true, "Fsh Rsh", "xh"),
        (false, "Fhs", "h"),
        (false, "Fhs Rhs", "hh"),
        (false, "Fhs R-s", "hs"),
        (false, "Fh. Rs.", "++"),
        // Hours lose nothing: the morning hears of the night.
        (false, "Fh. Rh.", "++"),
        (false, "Fhh R-h", "hh"),
        (false, "Fh. Rh. Fh.", "+++"),
        // What was told in the hours before the silence is heard to be over after both.
        (false, "Fhh Rsh", "hh"),
        // A worse severity does not wait: what waited is overtaken.
        (false, "Fhh F-.", "x+"),
        (false, "Fhh Rhh F-.", "xx+"),
        (false, "Fss F-.", "x+"),
        (true, "Rhh F-.", "x+"),
        (true, "Fhh R-.", "x+"),
        // The end never overtakes the beginning.
        (false, "Fhh R-.", "hh"),
        (false, "Fss R-.", "ss"),
        (false, "Fhh T-.", "hh"),
        // Reminders: one, and only when there is nothing else to say.
        (true, "P-h", "h"),
        (true, "Phh P-h", "xh"),
        (true, "Phh F-h", "xh"),
        (false, "Fhh P-h", "hx"),
        (true, "Phh R-.", "x+"),
    ] {
        assert_eq!(fates(told, messages), want, "{messages}, told: {told}");
    }
}
