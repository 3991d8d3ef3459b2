//! Events over HTTP: every form, every fault, and what becomes of the others in the same request.

use crate::service::{Service, answer};
use serde_json::{Value, json};
use std::io::Write as _;
use std::time::Duration;
use steelyard::http::Limits;

const BATCH: &str = "application/cloudevents-batch+json";

fn order(id: &str, amount: &str) -> String {
    format!(
        r#"{{"type":"order_placed","id":"{id}","source":"erp","time":"2026-03-10T09:00:00Z","data":{{"order_id":"{id}","shop":"us","amount":{amount}}}}}"#
    )
}

async fn gmv(service: &Service) -> Value {
    let (status, body) = service.get("/v1/metrics/gmv").await;
    assert_eq!(status, 200, "{body}");
    body["values"][0]["value"].clone()
}

fn codes(body: &Value) -> Vec<(u64, String)> {
    let refused = body["refused"].as_array().unwrap();
    refused.iter().map(|one| (one["index"].as_u64().unwrap(), one["code"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_is_read() {
    let service = Service::active().await;
    let cloud = |id: &str| order(id, "10").replace("{\"type\"", "{\"specversion\":\"1.0\",\"type\"");
    for (content_type, body) in [
        ("application/json", order("1", "10")),
        ("application/json; charset=utf-8", format!("[{},{}]", order("2", "\"10 USD\""), order("3", "\"10\""))),
        ("application/json", order("4", r#"{"amount":"10","currency":"USD"}"#)),
        ("application/cloudevents+json", cloud("5")),
        (BATCH, format!("[{}]", cloud("6"))),
        ("application/x-ndjson", format!("{}\n\n{}\n", order("7", "10"), cloud("8"))),
        ("text/csv", "type,id,source,time,order_id,shop,amount,units\norder_placed,9,erp,2026-03-10T09:00:00Z,9,us,10 USD,\n".to_owned()),
    ] {
        let (status, body) = service.send("POST", "/v1/events", content_type, body).await;
        assert_eq!((status, body["refused"].as_array().map(Vec::len)), (202, Some(0)), "{content_type}: {body}");
    }
    let binary = service
        .request("POST", "/v1/events")
        .header("ce-specversion", "1.0")
        .header("ce-type", "order_placed")
        .header("ce-id", "%E8%AE%A210")
        .header("ce-source", "erp")
        .header("ce-time", "2026-03-10T09:00:00Z")
        .body(r#"{"order_id":"订10","shop":"us","amount":10}"#);
    assert_eq!(answer(binary).await.1["accepted"], 1);
    assert_eq!(gmv(&service).await, "100.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_counts_once() {
    let service = Service::active().await;
    let batch = format!("[{},{}]", order("1", "10"), order("1", "10.0"));
    let (status, body) = service.post("/v1/events", &batch).await;
    assert_eq!((status, &body["accepted"], &body["duplicates"]), (202, &json!(1), &json!(1)));
    let (status, body) = service.post("/v1/events", &order("1", "10")).await;
    assert_eq!((status, &body["accepted"], &body["duplicates"]), (202, &json!(0), &json!(1)));
    let (status, body) = service.post("/v1/events", &order("1", "11")).await;
    assert_eq!((status, &body["code"], &body["refused"][0]["code"]), (409, &json!("SY0583"), &json!("SY0410")));
    let (status, body) = service.post("/v1/events", &format!("[{},{}]", order("1", "11"), order("2", "5"))).await;
    assert_eq!((status, &body["accepted"], codes(&body)), (202, &json!(1), vec![(0, "SY0410".to_owned())]));
    assert_eq!(gmv(&service).await, "15.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_a_source_counts_once_whatever_key_sends_it() {
    let mut service = Service::active().await;
    let event = order("1", "\"10\"").replace(r#""source":"erp","#, "");
    assert_eq!(service.post("/v1/events", &event).await.1["accepted"], 1);
    let (_, admin) = service.post("/v1/keys", r#"{"role":"admin"}"#).await;
    let admin = admin["key"].as_str().map(str::to_owned);
    for _ in 0..2 {
        service.key = admin.clone();
        let (_, made) = service.post("/v1/keys", r#"{"role":"ingest"}"#).await;
        service.key = made["key"].as_str().map(str::to_owned);
        let (status, body) = service.post("/v1/events", &event).await;
        assert_eq!((status, &body["accepted"], &body["duplicates"]), (202, &json!(0), &json!(1)), "{body}");
        let csv = "type,id,time,order_id,shop,amount\norder_placed,1,2026-03-10T09:00:00Z,1,us,10\n";
        let (_, body) = service.send("POST", "/v1/events", "text/csv", csv).await;
        assert_eq!(body["duplicates"], 1, "{body}");
        service.key = admin.clone();
        assert_eq!(service.delete(&format!("/v1/keys/{}", made["id"].as_str().unwrap())).await.0, 200);
    }
    assert_eq!(gmv(&service).await, "10.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_a_record_refuses_that_record() {
    let service = Service::active().await;
    let nested = "[".repeat(10_000) + &"]".repeat(10_000);
    let lines = [
        (order("1", "10"), ""),
        (order("2", "NaN"), "SY0557"),
        (order("3", "1152921504606846976"), "SY0405"),
        (order("4", "1e400"), "SY0405"),
        (order("5", "10,\"amount\":11"), "SY0558"),
        (order("6", "10").replace("2026-03-10", "9999-03-10"), "SY0409"),
        (order("7", &nested), "SY0403"),
        (order("8", "true"), "SY0403"),
        (order("9", "\"10 EUR\""), "SY0404"),
        (order("10", "10").replace("order_placed", "order_plcaed"), "SY0401"),
        (order("11", "10").replace("\"id\":\"11\",", ""), "SY0559"),
        (order("12", "10").replace("\"type\":\"order_placed\",", ""), "SY0559"),
        (order("13", "10").replace("\"us\"", "\"u\\u0000s\""), "SY0565"),
        ("{".to_owned(), "SY0555"),
        ("\"text\"".to_owned(), "SY0555"),
        (order("16", "10"), ""),
    ];
    let mut body: Vec<u8> = Vec::new();
    for (line, _) in &lines {
        body.extend_from_slice(line.as_bytes());
        body.push(b'\n');
    }
    body.extend_from_slice(b"\xff\xfe\n");
    let mut want: Vec<(u64, String)> = lines
        .iter()
        .enumerate()
        .filter(|(_, (_, code))| !code.is_empty())
        .map(|(index, (_, code))| (index as u64, (*code).to_owned()))
        .collect();
    want.push((lines.len() as u64, "SY0556".to_owned()));
    let (status, answer) = service.send("POST", "/v1/events", "application/x-ndjson", body).await;
    assert_eq!((status, &answer["accepted"]), (202, &json!(2)), "{answer}");
    assert_eq!(codes(&answer), want, "{answer:#}");
    assert_eq!((&answer["refused"][0]["line"], &answer["refused"][2]["id"]), (&json!(2), &json!("4")));
    // In an array, too, one broken element leaves the others alone.
    let array = format!("[{},{},{}]", order("20", "1"), order("21", "NaN"), order("22", "1"));
    let (status, answer) = service.post("/v1/events", &array).await;
    assert_eq!((status, &answer["accepted"], codes(&answer)), (202, &json!(2), vec![(1, "SY0557".to_owned())]));
    let (status, answer) = service.post("/v1/events", &order("23", "NaN")).await;
    assert_eq!((status, &answer["code"], &answer["accepted"]), (422, &json!("SY0582"), &json!(0)));
    assert_eq!(gmv(&service).await, "22.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_framing_refuses_the_request() {
    let service = Service::with(Limits { body_max: 1 << 20, events_max: 100, ..Limits::default() }).await;
    let good = order("1", "10");
    let mut bad_utf8 = format!("[{good},\"").into_bytes();
    bad_utf8.extend_from_slice(b"\xff\"]");
    let many = format!("[{}]", vec!["{}"; 101].join(","));
    for (content_type, body, status, code) in [
        ("application/json", bad_utf8, 400, "SY0552"),
        ("application/json", format!("[{good}").into_bytes(), 400, "SY0551"),
        ("application/json", format!("[{good}] x").into_bytes(), 400, "SY0551"),
        ("application/json", b"{\"type\":".to_vec(), 400, "SY0551"),
        ("application/json", b"".to_vec(), 400, "SY0551"),
        ("application/json", many.into_bytes(), 413, "SY0554"),
        ("application/json", vec![b' '; 20 << 20], 413, "SY0553"),
        ("text/csv", b"shop,amount\nus,1\n".to_vec(), 400, "SY0563"),
        ("application/xml", b"<a/>".to_vec(), 415, "SY0550"),
    ] {
        let request = service.request("POST", "/v1/events").header("content-type", content_type).body(body);
        let (got, answer) = answer(request).await;
        assert_eq!((got, answer["code"].as_str()), (status, Some(code)), "{answer}");
    }
    let (status, answer) = service.send("POST", "/v1/events?feed=lines", "text/csv", "a,b\n1,2\n").await;
    assert_eq!((status, &answer["code"]), (400, &json!("SY0564")));
    let (status, answer) = service.send("POST", "/v1/events?fed=lines", "text/csv", "a,b\n1,2\n").await;
    assert_eq!((status, &answer["code"]), (400, &json!("SY0577")));
    assert!(answer["detail"].as_str().unwrap().contains("did you mean `feed`"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_bodies_are_bounded_after_inflation() {
    let service = Service::active().await;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let send = |encoding: &'static str, body: Vec<u8>| {
        answer(
            service
                .request("POST", "/v1/events")
                .header("content-type", "application/json")
                .header("content-encoding", encoding)
                .body(body),
        )
    };
    assert_eq!(send("gzip", gzip(order("1", "10").as_bytes())).await.1["accepted"], 1);
    let zstd = zstd::encode_all(order("2", "10").as_bytes(), 3).unwrap();
    assert_eq!(send("zstd", zstd).await.1["accepted"], 1);
    let bomb = gzip(&vec![b' '; 200 << 20]);
    let (status, body) = send("gzip", bomb).await;
    assert_eq!((status, &body["code"]), (413, &json!("SY0553")));
    let (status, body) = send("gzip", b"no gzip at all".to_vec()).await;
    assert_eq!((status, &body["code"]), (400, &json!("SY0591")));
    let (status, body) = send("br", b"x".to_vec()).await;
    assert_eq!((status, &body["code"]), (415, &json!("SY0591")));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_machine_is_served_without_keys() {
    let service = Service::start().await;
    let (status, body) = answer(service.request("GET", "/v1/alerts").header("host", "evil.example")).await;
    assert_eq!((status, &body["code"]), (421, &json!("SY0574")));
    assert_eq!(answer(service.request("GET", "/v1/alerts").header("host", "localhost:99")).await.0, 200);
    assert!(service.dir().join("default").is_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_maps_the_columns_of_a_file() {
    let service = Service::active().await;
    let file =
        "Order,Shop,When,Amount,Note\n1,us,2026-03-10 09:00,10,\n1,us,2026-03-10 09:00,10,\n2,us,soon,10,\n3,de,2026-03-10 09:00,5.5,\n";
    let (status, body) = service.send("POST", "/v1/events?feed=orders_file", "text/csv", file).await;
    assert_eq!((status, &body["accepted"], codes(&body)), (202, &json!(3), vec![(2, "SY0485".to_owned())]), "{body}");
    let (_, body) = service.send("POST", "/v1/events?feed=orders_file", "text/csv", file).await;
    assert_eq!((&body["accepted"], &body["duplicates"]), (&json!(0), &json!(3)), "{body}");
    assert_eq!(gmv(&service).await, "25.50");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_ends_the_connection() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let service = Service::with(Limits { head_timeout: Duration::from_millis(300), connections: 4, ..Limits::default() }).await;
    let address = service.url.trim_start_matches("http://").to_owned();
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n").await.unwrap();
        slow.push(stream);
    }
    // All connections are taken; the fifth waits until the slow ones are ended.
    assert_eq!(service.get("/healthz").await.0, 200);
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), slow[0].read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "a slow head kept its connection");
}
