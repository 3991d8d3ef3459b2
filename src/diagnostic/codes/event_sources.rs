//! SY1648–1655: mistakes about the sources that an event prefers.

use super::codes;

codes! {
    /// `prefer source ""`
    PREFER_EMPTY = "SY1648" Error { en: "a source has a name", zh: "来源必须有名称", help_en: "Write the source as its events or its feed name it, such as `\"amazon_ads\"`.", help_zh: "请按事件或导入声明中的来源名书写，例如 `\"amazon_ads\"`。" }
    /// A source that stands twice.
    PREFER_TWICE = "SY1649" Error { en: "source `{name}` stands twice", zh: "来源 `{name}` 重复出现", help_en: "Keep the place at which it is to stand.", help_zh: "请只保留应有的那一处。" }
    /// More sources than there are ranks for.
    PREFER_MANY = "SY1650" Error { en: "at most {limit} sources can be preferred", zh: "最多可优先采用 {limit} 个来源", help_en: "Name the best ones; all others stand below them.", help_zh: "请只列出最可信的来源，其余来源均排在其后。" }
    /// A revision that has no room beside the rank of its source.
    REVISION_ROOM = "SY1651" Error { en: "an event of type `{type}` has a revision from 0 to 2305843009213693951, and this is {value}", zh: "类型 `{type}` 的事件，其 revision 须在 0 到 2305843009213693951 之间，而此处为 {value}", help_en: "Its declaration prefers sources; count its revisions from 0.", help_zh: "该事件的声明指定了优先来源；请从 0 起计 revision。" }
}
