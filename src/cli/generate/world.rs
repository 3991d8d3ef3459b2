//! Generated shops: the same seed gives the same history, to the cent.
//!
//! 1. [`World::demo`] sets up the three shops of the demo, [`World::sized`] any number of shops in their own zones and
//!    currencies; both with what goes wrong, and when.
//! 2. [`World::day`] gives what arrives on one day of the company's zone: orders, shipments, refunds, advertising rows
//!    (stated the next morning and restated twice), stock counts, conversations and exchange rates.
//! 3. What a day causes later (a refund after a week, a restated row, a scan that is told late, an order that is sent again)
//!    waits until its own day comes.

use super::season::busy;
use crate::engine::{RawEvent, RawValue};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The kinds of goods and their prices in cents of the base currency.
const GOODS: &[(&str, i64)] = &[
    ("mug", 1_890),
    ("lamp", 5_450),
    ("tray", 3_275),
    ("towel", 1_290),
    ("kettle", 4_590),
    ("cushion", 2_350),
    ("clock", 3_990),
    ("vase", 2_780),
    ("basket", 1_650),
    ("blanket", 4_100),
    ("frame", 990),
    ("candle", 1_150),
];

/// Markets: name, zone, currency, and what a billion of its units is worth in the base currency.
const MARKETS: &[(&str, &str, &str, i64)] = &[
    ("us", "America/Los_Angeles", "USD", 1_000_000_000),
    ("de", "Europe/Berlin", "EUR", 1_080_000_000),
    ("jp", "Asia/Tokyo", "JPY", 6_700_000),
    ("uk", "Europe/London", "GBP", 1_270_000_000),
    ("ca", "America/Toronto", "CAD", 730_000_000),
    ("au", "Australia/Sydney", "AUD", 660_000_000),
    ("sg", "Asia/Singapore", "SGD", 740_000_000),
    ("my", "Asia/Kuala_Lumpur", "MYR", 220_000_000),
    ("th", "Asia/Bangkok", "THB", 28_000_000),
    ("mx", "America/Mexico_City", "MXN", 55_000_000),
];
/// Currencies without a smaller unit.
const WHOLE: &[&str] = &["JPY"];
const BASE: &str = "USD";

/// A small, fast and repeatable generator of numbers (splitmix64).
#[derive(Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).unsigned_abs() + 1;
        low + i64::try_from(self.roll() % span).unwrap_or(0)
    }

    /// True in this many of a thousand cases.
    pub(super) fn chance(&mut self, permille: i64) -> bool {
        self.between(0, 999) < permille
    }
}

/// A shop and how it does.
#[derive(Debug)]
struct Shop {
    name: String,
    zone: Zone,
    /// None for plain numbers, in the currency of the ruleset.
    currency: Option<&'static str>,
    /// What a billion of its units is worth in the base currency.
    worth: i64,
    orders_a_day: i64,
    goods: Vec<Good>,
    /// The first of its days that has not been played.
    next: Day,
}

#[derive(Debug)]
struct Good {
    sku: &'static str,
    cents: i64,
    on_hand: i64,
    /// What a delivery brings; a quarter of it is the time to order.
    delivery: i64,
}

impl Shop {
    fn new(name: String, zone: Zone, orders_a_day: i64, goods: usize, first: Day) -> Shop {
        let delivery = (orders_a_day * 20).max(300);
        let good = |(sku, cents): &(&'static str, i64)| Good { sku, cents: *cents, on_hand: delivery, delivery };
        let goods = GOODS.iter().take(goods).map(good).collect();
        Shop { name, zone, currency: None, worth: 1_000_000_000, orders_a_day, goods, next: first }
    }

    /// Cents of the base currency as an amount of the shop's.
    fn money(&self, cents: i64) -> RawValue {
        let Some(currency) = self.currency else { return RawValue::Number(Decimal::new(cents, 2)) };
        let local = i128::from(cents) * 1_000_000_000 / i128::from(self.worth.max(1));
        let amount = Decimal::new(i64::try_from(local).unwrap_or(i64::MAX), 2);
        let decimals = if WHOLE.contains(&currency) { 0 } else { 2 };
        RawValue::Money { amount: amount.round_dp(decimals), currency: currency.to_owned() }
    }
}

/// Something that goes wrong, from one day of the history to another.
#[derive(Debug)]
struct Incident {
    shop: usize,
    days: std::ops::Range<i32>,
    what: Trouble,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// The carrier is on strike: shipments are late.
    Late,
    /// A bad batch: goods come back.
    Returns,
    /// A budget without a limit.
    AdSpend,
    /// The advertising account is blocked: no rows arrive.
    NoAds,
    /// The purchase order was forgotten.
    NoSupply,
    /// Half of the service team is ill.
    SlowChat,
}

/// The size of a world.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// How many shops.
    pub shops: usize,
    /// How many days.
    pub days: i32,
    /// About how many events.
    pub events: u64,
}

/// A history of events of several shops.
#[derive(Debug)]
pub struct World {
    /// The zone whose days are asked for.
    zone: Zone,
    first: Day,
    dice: Dice,
    shops: Vec<Shop>,
    incidents: Vec<Incident>,
    /// Currency and what a billion of its units is worth today.
    rates: Vec<(&'static str, i64)>,
    n_orders: u64,
    later: BTreeMap<Day, Vec<RawEvent>>,
}

impl World {
    /// The three shops of the demo: one zone, one currency, one of each incident.
    pub fn demo(first: Day, zone: Zone, seed: u64) -> World {
        let shop = |(name, orders): (&str, i64)| Shop::new(name.to_owned(), zone.clone(), orders, 3, first);
        let shops = [("us", 14), ("de", 9), ("jp", 6)].map(shop).into();
        let trouble = |shop, days, what| Incident { shop, days, what };
        let incidents = vec![
            trouble(0, 60..74, Trouble::Late),
            trouble(1, 115..133, Trouble::Returns),
            trouble(2, 170..180, Trouble::AdSpend),
            trouble(0, 215..229, Trouble::NoSupply),
            trouble(1, 262..268, Trouble::SlowChat),
            trouble(2, 310..322, Trouble::Late),
        ];
        World { zone, first, dice: Dice(seed), shops, incidents, rates: Vec::new(), n_orders: 0, later: BTreeMap::new() }
    }

    /// Shops in zones and currencies of their own, so many that a history has about the wanted number of events.
    pub fn sized(first: Day, zone: Zone, seed: u64, size: Size) -> World {
        /// What arrives of a shop on a day whatever it sells: stock counts and advertising rows.
        const FIXED: u64 = 18;
        let shop_days = (size.shops as u64).saturating_mul(u64::from(size.days.unsigned_abs())).max(1);
        // An order makes five events of two: itself, its shipment, and now and then a chat and a refund.
        let orders = (size.events / shop_days).saturating_sub(FIXED).saturating_mul(2) / 5;
        let season: i64 = (0..size.days).map(|number| busy(first.plus(number))).sum::<i64>() / i64::from(size.days.max(1));
        let orders = i64::try_from(orders).unwrap_or(i64::MAX).clamp(1, 1_000_000).saturating_mul(100) / season.max(1);
        let mut dice = Dice(seed);
        let mut shops = Vec::with_capacity(size.shops);
        for (number, (market, zone, currency, worth)) in MARKETS.iter().cycle().take(size.shops).enumerate() {
            let round = number / MARKETS.len();
            let name = if round == 0 { (*market).to_owned() } else { format!("{market}{}", round + 1) };
            let zone = Zone::named(zone).unwrap_or_else(Zone::utc);
            let orders = (orders * dice.between(60, 140) / 100).max(1);
            shops.push(Shop { currency: Some(currency), worth: *worth, ..Shop::new(name, zone, orders, GOODS.len(), first) });
        }
        let mut rates: Vec<(&'static str, i64)> = MARKETS.iter().map(|(_, _, currency, worth)| (*currency, *worth)).collect();
        rates.retain(|(currency, _)| *currency != BASE && shops.iter().any(|shop| shop.currency == Some(*currency)));
        let incidents = planned(size, &mut dice);
        World { zone, first, dice, shops, incidents, rates, n_orders: 0, later: BTreeMap::new() }
    }

    /// What arrives on a day, in the order of time. Days must be asked for one after the other.
    pub fn day(&mut self, day: Day) -> Vec<RawEvent> {
        let end = self.zone.end_of(day);
        if day == self.first {
            // The first day of shops in the east began the day before.
            self.quote_rates(day.plus(-1));
        }
        for shop in 0..self.shops.len() {
            // Days of shops in the east begin earlier.
            while let Some(next) = self.shops.get(shop).filter(|shop| shop.zone.start_of(shop.next) < end).map(|shop| shop.next) {
                self.sell(shop, next);
                self.advertise(shop, next);
                self.count_stock(shop, next);
                self.answer(shop, next);
                if let Some(shop) = self.shops.get_mut(shop) {
                    shop.next = next.plus(1);
                }
            }
        }
        self.quote_rates(day);
        let rest = self.later.split_off(&day.plus(1));
        let mut events: Vec<RawEvent> = std::mem::replace(&mut self.later, rest).into_values().flatten().collect();
        events.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        events
    }

    fn trouble(&self, shop: usize, day: Day, what: Trouble) -> bool {
        let number = day.0 - self.first.0;
        self.incidents.iter().any(|incident| incident.shop == shop && incident.what == what && incident.days.contains(&number))
    }

    fn sell(&mut self, at: usize, day: Day) {
        let busy = busy(day);
        let late = if self.trouble(at, day, Trouble::Late) { 350 } else { 12 };
        let returns = if self.trouble(at, day, Trouble::Returns) { 300 } else { 45 };
        let Some(shop) = self.shops.get(at) else { return };
        let (name, usual) = (shop.name.clone(), shop.orders_a_day * busy / 100);
        for _ in 0..self.dice.between(usual * 3 / 4, usual * 5 / 4) {
            let placed = self.moment(at, day, 0, 86_399);
            let Some((sku, units, amount)) = self.basket(at) else { continue };
            self.n_orders += 1;
            let order = format!("{name}-{:06}", self.n_orders);
            let placing = event(
                "order_placed",
                order.clone(),
                placed,
                [
                    ("order_id", text(&order)),
                    ("shop", text(&name)),
                    ("sku", text(sku)),
                    ("amount", amount.clone()),
                    ("units", count(units)),
                ],
            );
            if self.dice.chance(4) {
                self.arrive(self.zone.day_of(placed).plus(1), placing.clone());
            }
            self.wait(placing);
            self.ship(&name, &order, placed, late);
            if self.dice.chance(returns) {
                let (days, reason) = (self.dice.between(4, 16), self.dice.between(0, 2));
                let reason =
                    ["damaged", "not as described", "changed mind"].get(usize::try_from(reason).unwrap_or(0)).copied().unwrap_or("other");
                let fields = [("order_id", text(&order)), ("shop", text(&name)), ("amount", amount), ("reason", text(reason))];
                self.wait(event("refund", format!("{order}-refund"), placed.plus_s(days * 86_400), fields));
            }
        }
    }

    /// One line of goods that are in stock, taken off the shelf, and what it costs.
    fn basket(&mut self, at: usize) -> Option<(&'static str, i64, RawValue)> {
        let units = if self.dice.chance(200) { 2 } else { 1 };
        let last = i64::try_from(self.shops.get(at)?.goods.len()).unwrap_or(1) - 1;
        let pick = usize::try_from(self.dice.between(0, last)).unwrap_or(0);
        let good = self.shops.get_mut(at)?.goods.get_mut(pick)?;
        if good.on_hand < units {
            return None;
        }
        good.on_hand -= units;
        let (sku, cents) = (good.sku, good.cents * units);
        Some((sku, units, self.shops.get(at)?.money(cents)))
    }

    /// Some shipments are told of only days later.
    fn ship(&mut self, shop: &str, order: &str, placed: Instant, late_permille: i64) {
        let ship_by = placed.plus_s(2 * 86_400);
        let late = self.dice.chance(late_permille);
        let after = if late { self.dice.between(2 * 86_400 + 600, 4 * 86_400) } else { self.dice.between(3_600, 2 * 86_400 - 600) };
        let told_late = if self.dice.chance(20) { i32::try_from(self.dice.between(1, 3)).unwrap_or(1) } else { 0 };
        let fields = [
            ("order_id", text(order)),
            ("shop", text(shop)),
            ("ship_by", RawValue::Text(ship_by.to_string())),
            ("late", RawValue::Flag(late)),
        ];
        let shipped = placed.plus_s(after);
        self.arrive(self.zone.day_of(shipped).plus(told_late), event("order_shipped", format!("{order}-shipped"), shipped, fields));
    }

    /// The platform states a day's advertising the next morning, and restates it three and seven days later.
    fn advertise(&mut self, at: usize, day: Day) {
        if self.trouble(at, day, Trouble::NoAds) {
            return;
        }
        let wild = self.trouble(at, day, Trouble::AdSpend);
        let busy = busy(day);
        let Some((name, orders)) = self.shops.get(at).map(|shop| (shop.name.clone(), shop.orders_a_day)) else { return };
        for campaign in ["brand", "generic"] {
            let spend = orders * busy * self.dice.between(3, 5) * if wild { 6 } else { 1 };
            let sales = orders * busy * self.dice.between(11, 15);
            for (revision, days, known_percent) in [(0, 1, 82), (1, 3, 94), (2, 7, 100)] {
                let stated = self.moment(at, day.plus(days), 6 * 3_600, 7 * 3_600);
                let Some(shop) = self.shops.get(at) else { return };
                let fields = [
                    ("shop", text(&name)),
                    ("campaign", text(campaign)),
                    ("day", RawValue::Text(day.to_string())),
                    ("spend", shop.money(spend)),
                    ("sales", shop.money(sales * known_percent / 100)),
                ];
                let mut row = event("ad_day", format!("{name}-{campaign}-{day}-{revision}"), stated, fields);
                row.revision = revision;
                self.wait(row);
            }
        }
    }

    /// Every morning the goods are counted; what runs low is ordered and stands there the morning after.
    fn count_stock(&mut self, at: usize, day: Day) {
        let forgotten = self.trouble(at, day, Trouble::NoSupply);
        let Some(shop) = self.shops.get_mut(at) else { return };
        let counted = shop.zone.start_of(day).plus_s(6 * 3_600);
        let mut events = Vec::with_capacity(shop.goods.len());
        for good in &mut shop.goods {
            let fields = [("shop", text(&shop.name)), ("sku", text(good.sku)), ("on_hand", count(good.on_hand))];
            events.push(event("stock", format!("{}-{}-{day}", shop.name, good.sku), counted, fields));
            if good.on_hand < good.delivery * 7 / 30 && !forgotten {
                good.on_hand += good.delivery;
            }
        }
        events.into_iter().for_each(|event| self.wait(event));
    }

    fn answer(&mut self, at: usize, day: Day) {
        let slow = self.trouble(at, day, Trouble::SlowChat);
        let Some((name, orders)) = self.shops.get(at).map(|shop| (shop.name.clone(), shop.orders_a_day)) else { return };
        for n in 0..self.dice.between(orders / 3, orders / 2 + 1) {
            let asked = self.moment(at, day, 8 * 3_600, 22 * 3_600);
            let waits =
                if self.dice.chance(if slow { 600 } else { 110 }) { self.dice.between(200, 1_500) } else { self.dice.between(8, 170) };
            let fields = [("shop", text(&name)), ("first_reply", RawValue::Number(Decimal::from(waits)))];
            self.wait(event("chat", format!("{name}-{day}-chat-{n}"), asked, fields));
        }
    }

    /// Every morning the rates of the day, a little up or down.
    fn quote_rates(&mut self, day: Day) {
        let quoted = self.zone.start_of(day).plus_s(3_600);
        let mut events = Vec::with_capacity(self.rates.len());
        for (currency, worth) in &mut self.rates {
            *worth += *worth / 10_000 * self.dice.between(-30, 30);
            let rate = RawValue::Number(Decimal::new(*worth, 9));
            let fields = [("base", text(currency)), ("quote", text(BASE)), ("day", RawValue::Text(day.to_string())), ("rate", rate)];
            events.push(event("fx", format!("{currency}-{day}"), quoted, fields));
        }
        events.into_iter().for_each(|event| self.wait(event));
    }

    /// A second of a local day of a shop.
    fn moment(&mut self, at: usize, day: Day, from_s: i64, to_s: i64) -> Instant {
        let second = self.dice.between(from_s, to_s);
        let zone = self.shops.get(at).map_or(&self.zone, |shop| &shop.zone);
        zone.start_of(day).plus_s(second).min(zone.end_of(day).plus_s(-1))
    }

    /// The event arrives when it happens.
    fn wait(&mut self, event: RawEvent) {
        if let Some(time) = event.time {
            self.arrive(self.zone.day_of(time), event);
        }
    }

    fn arrive(&mut self, day: Day, event: RawEvent) {
        self.later.entry(day).or_default().push(event);
    }
}

/// One incident of each shop in sixty days, of another kind each time.
fn planned(size: Size, dice: &mut Dice) -> Vec<Incident> {
    const EVERY: i32 = 60;
    const KINDS: [Trouble; 6] = [Trouble::Late, Trouble::NoAds, Trouble::NoSupply, Trouble::Returns, Trouble::AdSpend, Trouble::SlowChat];
    let mut incidents = Vec::new();
    for shop in 0..size.shops {
        for (block, what) in (0..size.days / EVERY).zip(KINDS.iter().cycle().skip(shop % KINDS.len())) {
            let begin = block * EVERY + i32::try_from(dice.between(5, 40)).unwrap_or(5);
            let days = i32::try_from(dice.between(6, 15)).unwrap_or(7);
            incidents.push(Incident { shop, days: begin..begin + days, what: *what });
        }
    }
    incidents
}

pub(super) fn event<const N: usize>(kind: &str, id: String, time: Instant, fields: [(&str, RawValue); N]) -> RawEvent {
    let data = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    RawEvent { source: "shops".to_owned(), id: format!("{kind}-{id}"), kind: kind.to_owned(), time: Some(time), revision: 0, data }
}

pub(super) fn text(value: &str) -> RawValue {
    RawValue::Text(value.to_owned())
}

pub(super) fn count(value: i64) -> RawValue {
    RawValue::Number(Decimal::from(value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    fn first() -> Day {
        Day::parse("2025-11-01").unwrap()
    }

    fn history(mut world: World, days: i32) -> Vec<RawEvent> {
        (0..days).flat_map(|n| world.day(first().plus(n))).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_year() {
        let year = |seed| history(World::demo(first(), Zone::named("America/Los_Angeles").unwrap(), seed), 365);
        let (one, two, other) = (year(7), year(7), year(8));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        assert_ne!(one.len(), other.len());
        assert!(one.len() > 20_000, "{}", one.len());
        // What is sent again is the same.
        let distinct: BTreeSet<String> = one.iter().map(|event| format!("{event:?}")).collect();
        let ids: BTreeSet<&String> = one.iter().map(|event| &event.id).collect();
        assert_eq!(ids.len(), distinct.len());
        assert!(one.len() > ids.len());
        assert!(!one.is_sorted_by_key(|event| event.time), "some are told late");
    }

    #[test]
    fn a_world_has_about_the_size_that_is_asked_for() {
        for (shops, days, events) in [(3, 30, 20_000), (25, 60, 100_000), (1, 365, 50_000)] {
            let size = Size { shops, days, events };
            let made = history(World::sized(first(), Zone::utc(), 1, size), days).len() as u64;
            assert!(made > events * 6 / 10 && made < events * 2, "{made} of {events}");
        }
    }

    #[test]
    fn shops_have_zones_and_currencies_of_their_own() {
        let size = Size { shops: 3, days: 20, events: 5_000 };
        let events = history(World::sized(first(), Zone::utc(), 1, size), 20);
        let of = |kind: &str, name: &str| -> BTreeSet<String> {
            let values = events.iter().filter(|event| event.kind == kind).flat_map(|event| &event.data);
            values.filter(|(field, _)| field == name).map(|(_, value)| format!("{value:?}")).collect()
        };
        assert_eq!(of("order_placed", "shop").len(), 3);
        assert_eq!(of("fx", "base").len(), 2);
        let amounts = of("order_placed", "amount");
        assert!(["USD", "EUR", "JPY"].iter().all(|currency| amounts.iter().any(|amount| amount.contains(currency))));
        assert!(amounts.iter().filter(|amount| amount.contains("JPY")).all(|amount| !amount.contains('.')), "{amounts:?}");
    }
}
