//! SY18xx: trials of rulesets, and the closing of periods.

use super::codes;

codes! {
    /// It counts already; 409.
    TRIAL_OF_ACTIVE = "SY1801" Error {
        en: "the ruleset `{name}` {version} is active: there is nothing to try",
        zh: "规则集 `{name}` {version} 已启用，无需试运行",
        help_en: "Put the changed text under a new version and try that.",
        help_zh: "请以新的版本号上传修改后的文本，再对其试运行。",
    }
    /// Another version is on trial; 409.
    ON_TRIAL = "SY1802" Error {
        en: "the ruleset `{name}` {version} is on trial already",
        zh: "规则集 `{name}` {version} 已在试运行",
        help_en: "One version of a ruleset can be on trial. End it with `DELETE /v1/rulesets/{name}/{version}/trial`, or activate it.",
        help_zh: "一个规则集只能有一个版本在试运行。请用 `DELETE /v1/rulesets/{name}/{version}/trial` 结束它，或启用它。",
    }
    /// Too many trials.
    TOO_MANY_TRIALS = "SY1803" Error {
        en: "{limit} rulesets are on trial already, which is the limit",
        zh: "已有 {limit} 个规则集在试运行，达到上限",
        help_en: "End one first.",
        help_zh: "请先结束一个。",
    }
    /// The version is not on trial; 404.
    NOT_ON_TRIAL = "SY1804" Error {
        en: "the ruleset `{name}` {version} is not on trial",
        zh: "规则集 `{name}` {version} 不在试运行",
        help_en: "`GET /v1/rulesets` shows which versions are active or on trial. Start a trial with `POST /v1/rulesets/{name}/{version}/trial`.",
        help_zh: "`GET /v1/rulesets` 可查看启用和试运行的版本。可用 `POST /v1/rulesets/{name}/{version}/trial` 开始试运行。",
    }
    /// No ruleset on trial declares it; 404.
    NO_TRIAL = "SY1805" Error {
        en: "no ruleset on trial declares the {what} `{name}`{hint}",
        zh: "试运行的规则集均未声明{what} `{name}`{hint}",
        help_en: "`GET /v1/rulesets` shows what is on trial. Start a trial with `POST /v1/rulesets/<ruleset>/<version>/trial`.",
        help_zh: "`GET /v1/rulesets` 可查看试运行的规则集。可用 `POST /v1/rulesets/<ruleset>/<version>/trial` 开始试运行。",
    }
    /// The version neither counts nor is on trial; 404.
    NOT_RUNNING = "SY1806" Error {
        en: "no ruleset that declares the {what} `{name}` runs in the version {version}",
        zh: "没有声明{what} `{name}` 的规则集以版本 {version} 运行",
        help_en: "Only versions that are active or on trial have numbers; `GET /v1/rulesets` lists them.",
        help_zh: "只有已启用或试运行的版本才有数值；`GET /v1/rulesets` 可列出它们。",
    }
}
