//! One client in the events of the library: shops on several platforms, who runs them, and the teams of those.
//!
//! 1. On the first day every shop is given to an operator, and every operator to a team.
//! 2. [`Client::day`] gives what arrives on a day: orders, which grow by a tenth a year, returns with their refunds, reviews, fees,
//!    advertising, new listings, and stock on the first of a month.
//! 3. In the last forty days the second shop sells a bad batch: buyers complain, and its operator comes near the red line.
//!
//! Amounts are plain numbers, in the currency of whatever ruleset reads them. Times lie in one day of any zone from UTC to UTC+8.

use super::season::busy;
use super::world::{Dice, Size, count, event, text};
use crate::engine::{RawEvent, RawValue};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;

/// Goods: SKU, category, price and landed cost in cents.
const GOODS: &[(&str, &str, i64, i64)] = &[
    ("shirt", "apparel", 3_900, 1_950),
    ("coat", "apparel", 9_900, 5_100),
    ("lamp", "electronics", 5_450, 2_800),
    ("mug", "home", 1_890, 900),
    ("kettle", "home", 4_590, 2_350),
];
const SHOPS: &[&str] = &["us", "de", "jp", "uk", "ca", "au", "sg", "my", "th", "mx"];
const PLATFORMS: &[&str] = &["amazon", "shopee", "tiktok", "lazada"];
const OPERATORS: &[&str] = &["ann", "bob", "cid", "dan", "eve", "fay", "gil", "hal", "ivy", "jan"];
const TEAMS: &[&str] = &["east", "west"];
/// Days of the bad batch.
const BAD_DAYS: i32 = 40;
/// Seconds of a day in which something arrives: so a day in UTC is one in UTC+8 too.
const DAY_S: i64 = 16 * 3_600 - 1;

/// The shops of a client.
#[derive(Debug)]
pub struct Client {
    dice: Dice,
    first: Day,
    last: Day,
    /// Names, and orders of a usual day in hundredths.
    shops: Vec<(String, i64)>,
    n_orders: u64,
}

impl Client {
    /// A client with so many shops that its history has about the wanted number of events.
    pub fn new(first: Day, seed: u64, size: Size) -> Client {
        let shop_days = (size.shops as u64).saturating_mul(u64::from(size.days.unsigned_abs())).max(1);
        // A day of a shop has a row of fees and one of advertising; an order makes about one event and a fifth.
        let hundredths = size.events.saturating_mul(100) / shop_days;
        let orders = i64::try_from(hundredths.saturating_sub(200).saturating_mul(5) / 6).unwrap_or(i64::MAX).clamp(50, 10_000_000);
        let mut dice = Dice(seed);
        let shop = |number: usize| {
            let (name, round) = (SHOPS.get(number % SHOPS.len()).copied().unwrap_or_default(), number / SHOPS.len());
            let name = if round == 0 { name.to_owned() } else { format!("{name}{}", round + 1) };
            (name, orders * dice.between(70, 130) / 100)
        };
        let shops = (0..size.shops).map(shop).collect();
        Client { dice, first, last: first.plus(size.days - 1), shops, n_orders: 0 }
    }

    /// What arrives on a day, in the order of time. Days must be asked for one after the other.
    pub fn day(&mut self, day: Day) -> Vec<RawEvent> {
        let mut events = Vec::new();
        for at in 0..self.shops.len() {
            if day == self.first {
                events.extend(self.belong(at));
            }
            let civil = day.civil();
            if civil.day() == 1 || day == self.first {
                events.extend(self.count_stock(at, day));
            }
            let sold = self.sell(at, day, &mut events);
            events.extend(self.pay(at, day, sold));
        }
        events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        events
    }

    fn shop(&self, at: usize) -> (String, i64) {
        self.shops.get(at).cloned().unwrap_or_default()
    }

    fn moment(&mut self, day: Day) -> Instant {
        start(day).plus_s(self.dice.between(3_600, DAY_S))
    }

    /// Who runs a shop, and whose team that is.
    fn belong(&self, at: usize) -> [RawEvent; 2] {
        let (shop, _) = self.shop(at);
        let operator = OPERATORS.get(at % OPERATORS.len()).copied().unwrap_or_default();
        let team = TEAMS.get(at % TEAMS.len()).copied().unwrap_or_default();
        let (time, first_day) = (start(self.first), text(&self.first.to_string()));
        let given = [("shop", text(&shop)), ("operator", text(operator)), ("first_day", first_day.clone())];
        let joined = [("operator", text(operator)), ("team", text(team)), ("first_day", first_day)];
        [event("shop_assigned", shop.clone(), time, given), event("operator_joined", format!("{operator}-{shop}"), time, joined)]
    }

    fn count_stock(&self, at: usize, day: Day) -> Vec<RawEvent> {
        let (shop, orders) = self.shop(at);
        // Enough for about sixty days.
        let on_hand = (orders * 60 / 100 / GOODS.len() as i64).max(1);
        let counted = GOODS.iter().map(|(sku, category, _, cost)| {
            let fields = [
                ("shop", text(&shop)),
                ("sku", text(sku)),
                ("category", text(category)),
                ("on_hand", count(on_hand)),
                ("value", cents(on_hand * cost)),
            ];
            event("stock", format!("{shop}-{sku}-{day}"), start(day).plus_s(60), fields)
        });
        counted.collect()
    }

    /// Orders of a day and what follows from them; their sales in cents.
    fn sell(&mut self, at: usize, day: Day, events: &mut Vec<RawEvent>) -> i64 {
        let (shop, orders) = self.shop(at);
        let grown = 3_650 + i64::from(day.0 - self.first.0);
        let due = orders * busy(day) / 100 * grown / 3_650;
        let n_orders = due / 100 + i64::from(self.dice.chance(due % 100 * 10));
        let platform = PLATFORMS.get(at % PLATFORMS.len()).copied().unwrap_or_default();
        let bad = at == 1 && self.last.0 - day.0 < BAD_DAYS;
        let mut sold = 0;
        for _ in 0..n_orders {
            let pick = usize::try_from(self.dice.between(0, GOODS.len() as i64 - 1)).unwrap_or(0);
            let Some((sku, category, price, cost)) = GOODS.get(pick).copied() else { continue };
            let units = if self.dice.chance(200) { 2 } else { 1 };
            self.n_orders += 1;
            let (order, placed) = (format!("{shop}-{:06}", self.n_orders), self.moment(day));
            let fields = [
                ("order_id", text(&order)),
                ("platform", text(platform)),
                ("shop", text(&shop)),
                ("sku", text(sku)),
                ("category", text(category)),
                ("amount", cents(price * units)),
                ("cost", cents(cost * units)),
                ("units", count(units)),
            ];
            events.push(event("order_placed", order.clone(), placed, fields));
            sold += price * units;
            if self.dice.chance(if bad { 200 } else { 50 }) {
                let fields = [
                    ("order_id", text(&order)),
                    ("shop", text(&shop)),
                    ("sku", text(sku)),
                    ("category", text(category)),
                    ("units", count(units)),
                ];
                events.push(event("order_returned", order.clone(), placed.plus_s(1_800), fields));
                let fields = [
                    ("order_id", text(&order)),
                    ("shop", text(&shop)),
                    ("sku", text(sku)),
                    ("category", text(category)),
                    ("amount", cents(price * units)),
                ];
                events.push(event("refund", order.clone(), placed.plus_s(1_860), fields));
            }
            if self.dice.chance(if bad { 120 } else { 0 }) {
                let fields = [
                    ("review_id", text(&order)),
                    ("order_id", text(&order)),
                    ("shop", text(&shop)),
                    ("about", text("seller")),
                    ("stars", count(1)),
                ];
                events.push(event("review", order, placed.plus_s(1_900), fields));
            }
        }
        sold
    }

    /// Fees and advertising of a day, and now and then a new listing.
    fn pay(&mut self, at: usize, day: Day, sold: i64) -> Vec<RawEvent> {
        let (shop, orders) = self.shop(at);
        let evening = start(day).plus_s(DAY_S + 1 - 60);
        let fee = [("shop", text(&shop)), ("kind", text("commission")), ("amount", cents(sold * 12 / 100))];
        let mut events = vec![event("fee", format!("{shop}-{day}"), evening, fee)];
        // Advertising follows the season, not what was sold.
        let planned = orders * busy(day) / 100 * 45;
        let spend = planned * self.dice.between(9, 13) / 100;
        let fields = [
            ("shop", text(&shop)),
            ("campaign", text("brand")),
            ("day", text(&day.to_string())),
            ("impressions", count(orders * 3)),
            ("clicks", count(orders / 10)),
            ("orders", count(orders / 100)),
            ("spend", cents(spend)),
            ("sales", cents(planned * 4 / 10)),
        ];
        events.push(event("ad_day", format!("{shop}-{day}"), evening.plus_s(30), fields));
        if self.dice.chance(60) {
            let fields = [("shop", text(&shop)), ("sku", text("shirt")), ("category", text("apparel"))];
            events.push(event("listing_created", format!("{shop}-{day}"), evening, fields));
        }
        events
    }
}

/// The start of a day in UTC.
fn start(day: Day) -> Instant {
    Zone::utc().start_of(day)
}

fn cents(cents: i64) -> RawValue {
    RawValue::Number(Decimal::new(cents, 2))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_client_of_about_the_size_that_is_asked_for() {
        let size = Size { shops: 4, days: 365, events: 10_000 };
        let play = |seed| {
            let first = Day::parse("2024-01-01").unwrap();
            let mut client = Client::new(first, seed, size);
            (0..size.days).flat_map(|number| client.day(first.plus(number))).collect::<Vec<_>>()
        };
        let (one, two, other) = (play(7), play(7), play(8));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        assert_ne!(format!("{one:?}"), format!("{other:?}"));
        assert!(one.len() > 6_000 && one.len() < 16_000, "{}", one.len());
        let ids: std::collections::BTreeSet<_> = one.iter().map(|event| &event.id).collect();
        assert_eq!(ids.len(), one.len());
    }
}
