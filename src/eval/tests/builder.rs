//! A small builder of programs and rows.

use super::super::*;
use crate::compile::program::*;
use crate::time::{Instant, WeekStart, Zone};
use rust_decimal::Decimal;
use std::sync::Arc;

pub(crate) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn number(text: &str) -> Number {
    Number::of(dec(text))
}

pub(crate) fn at(text: &str) -> Instant {
    Zone::utc().parse_local(text).unwrap()
}

pub(crate) fn num(text: &str) -> Formula {
    Formula::Const(Scalar::Number(dec(text)))
}

pub(crate) fn leaf(leaf: LeafIdx, read: Read) -> Formula {
    Formula::Leaf(leaf, read)
}

pub(crate) fn compare(op: Compare, a: Formula, b: Formula) -> Formula {
    Formula::Compare(op, Box::new(a), Box::new(b))
}

pub(crate) fn divide(a: Formula, b: Formula) -> Formula {
    Formula::Arith(Arith::Div, Box::new(a), Box::new(b))
}

pub(crate) fn over_days(length: u32) -> Window {
    Window::Days { length, ending: 0 }
}

/// Two event types in UTC. `order(shop, sku?, amount?, kind?, day?)` adds up; `ad(shop, campaign, day, spend)` replaces by
/// campaign and day. Groupings: 0 all, 1 shop, 2 shop+sku. Leaves: one a kind for `order`, then for `ad`.
pub(crate) fn program() -> Program {
    Program {
        name: "test".into(),
        version: "1.0.0".into(),
        hash: String::new(),
        title: Text::default(),
        currency: "USD".into(),
        zone: Zone::utc(),
        zones: None,
        reckoning: WeekStart::Monday.into(),
        params: vec![],
        tables: vec![],
        occasions: vec![],
        dims: vec!["shop".into(), "sku".into()],
        events: events(),
        rates: Rates::default(),
        entities: Vec::new(),
        memberships: Vec::new(),
        feeds: vec![],
        leaves: leaves(),
        groupings: vec![vec![], vec![0], vec![0, 1]],
        metrics: vec![],
        targets: vec![],
        scorecards: vec![],
        alerts: vec![],
    }
}

fn events() -> Vec<EventDecl> {
    let field = |name: &str, unit, role, optional| Field { name: name.into(), unit, role, optional };
    let dimension = |name: &str, optional| field(name, Unit::Text, FieldRole::Dimension, optional);
    let order = EventDecl {
        name: "order".into(),
        title: Text::default(),
        fields: vec![
            dimension("shop", false),
            dimension("sku", true),
            field("amount", Unit::Money("USD".into()), FieldRole::Flow, true),
            field("kind", Unit::Text, FieldRole::Flow, true),
            field("ship_by", Unit::Time, FieldRole::Flow, true),
        ],
        dims: vec![(0, 0), (1, 1)],
        replaces_by: vec![],
        prefers: vec![],
        clock: None,
        settles_days: 0,
        entity: None,
    };
    let ad = EventDecl {
        name: "ad".into(),
        title: Text::default(),
        fields: vec![
            dimension("shop", false),
            field("campaign", Unit::Text, FieldRole::Id, false),
            field("day", Unit::Date, FieldRole::Flow, false),
            field("spend", Unit::Money("USD".into()), FieldRole::Flow, false),
        ],
        dims: vec![(0, 0)],
        replaces_by: vec![1, 2],
        prefers: vec![],
        clock: Some(2),
        settles_days: 14,
        entity: None,
    };
    vec![order, ad]
}

fn leaves() -> Vec<Leaf> {
    let amount = Some(RowExpr::Field(2));
    let order_leaf = |keep, arg, filter| Leaf {
        event: 0,
        keep,
        arg,
        filter,
        clock: None,
        currencies: None,
        unit: Unit::Number,
        groupings: vec![0, 1, 2],
        text: String::new(),
    };
    let ad_leaf = |keep| Leaf {
        event: 1,
        keep,
        arg: Some(RowExpr::Field(3)),
        filter: None,
        clock: Some(2),
        currencies: None,
        unit: Unit::Number,
        groupings: vec![0, 1],
        text: String::new(),
    };
    let late = RowExpr::Compare(Compare::Eq, Box::new(RowExpr::Field(3)), Box::new(RowExpr::Const(Scalar::Text("late".into()))));
    let mut by_ship = order_leaf(Keep::Count, None, None);
    by_ship.clock = Some(4);
    vec![
        order_leaf(Keep::Sum, amount.clone(), None),
        order_leaf(Keep::Count, None, None),
        order_leaf(Keep::Count, None, Some(late)),
        order_leaf(Keep::Distinct, Some(RowExpr::Field(3)), None),
        order_leaf(Keep::Min, amount.clone(), None),
        order_leaf(Keep::Max, amount.clone(), None),
        order_leaf(Keep::First, amount.clone(), None),
        order_leaf(Keep::Last, amount.clone(), None),
        order_leaf(Keep::Values, amount, None),
        by_ship,
        ad_leaf(Keep::Sum),
        ad_leaf(Keep::Max),
        ad_leaf(Keep::Last),
    ]
}

pub(crate) const SUM: LeafIdx = 0;
pub(crate) const ORDERS: LeafIdx = 1;
pub(crate) const LATE: LeafIdx = 2;
pub(crate) const KINDS: LeafIdx = 3;
pub(crate) const MIN: LeafIdx = 4;
pub(crate) const MAX: LeafIdx = 5;
pub(crate) const FIRST: LeafIdx = 6;
pub(crate) const LAST: LeafIdx = 7;
pub(crate) const VALUES: LeafIdx = 8;
pub(crate) const BY_SHIP: LeafIdx = 9;
pub(crate) const SPEND: LeafIdx = 10;
pub(crate) const SPEND_MAX: LeafIdx = 11;
pub(crate) const SPEND_LAST: LeafIdx = 12;

pub(crate) fn metric(name: &str, formula: Formula) -> Metric {
    Metric {
        name: name.into(),
        title: Text::default(),
        formula,
        unit: Unit::Number,
        higher_is_better: None,
        adds_up: false,
        process: false,
        cite: None,
        text: String::new(),
        leaves: vec![],
        dims: vec![],
    }
}

fn text(value: &str) -> Scalar {
    if value.is_empty() { Scalar::Absent } else { Scalar::Text(value.into()) }
}

/// An order. `sku`, `amount` and `kind` may be empty.
pub(crate) fn order(id: u128, time: &str, shop: &str, sku: &str, amount: &str, kind: &str) -> Row {
    let amount = if amount.is_empty() { Scalar::Absent } else { Scalar::Number(dec(amount)) };
    let ship_by = Scalar::Time(at(time).plus_s(86_400));
    Row { event: 0, id: RowId(id), time: at(time), revision: 0, values: [text(shop), text(sku), amount, text(kind), ship_by].into() }
}

/// A day of a campaign.
pub(crate) fn ad(id: u128, time: &str, revision: i64, shop: &str, campaign: &str, day: &str, spend: &str) -> Row {
    let day = Scalar::Date(crate::time::Day::parse(day).unwrap());
    Row { event: 1, id: RowId(id), time: at(time), revision, values: [text(shop), text(campaign), day, Scalar::Number(dec(spend))].into() }
}

/// A state with its history.
pub(crate) struct World {
    pub(crate) program: Arc<Program>,
    pub(crate) history: MemoryHistory,
    pub(crate) state: State,
}

impl World {
    pub(crate) fn new(program: Program) -> World {
        let program = Arc::new(program);
        World { state: State::new(Arc::clone(&program)), program, history: MemoryHistory::default() }
    }

    pub(crate) fn step(&mut self, rows: Vec<Row>, now: &str) -> Vec<Notice> {
        self.step_at(rows, at(now))
    }

    pub(crate) fn step_at(&mut self, rows: Vec<Row>, now: Instant) -> Vec<Notice> {
        rows.iter().for_each(|row| self.history.push(row.clone()));
        self.state.step(rows, now, &self.history).unwrap()
    }

    pub(crate) fn reader(&self, at: Instant) -> Reader<'_> {
        Reader { program: &self.program, cells: &self.state, history: &self.history, at }
    }

    /// A number as of the clock.
    pub(crate) fn number(&self, formula: &Formula, when: When, scope: &[(DimIdx, &str)]) -> Number {
        self.number_at(self.state.clock(), formula, when, scope)
    }

    pub(crate) fn number_at(&self, at: Instant, formula: &Formula, when: When, scope: &[(DimIdx, &str)]) -> Number {
        let scope: Vec<(DimIdx, Box<str>)> = scope.iter().map(|(dim, value)| (*dim, (*value).into())).collect();
        self.reader(at).number(formula, when, &scope).unwrap()
    }
}
