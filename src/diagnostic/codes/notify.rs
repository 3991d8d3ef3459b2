//! SY06xx: endpoints and deliveries.

use super::codes;

codes! {
    /// The text is no URL.
    URL_INVALID = "SY0601" Error {
        en: "`{url}` is not a URL that can be called: {reason}",
        zh: "`{url}` 不是可以调用的 URL：{reason}",
        help_en: "write a whole URL with a host, such as https://hooks.example.com/steelyard",
        help_zh: "请写完整的、带主机名的 URL，例如 https://hooks.example.com/steelyard"
    }
    /// Neither https, nor http into an allowed network.
    URL_NOT_HTTPS = "SY0602" Error {
        en: "the endpoint `{url}` does not use https",
        zh: "端点 `{url}` 没有使用 https",
        help_en: "use https; plain http is only for receivers inside a network that the operator allowed (serve --allow-network 127.0.0.0/8)",
        help_zh: "请使用 https；http 只能用于运维人员放行的内部网段（serve --allow-network 127.0.0.0/8）"
    }
    /// `https://user:password@host/`
    URL_CREDENTIALS = "SY0603" Error {
        en: "the URL holds a user name or password",
        zh: "URL 中带有用户名或密码",
        help_en: "leave them out; the receiver verifies the webhook-signature header instead",
        help_zh: "请去掉它们；接收方应改为校验 webhook-signature 头"
    }
    /// An address that webhooks must not reach.
    ADDRESS_REFUSED = "SY0604" Error {
        en: "`{host}` leads to {address}, a loopback, private, link-local or otherwise special address",
        zh: "`{host}` 指向 {address}，这是回环、私有、链路本地或其他特殊地址",
        help_en: "use a public address, or let the operator allow the network (serve --allow-network {address}/32)",
        help_zh: "请使用公网地址，或由运维人员放行该网段（serve --allow-network {address}/32）"
    }
    /// The name has no address.
    HOST_UNRESOLVED = "SY0605" Error {
        en: "the name `{host}` cannot be resolved",
        zh: "无法解析主机名 `{host}`",
        help_en: "check the spelling of the host, and the DNS of the machine that Steelyard runs on",
        help_zh: "请检查主机名的拼写，以及 Steelyard 所在机器的 DNS"
    }
    /// A signing secret of a wrong form.
    SECRET_INVALID = "SY0606" Error {
        en: "the signing secret is not `whsec_` followed by the base64 of 24 to 64 bytes",
        zh: "签名密钥不是 `whsec_` 加上 24 到 64 字节的 base64",
        help_en: "leave the secret out to have one made, or rotate the endpoint's secret",
        help_zh: "不填密钥即可自动生成，或者轮换该端点的密钥"
    }
    /// The sender could not be set up.
    SENDER_UNAVAILABLE = "SY0607" Error {
        en: "the HTTP client for webhooks cannot start: {reason}",
        zh: "用于 webhook 的 HTTP 客户端无法启动：{reason}",
        help_en: "install the system's CA certificates (the package ca-certificates)",
        help_zh: "请安装系统的 CA 证书（ca-certificates 软件包）"
    }
    /// The operating system gives no random bytes.
    NO_RANDOMNESS = "SY0608" Error {
        en: "the operating system gave no random bytes: {reason}",
        zh: "操作系统没有提供随机字节：{reason}",
        help_en: "no secret can be made safely now; try again, and check the machine",
        help_zh: "现在无法安全地生成密钥；请重试并检查机器"
    }
    /// A field of another kind of endpoint.
    FIELD_FOREIGN = "SY0609" Error {
        en: "an endpoint of kind `{kind}` has no `{field}`",
        zh: "`{kind}` 类型的端点没有 `{field}`",
        help_en: "leave it out; it has `{fields}`",
        help_zh: "请去掉它；可用的有 `{fields}`"
    }
    /// A field that the kind cannot do without.
    FIELD_MISSING = "SY0610" Error {
        en: "an endpoint of kind `{kind}` needs `{field}`",
        zh: "`{kind}` 类型的端点需要 `{field}`",
        help_en: "add `{field}`; docs/endpoints.md has an example of every kind",
        help_zh: "请补上 `{field}`；docs/endpoints.zh-CN.md 中有各类型的示例"
    }
    /// A value that cannot be used.
    FIELD_INVALID = "SY0611" Error {
        en: "`{field}` cannot be used: {reason}",
        zh: "`{field}` 不可用：{reason}",
        help_en: "correct `{field}`",
        help_zh: "请更正 `{field}`"
    }
    /// Only standard endpoints have two live secrets.
    NOTHING_TO_ROTATE = "SY0612" Error {
        en: "an endpoint of kind `{kind}` has no secret that can be rotated",
        zh: "`{kind}` 类型的端点没有可轮换的密钥",
        help_en: "change the secret, key or token at the service, then here with PATCH",
        help_zh: "请先在该服务处更换密钥或令牌，再用 PATCH 在此更新"
    }
    /// No address to link to.
    PUBLIC_URL = "SY0613" Error {
        en: "messages cannot link to `{url}`",
        zh: "消息无法链接到 `{url}`",
        help_en: "give --public-url the address at which people reach this service, without a query, such as https://kpi.example.com",
        help_zh: "请在 --public-url 中填写用户访问本服务的地址，不带查询参数，例如 https://kpi.example.com"
    }
    /// No such time zone.
    ZONE_UNKNOWN = "SY0630" Error {
        en: "there is no time zone `{zone}`",
        zh: "没有时区 `{zone}`",
        help_en: "write a name of the IANA database, such as Asia/Shanghai or America/Los_Angeles",
        help_zh: "请写 IANA 时区名称，例如 Asia/Shanghai 或 America/Los_Angeles"
    }
    /// Weekly hours that cannot be read.
    HOURS_WRONG = "SY0631" Error {
        en: "`{days}` from `{from}` to `{to}` are no hours of a week",
        zh: "`{days}` 的 `{from}` 到 `{to}` 不是有效的每周时段",
        help_en: "name weekdays (monday to sunday) and two times from 00:00 to 24:00; a range that ends before it begins goes on past midnight; 1 to 50 ranges",
        help_zh: "请写星期（monday 到 sunday）和 00:00 到 24:00 之间的两个时刻；结束早于开始表示跨过午夜；共 1 到 50 个时段"
    }
    /// The times of a silence do not fit.
    SILENCE_TIMES = "SY0632" Error {
        en: "a silence cannot last from {start} to {end}",
        zh: "静默不能从 {start} 持续到 {end}",
        help_en: "give an `end` after the start and in the future, at most 366 days away; only weekly ones (`weekly`) may go on without an end",
        help_zh: "`end` 必须晚于开始时间和当前时间，且不超过 366 天；只有每周重复的静默（`weekly`）可以没有结束时间"
    }
    /// A severity that is none.
    SEVERITY_UNKNOWN = "SY0633" Error {
        en: "there is no severity `{name}`",
        zh: "没有严重级别 `{name}`",
        help_en: "write info, warning or critical",
        help_zh: "请写 info、warning 或 critical"
    }
    /// Only an alert that fires can be acknowledged; 409.
    ALERT_NOT_FIRING = "SY0634" Error {
        en: "the alert `{id}` does not fire, or is over",
        zh: "预警 `{id}` 未触发或已结束",
        help_en: "only alerts that fire can be acknowledged: GET /v1/alerts?state=firing lists them",
        help_zh: "只能确认正在触发的预警：GET /v1/alerts?state=firing 可列出它们"
    }
    /// The steps of an escalation do not fit.
    ESCALATION_STEPS = "SY0635" Error {
        en: "the steps of the escalation of `{channel}` cannot be used",
        zh: "`{channel}` 的升级步骤不可用",
        help_en: "give 1 to 10 steps, each with `after_s` from 1 to 2592000 (30 days), later than the step before, and 1 to 10 `channels`",
        help_zh: "请给出 1 到 10 个步骤，每步的 `after_s` 为 1 到 2592000（30 天）且晚于前一步，并有 1 到 10 个 `channels`"
    }
}
