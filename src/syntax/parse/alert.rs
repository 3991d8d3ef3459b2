//! Alert rules.

use super::formula::Place;
use super::node::Node;
use super::{Builder, Rule, Seen};
use crate::diagnostic::Spanned;
use crate::syntax::ast::{Alert, AlertLevel, AlertSeverity, Expr, ExprKind, Grouped, Inhibition, Judged, NoData};
use crate::syntax::outline::Declaration;

impl Builder<'_> {
    pub(super) fn alert(&mut self, declaration: &Declaration) -> Alert {
        let head = self.head(Rule::alert_head, declaration);
        let block = self.needs_block(declaration);
        let name = self.named(head.as_deref(), declaration);
        let span = self.whole(declaration);
        let (subject, window, volume) = match head.as_deref().and_then(|head| head.iter().find(|node| node.rule() == Rule::expr)) {
            Some(node) => self.formula_with_window(node),
            None => (Expr { kind: ExprKind::Broken, span: name.span }, None, None),
        };
        let per = head.as_deref().and_then(|head| head.iter().find(|node| node.rule() == Rule::per)).map(|per| per.names());
        let mut alert = Alert {
            name,
            subject,
            window,
            volume,
            per: per.unwrap_or_default(),
            title: Default::default(),
            levels: Vec::new(),
            clear: None,
            clear_hold: None,
            exempts: Vec::new(),
            inhibited: Vec::new(),
            grouped: None,
            no_data: None,
            message: Default::default(),
            notify: Vec::new(),
            repeat: None,
            evaluated: None,
            span,
        };
        let mut seen = Seen::default();
        self.statements(block, Rule::alert_line, |builder, line| builder.alert_line(&mut alert, &mut seen, &line));
        alert
    }

    fn alert_line(&mut self, alert: &mut Alert, seen: &mut Seen, line: &Node) {
        let span = line.span();
        match line.rule() {
            Rule::title if self.once(seen, "title", span) => alert.title = self.texts_in(line),
            Rule::level => alert.levels.extend(self.level(line)),
            Rule::clear if self.once(seen, "clear", span) => {
                self.hold = None;
                alert.clear = line.find(Rule::when).map(|when| self.condition(&when, Place::Level));
                if let Some(hold) = line.find(Rule::hold) {
                    self.hold(&hold, Place::Level);
                }
                alert.clear_hold = self.hold.take();
            }
            Rule::inhibited => {
                let on = line.find(Rule::on_dims).map(|on| on.names()).unwrap_or_default();
                alert.inhibited.push(Inhibition { by: line.names(), on, span });
            }
            Rule::exempt => alert.exempts.extend(self.gate(line)),
            Rule::grouped if self.once(seen, "group", span) => alert.grouped = Some(Grouped { by: line.names(), span }),
            Rule::no_data if self.once(seen, "no data", span) => {
                alert.no_data = line.find(Rule::no_data_policy).map(|word| Spanned { value: no_data(word.text()), span: word.span() });
            }
            Rule::message if self.once(seen, "message", span) => alert.message = self.texts_in(line),
            Rule::notify if self.once(seen, "notify", span) => alert.notify = line.names(),
            Rule::repeat if self.once(seen, "repeat", span) => alert.repeat = self.duration_in(line),
            Rule::evaluated if self.once(seen, "evaluated", span) => alert.evaluated = self.schedule(line),
            _ => {}
        }
    }

    fn level(&mut self, line: &Node) -> Option<AlertLevel> {
        let word = line.find(Rule::severity)?;
        let severity = Spanned { value: severity(word.text()), span: word.span() };
        self.hold = None;
        let when = self.condition(&line.find(Rule::when)?, Place::Level);
        let hold = self.hold.take();
        let judged = line.find(Rule::judged).map(|words| Spanned { value: judged(&words), span: words.span() });
        Some(AlertLevel { severity, when, hold, judged, span: line.span() })
    }
}

fn judged(words: &Node) -> Judged {
    if words.find(Rule::kw_early).is_some() { Judged::Early } else { Judged::SoFar }
}

pub(super) fn severity(word: &str) -> AlertSeverity {
    match word {
        "info" => AlertSeverity::Info,
        "warning" => AlertSeverity::Warning,
        _ => AlertSeverity::Critical,
    }
}

fn no_data(word: &str) -> NoData {
    match word {
        "alert" => NoData::Alert,
        "clear" => NoData::Clear,
        _ => NoData::Keep,
    }
}
