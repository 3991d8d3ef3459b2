//! Generated shops: the same seed gives the same year, to the cent.
//!
//! 1. [`Year::new`] sets up three shops, their goods and the incidents of the year.
//! 2. [`Year::day`] gives the events of one day in the order of time: orders, shipments, refunds, advertising rows (stated
//!    the next morning and restated twice), stock counts and conversations.
//! 3. What a day causes later (a refund after a week, a restated row) waits until its own day comes.

use crate::engine::{RawEvent, RawValue};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A small, fast and repeatable generator of numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).unsigned_abs() + 1;
        low + i64::try_from(self.roll() % span).unwrap_or(0)
    }

    /// True in this many of a thousand cases.
    fn chance(&mut self, permille: i64) -> bool {
        self.between(0, 999) < permille
    }
}

/// A shop and how it does.
struct Shop {
    name: &'static str,
    orders_a_day: i64,
    goods: Vec<Good>,
}

struct Good {
    sku: &'static str,
    cents: i64,
    on_hand: i64,
}

/// Something that goes wrong, from one day of the year to another.
struct Incident {
    shop: &'static str,
    days: std::ops::Range<i32>,
    what: Trouble,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// The carrier is on strike: shipments are late.
    Late,
    /// A bad batch: goods come back.
    Returns,
    /// A budget without a limit.
    AdSpend,
    /// The purchase order was forgotten.
    NoSupply,
    /// Half of the service team is ill.
    SlowChat,
}

/// A year of events of three shops.
pub struct Year {
    zone: Zone,
    first: Day,
    dice: Dice,
    shops: Vec<Shop>,
    incidents: Vec<Incident>,
    n_orders: u64,
    later: BTreeMap<Day, Vec<RawEvent>>,
}

impl Year {
    /// A year that begins on `first`, in the days of `zone`.
    pub fn new(first: Day, zone: Zone, seed: u64) -> Year {
        let good = |sku, cents| Good { sku, cents, on_hand: 300 };
        let shop =
            |name, orders_a_day| Shop { name, orders_a_day, goods: vec![good("mug", 1_890), good("lamp", 5_450), good("tray", 3_275)] };
        let trouble = |shop, days, what| Incident { shop, days, what };
        Year {
            zone,
            first,
            dice: Dice(seed),
            shops: vec![shop("us", 14), shop("de", 9), shop("jp", 6)],
            incidents: vec![
                trouble("us", 60..74, Trouble::Late),
                trouble("de", 115..133, Trouble::Returns),
                trouble("jp", 170..180, Trouble::AdSpend),
                trouble("us", 215..229, Trouble::NoSupply),
                trouble("de", 262..268, Trouble::SlowChat),
                trouble("jp", 310..322, Trouble::Late),
            ],
            n_orders: 0,
            later: BTreeMap::new(),
        }
    }

    /// The events of a day, in the order of time. Days must be asked for one after the other.
    pub fn day(&mut self, day: Day) -> Vec<RawEvent> {
        let mut events = Vec::new();
        for shop in 0..self.shops.len() {
            self.sell(shop, day, &mut events);
            self.advertise(shop, day);
            self.count_stock(shop, day, &mut events);
            self.answer(shop, day, &mut events);
        }
        let rest = self.later.split_off(&day.plus(1));
        events.extend(std::mem::replace(&mut self.later, rest).into_values().flatten());
        events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        events
    }

    fn trouble(&self, shop: usize, day: Day, what: Trouble) -> bool {
        let number = day.0 - self.first.0;
        let name = self.shops.get(shop).map_or("", |shop| shop.name);
        self.incidents.iter().any(|incident| incident.shop == name && incident.what == what && incident.days.contains(&number))
    }

    /// How busy a day is, in percent: weekends, two seasons and one long festival.
    fn season(&self, day: Day) -> i64 {
        let date = day.civil();
        let weekend = if matches!(date.weekday().to_monday_zero_offset(), 5 | 6) { 125 } else { 95 };
        let month = match date.month() {
            1 | 2 => 80,
            6 | 7 => 120,
            11 => 170,
            12 => 150,
            _ => 100,
        };
        weekend * month / 100
    }

    fn sell(&mut self, shop: usize, day: Day, events: &mut Vec<RawEvent>) {
        let busy = self.season(day);
        let late = if self.trouble(shop, day, Trouble::Late) { 350 } else { 12 };
        let returns = if self.trouble(shop, day, Trouble::Returns) { 300 } else { 45 };
        let Some(name) = self.shops.get(shop).map(|shop| shop.name) else { return };
        let usual = self.shops.get(shop).map_or(0, |shop| shop.orders_a_day) * busy / 100;
        for _ in 0..self.dice.between(usual * 3 / 4, usual * 5 / 4) {
            let placed = self.moment(day, 0, 86_399);
            let Some((sku, units, cents)) = self.basket(shop) else { continue };
            self.n_orders += 1;
            let order = format!("{name}-{:06}", self.n_orders);
            let amount = money(cents);
            events.push(event(
                "order_placed",
                order.clone(),
                placed,
                [("order_id", text(&order)), ("shop", text(name)), ("sku", text(sku)), ("amount", amount.clone()), ("units", count(units))],
            ));
            self.ship(name, &order, placed, late);
            if self.dice.chance(returns) {
                let (days, reason) = (self.dice.between(4, 16), self.dice.between(0, 2));
                let reason =
                    ["damaged", "not as described", "changed mind"].get(usize::try_from(reason).unwrap_or(0)).copied().unwrap_or("other");
                let fields = [("order_id", text(&order)), ("shop", text(name)), ("amount", amount), ("reason", text(reason))];
                self.wait(event("refund", format!("{order}-refund"), placed.plus_s(days * 86_400), fields));
            }
        }
    }

    /// One line of goods that are in stock, taken off the shelf.
    fn basket(&mut self, shop: usize) -> Option<(&'static str, i64, i64)> {
        let units = if self.dice.chance(200) { 2 } else { 1 };
        let pick = usize::try_from(self.dice.between(0, 2)).unwrap_or(0);
        let good = self.shops.get_mut(shop)?.goods.get_mut(pick)?;
        if good.on_hand < units {
            return None;
        }
        good.on_hand -= units;
        Some((good.sku, units, good.cents * units))
    }

    fn ship(&mut self, shop: &'static str, order: &str, placed: Instant, late_permille: i64) {
        let ship_by = placed.plus_s(2 * 86_400);
        let late = self.dice.chance(late_permille);
        let after = if late { self.dice.between(2 * 86_400 + 600, 4 * 86_400) } else { self.dice.between(3_600, 2 * 86_400 - 600) };
        let fields = [
            ("order_id", text(order)),
            ("shop", text(shop)),
            ("ship_by", RawValue::Text(ship_by.to_string())),
            ("late", RawValue::Flag(late)),
        ];
        self.wait(event("order_shipped", format!("{order}-shipped"), placed.plus_s(after), fields));
    }

    /// The platform states a day's advertising the next morning, and restates it three and seven days later.
    fn advertise(&mut self, shop: usize, day: Day) {
        let wild = self.trouble(shop, day, Trouble::AdSpend);
        let busy = self.season(day);
        let Some((name, orders)) = self.shops.get(shop).map(|shop| (shop.name, shop.orders_a_day)) else { return };
        for campaign in ["brand", "generic"] {
            let spend = orders * busy * self.dice.between(3, 5) * if wild { 6 } else { 1 };
            let sales = orders * busy * self.dice.between(11, 15);
            for (revision, days, known_percent) in [(0, 1, 82), (1, 3, 94), (2, 7, 100)] {
                let at = self.moment(day.plus(days), 6 * 3_600, 7 * 3_600);
                let fields = [
                    ("shop", text(name)),
                    ("campaign", text(campaign)),
                    ("day", RawValue::Text(day.to_string())),
                    ("spend", money(spend)),
                    ("sales", money(sales * known_percent / 100)),
                ];
                let mut row = event("ad_day", format!("{name}-{campaign}-{day}-{revision}"), at, fields);
                row.revision = revision;
                self.wait(row);
            }
        }
    }

    /// Every morning the goods are counted; what runs low is ordered and stands there the morning after.
    fn count_stock(&mut self, shop: usize, day: Day, events: &mut Vec<RawEvent>) {
        let forgotten = self.trouble(shop, day, Trouble::NoSupply);
        let at = self.zone.start_of(day).plus_s(6 * 3_600);
        let Some(shop) = self.shops.get_mut(shop) else { return };
        for good in &mut shop.goods {
            let fields = [("shop", text(shop.name)), ("sku", text(good.sku)), ("on_hand", count(good.on_hand))];
            events.push(event("stock", format!("{}-{}-{day}", shop.name, good.sku), at, fields));
            if good.on_hand < 70 && !forgotten {
                good.on_hand += 300;
            }
        }
    }

    fn answer(&mut self, shop: usize, day: Day, events: &mut Vec<RawEvent>) {
        let slow = self.trouble(shop, day, Trouble::SlowChat);
        let Some((name, orders)) = self.shops.get(shop).map(|shop| (shop.name, shop.orders_a_day)) else { return };
        for n in 0..self.dice.between(orders / 3, orders / 2 + 1) {
            let at = self.moment(day, 8 * 3_600, 22 * 3_600);
            let waits =
                if self.dice.chance(if slow { 600 } else { 110 }) { self.dice.between(200, 1_500) } else { self.dice.between(8, 170) };
            let fields = [("shop", text(name)), ("first_reply", RawValue::Number(Decimal::from(waits)))];
            events.push(event("chat", format!("{name}-{day}-chat-{n}"), at, fields));
        }
    }

    /// A second of a local day.
    fn moment(&mut self, day: Day, from_s: i64, to_s: i64) -> Instant {
        let at = self.dice.between(from_s, to_s);
        self.zone.start_of(day).plus_s(at).min(self.zone.end_of(day).plus_s(-1))
    }

    fn wait(&mut self, event: RawEvent) {
        if let Some(time) = event.time {
            self.later.entry(self.zone.day_of(time)).or_default().push(event);
        }
    }
}

fn event<const N: usize>(kind: &str, id: String, time: Instant, fields: [(&str, RawValue); N]) -> RawEvent {
    let data = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    RawEvent { source: "demo".to_owned(), id: format!("{kind}-{id}"), kind: kind.to_owned(), time: Some(time), revision: 0, data }
}

fn text(value: &str) -> RawValue {
    RawValue::Text(value.to_owned())
}

fn count(value: i64) -> RawValue {
    RawValue::Number(Decimal::from(value))
}

fn money(cents: i64) -> RawValue {
    RawValue::Number(Decimal::new(cents, 2))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn year(seed: u64) -> Vec<RawEvent> {
        let first = Day::parse("2025-11-01").unwrap();
        let mut year = Year::new(first, Zone::named("America/Los_Angeles").unwrap(), seed);
        (0..365).flat_map(|n| year.day(first.plus(n))).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_year() {
        let (one, two, other) = (year(7), year(7), year(8));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        assert_ne!(one.len(), other.len());
        assert!(one.len() > 20_000, "{}", one.len());
        assert!(one.is_sorted_by_key(|event| event.time));
        let ids: std::collections::BTreeSet<_> = one.iter().map(|event| &event.id).collect();
        assert_eq!(ids.len(), one.len());
    }
}
