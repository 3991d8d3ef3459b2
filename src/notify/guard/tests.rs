//! Which addresses are refused, in every notation, and what a resolver may hand out.
#![allow(clippy::unwrap_used)]
use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

fn code(guard: &Guard, url: &str) -> &'static str {
    guard.check_url(url).map_or_else(|diagnostic| diagnostic.code.id, |_| "ok")
}

#[test]
fn literals_in_every_notation_are_refused() {
    let guard = Guard::default();
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "0",
        "0.0.0.0",
        "00",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[0:0:0:0:0:ffff:a00:1]",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "2852039166",
        "0xA9FEA9FE",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::a00:1]",
        "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::1]",
        "[2001::7f00:1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[100::1]",
        "[5f00::1]",
        "[3fff::1]",
        "１２７.0.0.1",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "192.88.99.1",
        "203.0.113.7",
    ] {
        assert_eq!(code(&guard, &format!("https://{host}/hook")), "SY0604", "{host}");
        assert_eq!(code(&guard, &format!("https://{host}:8443/hook")), "SY0604", "{host}");
    }
}

#[test]
fn other_faults_of_a_url() {
    let guard = Guard::default();
    for (url, want) in [
        ("https://hooks.example.com/x?y=1", "ok"),
        ("https://1.1.1.1/", "ok"),
        ("https://[2606:4700:4700::1111]/", "ok"),
        ("http://1.1.1.1/", "SY0602"),
        ("ftp://hooks.example.com/", "SY0602"),
        ("file:///etc/passwd", "SY0602"),
        ("https://me:secret@hooks.example.com/", "SY0603"),
        ("https://me@hooks.example.com/", "SY0603"),
        ("https://", "SY0601"),
        ("hooks.example.com", "SY0601"),
        ("https://256.1.1.1/", "SY0601"),
        ("https://[::1/", "SY0601"),
        ("", "SY0601"),
    ] {
        assert_eq!(code(&guard, url), want, "{url}");
    }
}

#[test]
fn the_operator_may_allow_a_network() {
    let guard = Guard { allowed: vec!["127.0.0.0/8".parse().unwrap()] };
    for url in ["http://127.0.0.1:9000/", "https://127.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://2130706433/"] {
        assert_eq!(code(&guard, url), "ok", "{url}");
    }
    assert_eq!(code(&guard, "http://10.0.0.1/"), "SY0604");
    assert_eq!(code(&guard, "http://[::1]/"), "SY0604");
}

#[test]
fn shown_urls_keep_no_secret() {
    assert_eq!(shown("https://me:pw@h.example/?token=s#f"), "https://h.example/");
    assert_eq!(shown("https://hooks.slack.com/services/T0/B0/token"), "https://hooks.slack.com/…");
    assert_eq!(shown("not a url?token=s"), "not a url");
    assert_eq!(shown("https://me:pw@h:port/token?s"), "https://h:port");
    assert_eq!(without_query("https://me:pw@h.example/p?token=s#f"), "https://h.example/p");
}

/// Public when asked first, loopback from then on.
struct Rebinding(AtomicUsize);

impl Lookup for Rebinding {
    fn addresses(&self, _: String) -> Looking {
        let first = self.0.fetch_add(1, Ordering::SeqCst) == 0;
        let address: IpAddr = if first { [1, 1, 1, 1].into() } else { [127, 0, 0, 1].into() };
        Box::pin(async move { Ok(vec![address]) })
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let lookup = Arc::new(Rebinding(AtomicUsize::new(0)));
    let guard = Guard::default();
    assert!(guard.check_reachable("https://rebind.example/", lookup.as_ref()).await.is_ok());
    let resolver = CheckedResolver { guard, lookup, allowed_only: false };
    let refused = resolver.resolve("rebind.example".parse().unwrap()).await.err().unwrap().to_string();
    assert!(refused.contains("address refused"), "{refused}");
}

/// One public and one loopback address.
struct Both;

impl Lookup for Both {
    fn addresses(&self, _: String) -> Looking {
        Box::pin(async { Ok(vec![[127, 0, 0, 1].into(), [1, 1, 1, 1].into(), Ipv6Addr::LOCALHOST.into()]) })
    }
}

#[tokio::test]
async fn only_checked_addresses_are_handed_out() {
    let guard = Guard::default();
    assert_eq!(guard.check_reachable("https://both.example/", &Both).await.unwrap_err().code.id, "SY0604");
    let resolver = CheckedResolver { guard: guard.clone(), lookup: Arc::new(Both), allowed_only: false };
    let found: Vec<_> = resolver.resolve("both.example".parse().unwrap()).await.unwrap().collect();
    assert_eq!(found, [SocketAddr::from(([1, 1, 1, 1], 0))]);
    let plain = CheckedResolver { guard, lookup: Arc::new(Both), allowed_only: true };
    assert!(plain.resolve("both.example".parse().unwrap()).await.is_err());
}

#[tokio::test]
async fn plain_http_by_name_needs_an_allowed_network() {
    let guard = Guard { allowed: vec!["127.0.0.0/8".parse().unwrap()] };
    struct Loopback;
    impl Lookup for Loopback {
        fn addresses(&self, _: String) -> Looking {
            Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) })
        }
    }
    assert!(guard.check_reachable("http://localhost:9000/", &Loopback).await.is_ok());
    assert_eq!(Guard::default().check_reachable("http://localhost:9000/", &Loopback).await.unwrap_err().code.id, "SY0604");
    assert_eq!(guard.check_reachable("http://both.example/", &Both).await.unwrap_err().code.id, "SY0602");
}
