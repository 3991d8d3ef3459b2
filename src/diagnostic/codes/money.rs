//! SY12xx: mistakes about money in several currencies and the rates between them.

use super::codes;

codes! {
    /// A field that cannot say the currency.
    CURRENCY_FIELD = "SY1201" Error { en: "`{name}` is no dimension or text of `{event}`, so it cannot say the currency", zh: "`{name}` 不是 `{event}` 的维度或文本，无法说明货币", help_en: "Declare it in the same event: `{name} dimension`.", help_zh: "请在同一事件中声明：`{name} dimension`。" }
    /// Money in several currencies that is not converted.
    SEVERAL_CURRENCIES = "SY1202" Error { en: "`{text}` is money in several currencies", zh: "`{text}` 是多种货币的金额", help_en: "Say in which one and at which rate: `in {currency} at transaction day`, `at month end` or `at budget`.", help_zh: "请写明换算成哪种货币、用什么汇率：`in {currency} at transaction day`、`at month end` 或 `at budget`。" }
    /// A function of which the values of several days cannot be converted one by one.
    CONVERTED_FUNCTION = "SY1203" Error { en: "`{function}` of {unit} cannot be converted", zh: "对 {unit} 求 `{function}` 的结果不能换算", help_en: "`sum` and `avg` can be: each day's sum in each currency is multiplied by its rate.", help_zh: "`sum` 与 `avg` 可以换算：每天每种货币之和乘以相应汇率。" }
    /// A conversion of nothing.
    NOTHING_CONVERTED = "SY1204" Error { en: "there is no sum of money to convert in `{text}`", zh: "`{text}` 中没有可换算的金额之和", help_en: "Write it behind a sum: `sum(order.amount) in {currency} at transaction day`, or `(sum(order.amount) - sum(order.fee)) in {currency} at …`.", help_zh: "请写在求和之后：`sum(order.amount) in {currency} at transaction day`，或 `(sum(order.amount) - sum(order.fee)) in {currency} at …`。" }
    /// No event gives the rates.
    NO_RATES = "SY1205" Error { en: "no event gives the rates for `at {at}`", zh: "没有事件给出 `at {at}` 所需的汇率", help_en: "Declare one: `event fx replaces by base, quote, day rates for {lasts} { … }` with the fields `base text`, `quote text`, `day date` and `rate number`.", help_zh: "请声明：`event fx replaces by base, quote, day rates for {lasts} { … }`，字段为 `base text`、`quote text`、`day date`、`rate number`。" }
    /// A field that rates need.
    RATES_FIELD = "SY1206" Error { en: "`{event}` gives rates, so it needs the field `{name} {kind}`", zh: "`{event}` 给出汇率，需要字段 `{name} {kind}`", help_en: "One unit of the currency `base` is `rate` units of the currency `quote` from `day` on; none of the four is optional.", help_zh: "自 `day` 起，1 单位 `base` 货币等于 `rate` 单位 `quote` 货币；四个字段都不能是 optional。" }
    /// Two events that give the same rates.
    RATES_TWICE = "SY1207" Error { en: "`{first}` gives these rates already", zh: "`{first}` 已经给出这类汇率", help_en: "One event gives the rates of days and one those of budgets.", help_zh: "日汇率与预算汇率各由一个事件给出。" }
    /// For how long a rate counts.
    RATES_LAST = "SY1208" Error { en: "rates count for whole days, from 1 to 366", zh: "汇率的有效期须为 1 到 366 的整天数", help_en: "Write, for example, `rates for 7 days`: so long the last rate stands in where there is none, as on weekends.", help_zh: "例如写 `rates for 7 days`：没有新汇率时（如周末）沿用最近汇率的最长时间。" }
    /// A conversion within a conversion.
    CONVERTED_TWICE = "SY1209" Error { en: "this is converted already", zh: "此处已在换算之中", help_en: "Convert once, from the currency in which it happened.", help_zh: "只换算一次，直接从发生时的货币换算。" }
    /// A metric that is money in another currency within a conversion.
    CONVERTED_METRIC = "SY1210" Error { en: "`{name}` is {unit} as a whole, and has no day of which a rate could be taken", zh: "`{name}` 整体为 {unit}，没有可取汇率的日期", help_en: "Convert the sums in it: declare another metric with `in {currency} at …` behind its formula.", help_zh: "请换算其中的求和：另声明一个指标，在公式后写 `in {currency} at …`。" }
    /// A conversion in a formula over one row.
    CONVERTED_ROW = "SY1211" Error { en: "`in {currency} at {at}` converts a sum, not each value in it", zh: "`in {currency} at {at}` 换算的是总和，而不是其中每个值", help_en: "Write it behind the aggregate: `sum(…) in {currency} at {at}`.", help_zh: "请写在聚合之后：`sum(…) in {currency} at {at}`。" }
    /// Money in several currencies in an entity.
    ENTITY_CURRENCIES = "SY1212" Error { en: "an entity cannot hold {unit}", zh: "实体不能保存 {unit}", help_en: "Sum it over the events themselves: `sum({event}.{field}) in {currency} at transaction day`.", help_zh: "请直接对事件求和：`sum({event}.{field}) in {currency} at transaction day`。" }
    /// The sum or average of an exchange rate.
    RATE_SUM = "SY1213" Error { en: "`{function}` of an exchange rate has no meaning", zh: "对汇率求 `{function}` 没有意义", help_en: "Convert money with it: `sum(order.amount) in CNY at transaction day`. `min`, `max`, `median` and `last` of a rate are fine.", help_zh: "请用它换算金额：`sum(order.amount) in CNY at transaction day`。汇率可以用 `min`、`max`、`median`、`last`。" }
    /// An amount without its currency.
    NO_CURRENCY = "SY1220" Error { en: "the amount `{field}` of `{type}` does not say its currency", zh: "`{type}` 的金额 `{field}` 没有说明货币", help_en: "Send `{said_by}`, or write `20 EUR` or {\"amount\": \"20\", \"currency\": \"EUR\"}.", help_zh: "请发送 `{said_by}`，或写成 `20 EUR` 或 {\"amount\": \"20\", \"currency\": \"EUR\"}。" }
    /// An amount in another currency than the event says.
    TWO_CURRENCIES = "SY1221" Error { en: "the field `{field}` of `{type}` is in {currency}, and `{said_by}` says {said}", zh: "`{type}` 的字段 `{field}` 为 {currency}，而 `{said_by}` 写的是 {said}", help_en: "One event is in one currency: send one event for each, or declare another currency field.", help_zh: "一个事件只用一种货币：请分成多个事件，或声明另一个货币字段。" }
    /// A text that is no currency.
    BAD_CURRENCY = "SY1222" Error { en: "the field `{field}` of `{type}` is a currency, and `{value}` is none", zh: "`{type}` 的字段 `{field}` 应为货币代码，`{value}` 不是", help_en: "Send three letters of ISO 4217, such as EUR.", help_zh: "请发送 ISO 4217 的三位字母，例如 EUR。" }
    /// A rate that is nothing.
    BAD_RATE = "SY1223" Error { en: "the field `{field}` is a rate, which is greater than 0, and this is {value}", zh: "字段 `{field}` 是汇率，须大于 0，而此处为 {value}", help_en: "Send how much of the currency `quote` one unit of `base` is.", help_zh: "请发送 1 单位 `base` 货币等于多少 `quote` 货币。" }
}
