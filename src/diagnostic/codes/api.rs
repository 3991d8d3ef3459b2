//! SY05xx: why a request was refused. SY0501 to SY0549 are the engine's, from SY0550 on the doors'.

use super::codes;

codes! {
    /// A workspace name that is not allowed.
    WORKSPACE_NAME = "SY0501" Error {
        en: "`{name}` is no name for a workspace",
        zh: "`{name}` 不能作为工作区名称",
        help_en: "Use 1 to 64 of a-z, 0-9, `_` and `-`.",
        help_zh: "请使用 1 到 64 个字符：a-z、0-9、`_`、`-`。",
    }
    /// It exists already; 409.
    WORKSPACE_EXISTS = "SY0502" Error {
        en: "the workspace `{name}` exists already",
        zh: "工作区 `{name}` 已存在",
        help_en: "Use it, or choose another name.",
        help_zh: "请直接使用，或另取名称。",
    }
    /// No such workspace; 404.
    UNKNOWN_WORKSPACE = "SY0503" Error {
        en: "there is no workspace `{name}`",
        zh: "不存在工作区 `{name}`",
        help_en: "Create it with `PUT /v1/workspaces/{name}`.",
        help_zh: "请用 `PUT /v1/workspaces/{name}` 创建。",
    }
    /// The limit of workspaces.
    TOO_MANY_WORKSPACES = "SY0504" Error {
        en: "there are {limit} workspaces already, which is the limit",
        zh: "工作区数已达上限 {limit}",
        help_en: "Delete one, or raise the limit with `--workspaces-max`.",
        help_zh: "请删除一个，或用 `--workspaces-max` 提高上限。",
    }
    /// The workspace is being closed; 503.
    CLOSED = "SY0505" Error {
        en: "the workspace `{name}` is closed",
        zh: "工作区 `{name}` 已关闭",
        help_en: "The service is stopping, or the workspace has been deleted. Nothing of this request was kept.",
        help_zh: "服务正在停止，或该工作区已被删除。此请求未保存任何内容。",
    }
    /// No such version; 404.
    UNKNOWN_RULESET = "SY0506" Error {
        en: "there is no ruleset `{name}` {version}",
        zh: "不存在规则集 `{name}` {version}",
        help_en: "Put it first; `GET /v1/rulesets` lists what there is.",
        help_zh: "请先上传；`GET /v1/rulesets` 可列出现有规则集。",
    }
    /// The same version with another text; 409.
    VERSION_TAKEN = "SY0507" Error {
        en: "the ruleset `{name}` {version} exists already with another text",
        zh: "规则集 `{name}` {version} 已存在，且文本不同",
        help_en: "A version never changes. Give the new text a new version.",
        help_zh: "版本不可更改。请为新文本使用新的版本号。",
    }
    /// The ruleset is not active; 404.
    NOT_ACTIVE = "SY0508" Error {
        en: "no version of the ruleset `{name}` is active",
        zh: "规则集 `{name}` 没有启用的版本",
        help_en: "Activate one with `POST /v1/rulesets/{name}/{version}/activate`.",
        help_zh: "请用 `POST /v1/rulesets/{name}/{version}/activate` 启用一个版本。",
    }
    /// No active ruleset declares the metric, scorecard or alert; 404.
    UNKNOWN_NAME = "SY0509" Error {
        en: "no active ruleset declares the {what} `{name}`{hint}",
        zh: "没有启用的规则集声明{what} `{name}`{hint}",
        help_en: "Correct the name, or activate a ruleset that declares it.",
        help_zh: "请更正名称，或启用声明它的规则集。",
    }
    /// Several active rulesets declare it; 409.
    AMBIGUOUS_NAME = "SY0510" Error {
        en: "several active rulesets declare the {what} `{name}`: {rulesets}",
        zh: "多个启用的规则集声明了{what} `{name}`：{rulesets}",
        help_en: "Name one of them with `ruleset=`.",
        help_zh: "请用 `ruleset=` 指定其中一个。",
    }
    /// An activation in the past.
    ACTIVATION_IN_THE_PAST = "SY0511" Error {
        en: "a ruleset cannot be activated at {at}, which is in the past",
        zh: "不能在过去的时刻 {at} 启用规则集",
        help_en: "Leave the time out to activate it now: the stored events are run through it from the beginning.",
        help_zh: "省略时间即可立即启用：已存储的事件会从头按新版本计算。",
    }
    /// Too many active rulesets.
    TOO_MANY_ACTIVE = "SY0512" Error {
        en: "{limit} rulesets are active already, which is the limit",
        zh: "已启用 {limit} 个规则集，达到上限",
        help_en: "Deactivate one first.",
        help_zh: "请先停用一个。",
    }
    /// The stored events have more scopes than allowed.
    SCOPES_ON_ACTIVATION = "SY0513" Error {
        en: "run over the stored events, the ruleset `{ruleset}` has more than the limit of {limit} scopes (distinct combinations of dimension values)",
        zh: "按已存储的事件计算，规则集 `{ruleset}` 的范围（维度值组合）超过上限 {limit}",
        help_en: "Check that no id is declared as a dimension, or raise the limit with `--scopes-max`.",
        help_zh: "请检查是否把编号声明成了维度，或用 `--scopes-max` 提高上限。",
    }
    /// A fault inside; 500.
    NOT_DONE = "SY0514" Error {
        en: "the request could not be carried out: {reason}",
        zh: "请求未能执行：{reason}",
        help_en: "Nothing of it was kept. The log of the service says more; please report it.",
        help_zh: "未保存任何内容。服务日志中有更多信息，请报告此问题。",
    }
    /// An answer for an earlier knowledge (`as_of`) that would read too many events; 422.
    TOO_MUCH_TO_REPLAY = "SY0515" Error {
        en: "what was known at an earlier time cannot be answered: more than {limit} events would have to be read again",
        zh: "无法回答当时已知的结果：需要重新读取的事件超过 {limit} 条",
        help_en: "Leave `as_of` out, or name an earlier time, or replay the events with `steelyard replay`.",
        help_zh: "请去掉 `as_of`，或指定更早的时间，或用 `steelyard replay` 重放事件。",
    }
    /// Binary, structured or plain: none of the known content types.
    CONTENT_TYPE_UNKNOWN = "SY0550" Error {
        en: "events cannot be read from the content type `{content_type}`",
        zh: "无法从内容类型 `{content_type}` 读取事件",
        help_en: "send application/json, application/x-ndjson, text/csv, application/cloudevents+json or application/cloudevents-batch+json",
        help_zh: "请使用 application/json、application/x-ndjson、text/csv、application/cloudevents+json 或 application/cloudevents-batch+json"
    }
    /// The body as a whole is no JSON.
    BODY_NOT_JSON = "SY0551" Error {
        en: "the body is not JSON: {reason}",
        zh: "请求体不是 JSON：{reason}",
        help_en: "nothing of this request was taken; mend the body and send it again",
        help_zh: "本次请求的内容均未接收；请修正请求体后重新发送"
    }
    /// The body as a whole is not UTF-8.
    BODY_NOT_UTF8 = "SY0552" Error {
        en: "the body is not UTF-8 at byte {offset}",
        zh: "请求体在第 {offset} 字节处不是 UTF-8",
        help_en: "nothing of this request was taken; encode the body as UTF-8 and send it again",
        help_zh: "本次请求的内容均未接收；请用 UTF-8 编码后重新发送"
    }
    /// Too many bytes, after decompression.
    BODY_TOO_LARGE = "SY0553" Error {
        en: "the body is larger than {limit} bytes (after decompression)",
        zh: "请求体（解压后）超过 {limit} 字节",
        help_en: "split it into several requests; the operator may raise the limit (serve --body-max)",
        help_zh: "请拆成多个请求；运维人员可以提高上限（serve --body-max）"
    }
    /// Too many events in one request.
    TOO_MANY_EVENTS = "SY0554" Error {
        en: "the request holds more than {limit} events",
        zh: "请求中的事件超过 {limit} 个",
        help_en: "split it into several requests",
        help_zh: "请拆成多个请求"
    }
    /// One record is no JSON object.
    RECORD_NOT_JSON = "SY0555" Error {
        en: "the event is not a JSON object: {reason}",
        zh: "事件不是 JSON 对象：{reason}",
        help_en: "write one object an event, such as {\"type\":\"order_placed\",\"id\":\"1\",\"data\":{}}",
        help_zh: "每个事件写成一个对象，例如 {\"type\":\"order_placed\",\"id\":\"1\",\"data\":{}}"
    }
    /// One line is not UTF-8.
    RECORD_NOT_UTF8 = "SY0556" Error {
        en: "the line is not UTF-8",
        zh: "该行不是 UTF-8",
        help_en: "encode it as UTF-8",
        help_zh: "请使用 UTF-8 编码"
    }
    /// `NaN`, `Infinity`.
    NUMBER_NOT_JSON = "SY0557" Error {
        en: "`{word}` is no number",
        zh: "`{word}` 不是数字",
        help_en: "leave the field out, or write null, when there is no value",
        help_zh: "没有值时请省略该字段或写 null"
    }
    /// The same key twice in one object.
    DUPLICATE_KEY = "SY0558" Error {
        en: "the key `{key}` stands twice in one object",
        zh: "同一个对象中键 `{key}` 出现了两次",
        help_en: "write every key once",
        help_zh: "每个键只能写一次"
    }
    /// An attribute is missing, of a wrong type, or too long.
    ATTRIBUTE_WRONG = "SY0559" Error {
        en: "the attribute `{attribute}` {reason}",
        zh: "属性 `{attribute}` 有误：{reason}",
        help_en: "an event needs a `type` and an `id` (texts of 1 to 512 bytes); `source` (text), `time` (RFC 3339) and `revision` (whole number) are optional",
        help_zh: "事件需要 `type` 和 `id`（1 到 512 字节的文本）；`source`（文本）、`time`（RFC 3339）和 `revision`（整数）可以省略"
    }
    /// A member of the envelope that nobody knows; most often a field beside `data`.
    ATTRIBUTE_UNKNOWN = "SY0560" Error {
        en: "an event has no attribute `{attribute}`",
        zh: "事件没有属性 `{attribute}`",
        help_en: "fields stand inside `data`: {\"type\":\"…\",\"id\":\"…\",\"data\":{\"{attribute}\":…}}",
        help_zh: "字段要写在 `data` 里：{\"type\":\"…\",\"id\":\"…\",\"data\":{\"{attribute}\":…}}"
    }
    /// `data_base64`, or a content type of `data` that is no JSON.
    DATA_NOT_JSON = "SY0561" Error {
        en: "the event's data is not a JSON object: {reason}",
        zh: "事件的 data 不是 JSON 对象：{reason}",
        help_en: "send the fields as a JSON object in `data`",
        help_zh: "请把字段作为 JSON 对象放在 `data` 中"
    }
    /// A CSV row with another number of columns than the header.
    ROW_LENGTH_WRONG = "SY0562" Error {
        en: "the row has {found} columns, the header has {wanted}",
        zh: "该行有 {found} 列，而表头有 {wanted} 列",
        help_en: "put texts with commas, quotes or line breaks between double quotes",
        help_zh: "含有逗号、引号或换行的文本请放在双引号中"
    }
    /// A CSV header that cannot be used.
    HEADER_WRONG = "SY0563" Error {
        en: "the header of the CSV file cannot be used: {reason}",
        zh: "CSV 文件的表头无法使用：{reason}",
        help_en: "the first row names the columns: type, id and optionally source, time, revision, then the fields; or name a feed of an active ruleset with ?feed=",
        help_zh: "第一行是列名：type、id，可选 source、time、revision，然后是各字段；或者用 ?feed= 指定已启用规则集中的 feed"
    }
    /// No active ruleset declares this feed.
    FEED_UNKNOWN = "SY0564" Error {
        en: "no active ruleset declares a feed `{feed}`",
        zh: "没有已启用的规则集声明了 feed `{feed}`",
        help_en: "activate the ruleset that holds the feed block first; known feeds: {known}",
        help_zh: "请先启用包含该 feed 的规则集；已知的 feed：{known}"
    }
    /// Text with a NUL character.
    TEXT_WITH_NUL = "SY0565" Error {
        en: "the text of `{field}` holds a NUL character",
        zh: "`{field}` 的文本含有 NUL 字符",
        help_en: "remove it at the sender",
        help_zh: "请在发送方去掉该字符"
    }
    /// Too many fields in one event.
    TOO_MANY_FIELDS = "SY0566" Error {
        en: "the object has more than {limit} members",
        zh: "对象的成员超过 {limit} 个",
        help_en: "send only the fields that the event type declares",
        help_zh: "只发送事件类型声明过的字段"
    }
    /// No `Authorization` header where one is needed.
    KEY_MISSING = "SY0570" Error {
        en: "this server needs an API key",
        zh: "此服务器需要 API 密钥",
        help_en: "send the header Authorization: Bearer sy_…; make a key with `steelyard key create`",
        help_zh: "请发送请求头 Authorization: Bearer sy_…；用 `steelyard key create` 创建密钥"
    }
    /// Unknown, expired, revoked or wrong: one answer for all, so that nothing can be learned from it.
    KEY_REFUSED = "SY0571" Error {
        en: "the API key is not valid",
        zh: "API 密钥无效",
        help_en: "it may be mistyped, expired or revoked; ask an admin for a new one",
        help_zh: "可能是输入错误、已过期或已撤销；请向管理员索取新密钥"
    }
    /// The role is too small.
    ROLE_LACKING = "SY0572" Error {
        en: "the role `{role}` may not do this; it needs {needed}",
        zh: "角色 `{role}` 无权执行此操作；需要 {needed}",
        help_en: "use a key with one of these roles",
        help_zh: "请使用具有上述角色之一的密钥"
    }
    /// A key that asks for another workspace, or for rows outside of its scope.
    SCOPE_FOREIGN = "SY0573" Error {
        en: "the API key does not open {what}",
        zh: "该 API 密钥无权访问{what}",
        help_en: "use a key that was made for it",
        help_zh: "请使用为其创建的密钥"
    }
    /// A host name that is not this machine's, without keys: a web page in a browser on this machine may have sent it.
    HOST_REFUSED = "SY0574" Error {
        en: "the host `{host}` is not this machine",
        zh: "主机名 `{host}` 不是本机",
        help_en: "without API keys only localhost, 127.0.0.1 and [::1] are served; make a key with `steelyard key create` to use another name",
        help_zh: "没有 API 密钥时仅服务 localhost、127.0.0.1 和 [::1]；要使用其他主机名，请用 `steelyard key create` 创建密钥"
    }
    /// No such route, or no such thing on it.
    NOT_FOUND = "SY0575" Error {
        en: "there is no {what} `{name}`",
        zh: "不存在{what} `{name}`",
        help_en: "the documentation at /docs lists the routes; every list route shows what there is",
        help_zh: "/docs 中列出了所有路由；各列表路由显示现有内容"
    }
    /// The route exists, not with this method.
    METHOD_WRONG = "SY0576" Error {
        en: "{method} is not possible on {path}",
        zh: "{path} 不支持 {method}",
        help_en: "the Allow header names the methods; the documentation is at /docs",
        help_zh: "Allow 响应头列出了可用方法；文档见 /docs"
    }
    /// A query parameter that is unknown, repeated or cannot be read.
    QUERY_WRONG = "SY0577" Error {
        en: "the query parameter `{parameter}` {reason}",
        zh: "查询参数 `{parameter}` 有误：{reason}",
        help_en: "the parameters of this route: {known}",
        help_zh: "此路由的参数：{known}"
    }
    /// The JSON body of a request that is not about events.
    BODY_WRONG = "SY0578" Error {
        en: "the body cannot be used: {reason}",
        zh: "请求体无法使用：{reason}",
        help_en: "send JSON as the documentation at /docs shows it",
        help_zh: "请按 /docs 中的说明发送 JSON"
    }
    /// The request did not arrive in time, or the answer took too long.
    TIMEOUT = "SY0579" Error {
        en: "{what} took longer than {limit_s} seconds",
        zh: "{what}超过了 {limit_s} 秒",
        help_en: "what was asked for may still be done: look before asking again, or send the same events again, they count once; send less at once, or ask for less",
        help_zh: "所请求的操作可能仍会完成：请先查看结果再重试，或重发同样的事件（只计一次）；也可减少单次发送或查询的内容"
    }
    /// A defect of the server.
    INTERNAL = "SY0580" Error {
        en: "the server failed on this request",
        zh: "服务器处理此请求时出错",
        help_en: "the log of the server says more under the request id {request_id}; please report it",
        help_zh: "服务器日志中请求编号 {request_id} 有更多信息；请反馈此问题"
    }
    /// The queue of the workspace is full.
    BUSY = "SY0581" Error {
        en: "the workspace takes no more events at the moment",
        zh: "该工作区暂时无法接收更多事件",
        help_en: "send the same request again after the time in Retry-After; nothing of it was taken",
        help_zh: "请在 Retry-After 指定的时间后重发同一请求；本次内容均未接收"
    }
    /// Not one event of the request was taken.
    ALL_REFUSED = "SY0582" Error {
        en: "none of the {n_events} events was taken",
        zh: "{n_events} 个事件均未接收",
        help_en: "`refused` gives the reason of each",
        help_zh: "`refused` 中给出了每个事件的原因"
    }
    /// All events have the identity of an event with another content.
    ALL_CONFLICT = "SY0583" Error {
        en: "none of the {n_events} events was taken: their ids are those of other events",
        zh: "{n_events} 个事件均未接收：它们的 id 已属于其他事件",
        help_en: "an event cannot change; send a new id, or a higher revision where the type declares `replaces by`",
        help_zh: "事件不可更改；请使用新的 id，若类型声明了 `replaces by`，请使用更高的 revision"
    }
    /// A ruleset with mistakes.
    RULESET_REFUSED = "SY0584" Error {
        en: "the ruleset has {n_errors} mistakes",
        zh: "规则集有 {n_errors} 处错误",
        help_en: "`errors` gives each with its place; nothing was stored",
        help_zh: "`errors` 中给出了每处错误及其位置；未存储任何内容"
    }
    /// A ruleset whose own tests fail.
    TESTS_FAILED = "SY0585" Error {
        en: "{n_failed} of the ruleset's {n_tests} tests fail",
        zh: "规则集的 {n_tests} 个测试中有 {n_failed} 个失败",
        help_en: "`tests` gives each with both values; nothing was stored",
        help_zh: "`tests` 中给出了每个测试的实际值和期望值；未存储任何内容"
    }
    /// The name and version in the path are not those of the text.
    NAME_DIFFERS = "SY0586" Error {
        en: "the text declares `{found}`, the path says `{wanted}`",
        zh: "文本声明的是 `{found}`，而路径为 `{wanted}`",
        help_en: "put the text under its own name and version",
        help_zh: "请把文本放在与其名称和版本一致的路径下"
    }
    /// A metric does not have this dimension.
    DIMENSION_UNKNOWN = "SY0587" Error {
        en: "`{name}` has no dimension `{dimension}`",
        zh: "`{name}` 没有维度 `{dimension}`",
        help_en: "its dimensions: {known}",
        help_zh: "它的维度：{known}"
    }
    /// Listening beyond this machine without keys.
    BIND_REFUSED = "SY0589" Error {
        en: "{address} can be reached from other machines, and there is no API key",
        zh: "{address} 可从其他机器访问，但尚无 API 密钥",
        help_en: "make a key first (`steelyard key create`), or listen on 127.0.0.1",
        help_zh: "请先创建密钥（`steelyard key create`），或监听 127.0.0.1"
    }
    /// More series, scopes or rows than one answer may hold.
    ANSWER_TOO_LARGE = "SY0590" Error {
        en: "the answer would hold more than {limit} values",
        zh: "结果将超过 {limit} 个值",
        help_en: "ask for a shorter time, a coarser period or fewer scopes",
        help_zh: "请缩短时间范围、使用更粗的周期或减少范围"
    }
    /// The content encoding of the body is none that can be inflated, or the bytes are damaged.
    ENCODING_WRONG = "SY0591" Error {
        en: "the body cannot be read: {reason}",
        zh: "无法读取请求体：{reason}",
        help_en: "send it plain, or compressed as gzip or zstd with the matching Content-Encoding",
        help_zh: "请不压缩发送，或使用 gzip、zstd 压缩并设置相应的 Content-Encoding"
    }
    /// An endpoint that is disabled gets no test.
    ENDPOINT_DISABLED = "SY0592" Error {
        en: "the endpoint `{id}` is disabled: {reason}",
        zh: "端点 `{id}` 已停用：{reason}",
        help_en: "enable it first: PATCH /v1/endpoints/{id} with {\"enabled\":true}",
        help_zh: "请先启用：PATCH /v1/endpoints/{id}，内容为 {\"enabled\":true}"
    }
    /// More of something than a workspace may have.
    TOO_MANY = "SY0593" Error {
        en: "there are {limit} {what} already, which is the limit",
        zh: "{what}已达上限 {limit}",
        help_en: "delete what is no longer used",
        help_zh: "请删除不再使用的内容"
    }
    /// A web page of another origin, without keys.
    ORIGIN_REFUSED = "SY0594" Error {
        en: "the web page `{origin}` may not use this server",
        zh: "网页 `{origin}` 不得使用此服务器",
        help_en: "without API keys only pages of this server itself are served; make a key with `steelyard key create` and send it",
        help_zh: "没有 API 密钥时仅接受本服务器自身页面的请求；请用 `steelyard key create` 创建密钥并随请求发送"
    }
    /// The head of a request that is no HTTP/1.1; 400.
    HEAD_WRONG = "SY0595" Error {
        en: "the head of the request cannot be read as HTTP/1.1: {reason}",
        zh: "无法按 HTTP/1.1 读取请求头部：{reason}",
        help_en: "send a request line such as `GET /v1/alerts HTTP/1.1`, then one `Name: value` a line, then an empty line; write no spaces or letters beyond ASCII in the address (percent-encode them); HTTP/2 and TLS need a proxy in front",
        help_zh: "先发送请求行，例如 `GET /v1/alerts HTTP/1.1`，然后每行一个 `Name: value`，最后一个空行；地址中不要有空格或非 ASCII 字符（请使用百分号编码）；HTTP/2 和 TLS 需要前置代理"
    }
    /// Too many headers, or too many bytes of them; 431.
    HEAD_TOO_LARGE = "SY0596" Error {
        en: "the head of the request is too large: it may have {headers} headers and {bytes} bytes",
        zh: "请求头部过大：最多 {headers} 个请求头、{bytes} 字节",
        help_en: "send fewer or shorter headers; large cookies, and headers that proxies add, are the usual reason",
        help_zh: "请减少或缩短请求头；常见原因是过大的 Cookie 或代理添加的请求头"
    }
    /// An address that does not fit; 414.
    URI_TOO_LONG = "SY0597" Error {
        en: "the address of the request is too long: the head may have {bytes} bytes",
        zh: "请求地址过长：头部最多 {bytes} 字节",
        help_en: "ask for less at once, or send what is long in the body",
        help_zh: "请减少单次请求的内容，或把较长的内容放在请求体中"
    }
    /// A key that is bound to some rows and may do more than read.
    SCOPE_NEEDS_READ = "SY0598" Error {
        en: "a key with a scope can only read: the role `{role}` cannot have one",
        zh: "带范围的密钥只能读取：角色 `{role}` 不能限定范围",
        help_en: "make one key of the role `read` with the scope, and another one without a scope for everything else",
        help_zh: "请为该范围创建一个角色为 `read` 的密钥，其他用途另建不带范围的密钥"
    }
}
