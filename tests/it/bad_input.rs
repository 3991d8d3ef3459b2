//! Bad input over HTTP: each kind gets its code and its message, what is good beside it is taken, and the server lives on.
//!
//! 1. [`CASES`] is the page: what is sent, and what comes back.
//! 2. In the end the count of events is exactly what was accepted.

use crate::server::{Server, folder};
use crate::wire::Client;

const RULESET: &str = "ruleset bad_input 1.0.0 {
  currency USD
  timezone UTC
}

event sale {
  shop   dimension
  amount money optional
  units  count optional
  rate   percent optional
  at     time optional
}

metric n_sales = count(sale)
";

/// What is sent and what comes back.
struct Case {
    name: &'static str,
    /// The content type.
    kind: &'static str,
    /// `GOOD` stands for an event that is right.
    body: fn() -> Vec<u8>,
    status: u16,
    accepted: u64,
    /// For each refused event its code; for a request that is refused as a whole, the request's.
    codes: &'static [&'static str],
}

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

/// A good event whose id is the name of its case.
fn good(id: &str) -> String {
    format!(r#"{{"type":"sale","id":"{id}","source":"test","time":"2026-03-01T09:00:00Z","data":{{"shop":"us","amount":"20 USD"}}}}"#)
}

/// An event with these fields.
fn with(id: &str, data: &str) -> String {
    format!(r#"{{"type":"sale","id":"{id}","source":"test","time":"2026-03-01T09:00:00Z","data":{{"shop":"us",{data}}}}}"#)
}

/// An array of a bad event between two good ones.
fn between(name: &str, bad: &str) -> Vec<u8> {
    format!("[{},{bad},{}]", good(&format!("{name}-1")), good(&format!("{name}-2"))).into_bytes()
}

fn brackets(n: usize) -> String {
    format!("{}{}", "[".repeat(n), "]".repeat(n))
}

const CASES: &[Case] = &[
    Case {
        name: "no type",
        kind: JSON,
        body: || between("no-type", r#"{"id":"x","source":"test","data":{}}"#),
        status: 202,
        accepted: 2,
        codes: &["SY0559"],
    },
    Case { name: "no object", kind: JSON, body: || between("no-object", "17"), status: 202, accepted: 2, codes: &["SY0555"] },
    Case {
        name: "unknown type",
        kind: JSON,
        body: || between("type", r#"{"type":"sail","id":"x","source":"test","data":{}}"#),
        status: 202,
        accepted: 2,
        codes: &["SY0401"],
    },
    Case {
        name: "missing field",
        kind: JSON,
        body: || between("missing", r#"{"type":"sale","id":"x","source":"test","data":{}}"#),
        status: 202,
        accepted: 2,
        codes: &["SY0402"],
    },
    Case {
        name: "wrong currency",
        kind: JSON,
        body: || between("eur", &with("x", r#""amount":"20 EUR""#)),
        status: 202,
        accepted: 2,
        codes: &["SY0404"],
    },
    Case {
        name: "wrong unit",
        kind: JSON,
        body: || between("unit", &with("x", r#""amount":"20%""#)),
        status: 202,
        accepted: 2,
        codes: &["SY0403"],
    },
    Case {
        name: "half a thing",
        kind: JSON,
        body: || between("half", &with("x", r#""units":1.5"#)),
        status: 202,
        accepted: 2,
        codes: &["SY0403"],
    },
    Case {
        name: "NaN as a text",
        kind: JSON,
        body: || between("nan-text", &with("x", r#""amount":"NaN""#)),
        status: 202,
        accepted: 2,
        codes: &["SY0403"],
    },
    Case {
        name: "NaN in a line",
        kind: LINES,
        body: || format!("{}\n{}\n{}\n", good("nan-1"), with("x", r#""amount":NaN"#), good("nan-2")).into_bytes(),
        status: 202,
        accepted: 2,
        codes: &["SY0557"],
    },
    Case {
        name: "2^60",
        kind: JSON,
        body: || between("2-60", &with("x", r#""amount":1152921504606846976"#)),
        status: 202,
        accepted: 2,
        codes: &["SY0405"],
    },
    Case {
        name: "1e400",
        kind: JSON,
        body: || between("1e400", &with("x", r#""amount":1e400"#)),
        status: 202,
        accepted: 2,
        codes: &["SY0405"],
    },
    Case {
        name: "too many decimals",
        kind: JSON,
        body: || between("decimals", &with("x", r#""amount":0.12345678"#)),
        status: 202,
        accepted: 2,
        codes: &["SY0406"],
    },
    Case {
        name: "duplicate key",
        kind: JSON,
        body: || between("twice", &with("x", r#""amount":1,"amount":2"#)),
        status: 202,
        accepted: 2,
        codes: &["SY0558"],
    },
    Case {
        name: "duplicate key in a line",
        kind: LINES,
        body: || format!("{}\n{}\n", with("x", r#""amount":1,"amount":2"#), good("twice-line")).into_bytes(),
        status: 202,
        accepted: 1,
        codes: &["SY0558"],
    },
    Case {
        name: "bad UTF-8 in an array",
        kind: JSON,
        body: || [&b"["[..], good("utf8").as_bytes(), b",\"\xff\xfe\"]"].concat(),
        status: 400,
        accepted: 0,
        codes: &["SY0552"],
    },
    Case {
        name: "bad UTF-8 in a line",
        kind: LINES,
        body: || [good("utf8-1").as_bytes(), b"\n{\"\xff\"}\n", good("utf8-2").as_bytes()].concat(),
        status: 202,
        accepted: 2,
        codes: &["SY0556"],
    },
    Case {
        name: "the year 9999",
        kind: JSON,
        body: || between("9999", &good("x").replace("2026-", "9999-")),
        status: 202,
        accepted: 2,
        codes: &["SY0409"],
    },
    Case {
        name: "the year 9999 in a field",
        kind: JSON,
        body: || between("9999-field", &with("x", r#""at":"9999-03-01T00:00:00Z""#)),
        status: 202,
        accepted: 2,
        codes: &["SY0409"],
    },
    Case {
        name: "the year 1",
        kind: JSON,
        body: || between("0001", &good("x").replace("2026-", "0001-")),
        status: 202,
        accepted: 2,
        codes: &["SY0408"],
    },
    Case {
        name: "10,000 brackets in a field",
        kind: JSON,
        body: || between("deep", &with("x", &format!(r#""amount":{}"#, brackets(10_000)))),
        status: 202,
        accepted: 2,
        codes: &["SY0403"],
    },
    Case {
        name: "10,000 brackets in a line",
        kind: LINES,
        body: || format!("{}\n{}\n", brackets(10_000), good("deep-line")).into_bytes(),
        status: 202,
        accepted: 1,
        codes: &["SY0555"],
    },
    Case { name: "10,000 brackets", kind: JSON, body: || brackets(10_000).into_bytes(), status: 422, accepted: 0, codes: &["SY0555"] },
    Case {
        name: "an array without end",
        kind: JSON,
        body: || format!("[{},", good("open")).into_bytes(),
        status: 400,
        accepted: 0,
        codes: &["SY0551"],
    },
    Case {
        name: "20 MB",
        kind: JSON,
        body: || between("large", &with("x", &format!(r#""amount":"{}""#, "1".repeat(20 << 20)))),
        status: 413,
        accepted: 0,
        codes: &["SY0553"],
    },
    Case { name: "an unknown form", kind: "image/png", body: || good("png").into_bytes(), status: 415, accepted: 0, codes: &["SY0550"] },
    Case {
        name: "the same id with another body",
        kind: JSON,
        body: || format!("[{},{}]", good("conflict"), with("conflict", r#""amount":"21 USD""#)).into_bytes(),
        status: 202,
        accepted: 1,
        codes: &["SY0410"],
    },
    Case {
        name: "nothing but conflicts",
        kind: JSON,
        body: || with("conflict", r#""amount":"22 USD""#).into_bytes(),
        status: 409,
        accepted: 0,
        codes: &["SY0410"],
    },
    Case {
        name: "nothing but wrong",
        kind: JSON,
        body: || with("x", r#""amount":"many""#).into_bytes(),
        status: 422,
        accepted: 0,
        codes: &["SY0403"],
    },
];

/// What came back, in the words of a case.
fn outcome(client: &mut Client, case: &Case) -> (u16, u64, Vec<String>) {
    let answer = client.send("POST", "/v1/events", case.kind, &(case.body)()).unwrap();
    let body = answer.json();
    let ingested = if body["ingested"].is_object() { &body["ingested"] } else { &body };
    let refused: Vec<&serde_json::Value> = ingested["refused"].as_array().map(|list| list.iter().collect()).unwrap_or_default();
    let verdicts = if refused.is_empty() { vec![&body] } else { refused };
    for verdict in &verdicts {
        let said = |name: &str| verdict[name].as_str().is_some_and(|text| !text.is_empty());
        assert!(said("message") && said("message_zh") || said("detail") && said("detail_zh"), "{}: {verdict}", case.name);
    }
    if answer.status() >= 400 {
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", case.name);
    }
    let codes = verdicts.iter().map(|verdict| verdict["code"].as_str().unwrap_or_default().to_owned()).collect();
    (answer.status(), ingested["accepted"].as_u64().unwrap_or(0), codes)
}

#[test]
fn every_bad_input_gets_its_code_and_nothing_is_lost() {
    let (_keep, data) = folder();
    let server = Server::start(&data);
    let mut client = Client::new(server.address);
    assert_eq!(client.send("POST", "/v1/rulesets", "text/plain", RULESET.as_bytes()).unwrap().status(), 201);
    let activated = client.json("POST", "/v1/rulesets/bad_input/1.0.0/activate", &serde_json::json!({})).unwrap();
    assert_eq!(activated.status(), 200, "{}", activated.json());
    let mut wrong = Vec::new();
    for case in CASES {
        let found = outcome(&mut client, case);
        let expected = (case.status, case.accepted, case.codes.iter().map(|&code| code.to_owned()).collect());
        if found != expected {
            wrong.push(format!("{}: {found:?}, expected {expected:?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(client.get("/healthz").unwrap().status(), 200);
    let count = client.get("/v1/metrics/n_sales").unwrap().json();
    let accepted: u64 = CASES.iter().map(|case| case.accepted).sum();
    assert_eq!(count["values"][0]["value"], accepted.to_string(), "{count}");
    let said = server.said();
    assert!(!said.contains("panicked"), "{said}");
}
