//! Reviews that are sent when a period is over.
//!
//! 1. A schedule is due on a day after each period of its scorecard, at a minute of the ruleset's zone ([`due_after`]).
//! 2. What is due is read and scored beside the writer ([`super::reporter`]): the scores of the period, as they were closed or
//!    else as they stand, become the [`message`] of a delivery, and the schedule moves on, in one transaction.
//! 3. What was missed while the service stood still is caught up once: with the last period that is due.
//! 4. A period is sent once, also when the day of the schedule or the zone of the ruleset changes after it: a schedule holds up to
//!    which day periods have been told.

use super::show;
use super::workspace::Workspace;
use crate::compile::program::{Program, Scorecard};
use crate::diagnostic::codes::{api, engage};
use crate::diagnostic::{Diagnostic, Lang, Thing};
use crate::store::record::payload::BODY_BYTES_MAX;
use crate::store::record::review::KeptScore;
use crate::store::schedules::ReportSchedule;
use crate::store::{Kind, StoreError};
use crate::time::{Day, Instant, Period};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// The most schedules of a workspace.
const SCHEDULES_MAX: usize = 100;
/// The most scores that one message lists.
const SCORES_SHOWN: usize = 50;
/// The kind of these messages.
pub const KIND: &str = "report.ready";

/// What is to be told of a period: its scores, or why there are none.
pub type Found = Result<Vec<KeptScore>, Diagnostic>;

impl Workspace {
    /// All schedules, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn report_schedules(&self) -> Result<Vec<ReportSchedule>, Diagnostic> {
        Ok(self.store().view()?.report_schedules()?)
    }

    /// Makes or replaces a schedule. `every` is the length of period that is meant, when it is named. It is first due after the
    /// period that runs; one of the same scorecard goes on where the one before it was.
    ///
    /// # Errors
    /// When the scorecard or endpoint is unknown, the endpoint shows alerts alone, the period is not the card's, there are too
    /// many, or the store fails.
    pub fn put_report_schedule(&self, mut schedule: ReportSchedule, every: Option<&str>) -> Result<ReportSchedule, Diagnostic> {
        let known = self.report_schedules()?;
        if known.len() >= SCHEDULES_MAX && known.iter().all(|known| known.name != schedule.name) {
            return Err(Diagnostic::general(&api::TOO_MANY).arg("limit", SCHEDULES_MAX).what(Thing::ReportSchedules));
        }
        let is_its_ruleset = |known: &&ReportSchedule| schedule.ruleset.is_empty() || known.ruleset == schedule.ruleset;
        let before = known.iter().find(|known| known.name == schedule.name && known.scorecard == schedule.scorecard);
        schedule.through = before.filter(is_its_ruleset).map_or(Day(i32::MIN), |known| known.through);
        let Some(endpoint) = self.store().endpoint(&schedule.endpoint)? else {
            return Err(StoreError::Unknown(Thing::Endpoint, schedule.endpoint).into());
        };
        if matches!(endpoint.settings.kind, Kind::Alertmanager | Kind::Pagerduty) {
            let kind = endpoint.settings.kind.name();
            return Err(Diagnostic::general(&engage::ALERTS_ALONE).arg("name", &schedule.endpoint).arg("kind", kind));
        }
        let named = (!schedule.ruleset.is_empty()).then_some(schedule.ruleset.as_str());
        let about = super::About::Scorecard(&schedule.scorecard);
        let question = super::Question { about, ruleset: named, which: super::Which::Active, at: None, known_at: None };
        let (ruleset, period, next, now) = self.read(&question, |reader| {
            let card = reader.program.scorecards.iter().find(|card| card.name == schedule.scorecard);
            let unknown = || Diagnostic::from(StoreError::Unknown(Thing::Scorecard, schedule.scorecard.clone()));
            let card = card.ok_or_else(unknown)?;
            let grain = format!("{:?}", card.every).to_lowercase();
            if let Some(every) = every.filter(|every| *every != grain) {
                let wrong = Diagnostic::general(&engage::NOT_ITS_PERIOD).arg("name", &schedule.scorecard);
                return Err(wrong.arg("period", every).arg("every", grain));
            }
            let (period, next) = due_after(reader.program, card, &schedule, reader.at);
            Ok((reader.program.name.clone(), period, next, reader.at))
        })??;
        schedule.ruleset = ruleset;
        self.change(|tx, _| {
            let before = tx.report_schedule(&schedule.name)?;
            let before = before.filter(|known| (&known.ruleset, &known.scorecard) == (&schedule.ruleset, &schedule.scorecard));
            (schedule.through, schedule.last) = before.map_or((period.last, None), |known| (known.through, known.last));
            // A period that the one before it still had to tell, and that is due by this one, is told at once.
            schedule.next = if period.last > schedule.through { now } else { next };
            tx.put_report_schedule(&schedule).map(|()| false)
        })?;
        // As it is once what was due at once has been sent.
        self.settle_reports()?;
        let kept = self.report_schedules()?.into_iter().find(|kept| kept.name == schedule.name);
        Ok(kept.unwrap_or(schedule))
    }

    /// Removes a schedule; false when there was none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn remove_report_schedule(&self, name: &str) -> Result<bool, Diagnostic> {
        let mut existed = false;
        self.change(|tx, _| {
            existed = tx.remove_report_schedule(name)?;
            Ok(false)
        })?;
        Ok(existed)
    }
}

/// When the first of these is due.
pub fn first_due(schedules: &[ReportSchedule]) -> Option<Instant> {
    schedules.iter().map(|schedule| schedule.next).min()
}

/// The last period whose report is due by an instant, and when the next one is that has not been told.
pub fn due_after(program: &Program, card: &Scorecard, schedule: &ReportSchedule, now: Instant) -> (Period, Instant) {
    let due = |period: Period| {
        let at = program.zone.at_minute(period.last.plus(schedule.day.into()), schedule.minute);
        // Where shops have zones of their own a period is over with the last of them.
        at.max(program.everywhere().end_of(period.last))
    };
    let mut period = Period::holding(card.every, program.zone.day_of(now), program.reckoning);
    while due(period) > now {
        period = period.previous(program.reckoning);
    }
    let mut coming = period.next(program.reckoning);
    while coming.last <= schedule.through {
        coming = coming.next(program.reckoning);
    }
    (period, due(coming))
}

/// The body: the scores of the period for machines, and the same as lines for people.
pub fn message(schedule: &ReportSchedule, program: &Program, card: &Scorecard, period: Period, found: &Found, now: Instant) -> Vec<u8> {
    let mut sorted: Vec<&KeptScore> = found.iter().flatten().collect();
    let points = |score: &&KeptScore| score.total.as_ref().and_then(|total| total.parse::<Decimal>().ok());
    sorted.sort_by_key(|score| std::cmp::Reverse(points(score)));
    let mut shown = sorted.len().min(SCORES_SHOWN);
    loop {
        let list = List { shown: sorted.get(..shown).unwrap_or_default(), left: sorted.len() - shown };
        let [en, zh] = match found {
            Ok(_) => list.lines(),
            Err(refusal) => [Lang::En, Lang::Zh].map(|lang| vec![refusal.message(lang)]),
        };
        let data = json!({
            "schedule": schedule.name, "ruleset": program.name, "version": program.version, "scorecard": card.name,
            "period": period.to_string(), "scores": list.rows(), "scores_all": found.as_ref().ok().map(Vec::len),
            "link": link(schedule, program, card, period),
            "message": said(&card.title.en, ", ", period, Lang::En, found),
            "message_zh": said(card.title.zh.as_ref().unwrap_or(&card.title.en), " ", period, Lang::Zh, found),
            "lines": en, "lines_zh": zh,
        });
        let body = json!({ "type": KIND, "timestamp": now.to_string(), "data": data }).to_string().into_bytes();
        if body.len() < BODY_BYTES_MAX || shown == 0 {
            return body;
        }
        shown /= 2;
    }
}

fn link(schedule: &ReportSchedule, program: &Program, card: &Scorecard, period: Period) -> String {
    let lang = if schedule.zh { "zh" } else { "en" };
    format!("/v1/reports/{}/{period}?format={}&lang={lang}&ruleset={}", card.name, schedule.format, program.name)
}

/// The sentence that comes first.
fn said(title: &str, gap: &str, period: Period, lang: Lang, found: &Found) -> String {
    let what = match (found, lang) {
        (Ok(found), Lang::Zh) => format!("：{} 个得分", found.len()),
        (Ok(found), Lang::En) if found.len() == 1 => ": 1 score".to_owned(),
        (Ok(found), Lang::En) => format!(": {} scores", found.len()),
        (Err(_), _) => String::new(),
    };
    format!("{title}{gap}{period}{what}")
}

/// The scores that a message lists, the best first, and how many more there are.
struct List<'s> {
    shown: &'s [&'s KeptScore],
    left: usize,
}

impl List<'_> {
    fn rows(&self) -> Vec<Value> {
        let row = |score: &&KeptScore| {
            let scope: Map<String, Value> = score.scope.iter().map(|(dim, value)| (dim.clone(), json!(value))).collect();
            json!({
                "scope": scope, "score": score.total, "grade": score.grade, "payout": paid(score), "payout_unit": score.payout_unit,
                "provisional": score.provisional,
            })
        };
        self.shown.iter().map(row).collect()
    }

    /// In English and in Chinese.
    fn lines(&self) -> [Vec<String>; 2] {
        [("unknown", format!("and {} more", self.left)), ("未知", format!("另有 {} 个", self.left))].map(|(none, more)| {
            let rest = (self.left > 0).then_some(more);
            self.shown.iter().map(|score| line(score, none)).chain(rest).collect()
        })
    }
}

/// The payout of a score, rounded as its currency is.
fn paid(score: &KeptScore) -> Option<String> {
    let payout = score.payout.as_ref()?;
    Some(payout.parse().map_or_else(|_| payout.clone(), |amount| show::payout(amount, score.payout_unit.as_deref(), false)))
}

fn line(score: &KeptScore, none: &str) -> String {
    let scope = show::scope(score.scope.iter().map(|(dim, value)| (dim.as_str(), value.as_str()))).unwrap_or_else(|| "*".to_owned());
    let unit = score.payout_unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let payout = paid(score).map(|payout| format!("{payout}{unit}"));
    let rounded = |total: &String| total.parse::<Decimal>().map_or_else(|_| total.clone(), |total| total.round_dp(2).to_string());
    let total = score.total.as_ref().map_or_else(|| none.to_owned(), rounded);
    // A card without grades or payouts has none to tell.
    let parts = [Some(total), score.grade.clone(), payout].into_iter().flatten().collect::<Vec<_>>();
    format!("{scope} · {}", parts.join(" · "))
}
