//! SY14xx: mistakes in hierarchies of dimensions.

use super::codes;

codes! {
    /// A step that no event tells.
    UNTOLD = "SY1401" Error { en: "nothing tells which {parent} a {child} belongs to", zh: "没有说明 {child} 属于哪个 {parent}", help_en: "Add the event that tells it, such as `{parent} by {child}_moved since first_day`.", help_zh: "请写明由哪个事件说明，例如 `{parent} by {child}_moved since first_day`。" }
    /// A line for a dimension that is no step of the hierarchy.
    NO_STEP = "SY1402" Error { en: "the hierarchy has no step `{name}`", zh: "该层级中没有 `{name}`", help_en: "Its steps: {known}. Add it behind `in`, or delete the line.", help_zh: "它的层级：{known}。请在 `in` 之后加上它，或删除该行。" }
    /// An event that lacks one of the two dimensions of a step.
    TELLS_NO = "SY1403" Error { en: "event `{event}` does not tell the {dimension}", zh: "事件 `{event}` 没有说明 {dimension}", help_en: "Add `{dimension} dimension` to event `{event}`.", help_zh: "请给事件 `{event}` 加上 `{dimension} dimension`。" }
    /// An event of memberships that may lack the child.
    CHILD_OPTIONAL = "SY1404" Error { en: "event `{event}` may lack the {dimension} that belongs somewhere", zh: "事件 `{event}` 可以不带所归属的 {dimension}", help_en: "Delete `optional` behind `{dimension}`. What it belongs to may be optional: without it, the membership ends.", help_zh: "请删除 `{dimension}` 之后的 `optional`。所属的上级可以是 optional：不带上级即表示归属结束。" }
    /// An event of which only one counts for each child.
    FORGETS = "SY1405" Error { en: "event `{event}` keeps one row of a {child}: where it belonged before would be forgotten", zh: "事件 `{event}` 对每个 {child} 只保留一行，之前的归属会丢失", help_en: "Add the day from which it holds to `replaces by`, or leave `replaces by` out.", help_zh: "请在 `replaces by` 中加上生效日期，或去掉 `replaces by`。" }
    /// A hierarchy that comes back to where it began.
    CIRCLE = "SY1406" Error { en: "{child} in {parent} goes in a circle", zh: "{child} in {parent} 形成了循环", help_en: "Let every hierarchy go up: from the small to the large.", help_zh: "层级只能由小到大。" }
    /// A step that was declared before.
    STEP_TWICE = "SY1407" Error { en: "{child} in {parent} is declared twice", zh: "{child} in {parent} 重复声明", help_en: "Keep one of the two.", help_zh: "请只保留其中一处。" }
    /// An entity in the place of an event.
    TOLD_BY_ENTITY = "SY1408" Error { en: "`{name}` is an entity: memberships are told by events", zh: "`{name}` 是实体：归属由事件说明", help_en: "Name the event that tells when a membership begins.", help_zh: "请写明说明归属何时开始的事件。" }
    /// An alert over a scope that no event tells.
    NOT_SHOWN = "SY1409" Error { en: "alert `{name}` cannot go per {dimensions}: no event tells all of them", zh: "预警 `{name}` 不能按 {dimensions}：没有事件能说明全部维度", help_en: "Leave a dimension out of `per`: an alert is for scopes that one event tells, by itself or by climbing a hierarchy.", help_zh: "请从 `per` 中去掉一个维度：预警的范围须由一个事件说明，可以借助层级。" }
}
