"""Rows about answers: G (from an event to its webhook), H (numbers over HTTP)."""

import datetime
import urllib.parse

import events
from kit import WORK, Service, binaries, floor, fresh, median, micros, rulesets, run

SECONDS, CONNECTIONS = 2, 4


def g(row):
    """From the POST of an event to the webhook received, idle and while other events come in."""
    file = events.file(WORK, row.size)
    idle = run([binaries["alert_latency"]])
    with Service(fresh("g"), rulesets("live")) as service:
        full = service.post(file, 1_000, 8)["per_second"]
    loaded = run([binaries["alert_latency"], file, int(full / 2)])
    said, under = idle.said, loaded.said
    medians = f"p50 {said['ours'][0]}us against {said['bare'][0]}us"
    row.compare("p99 when idle, against the bare path", said["ours"][1], said["bare"][1], 2.0, False, micros, idle.others, medians)
    about = f"p99 while {full / 2:,.0f} events/s are sent, against the bare path when idle"
    came = f"p50 {under['ours'][0]}us, {under['came']:,.0f} events/s came in"
    row.compare(about, under["ours"][1], said["bare"][1], 8.0, False, micros, idle.others, came)


def question(window):
    day = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc).isoformat()
    asked = {"over": window, "at": day, "scope.shop": "lazada-shop-110"}
    return f"/v1/metrics/gmv?{urllib.parse.urlencode(asked)}"


def asked(service, path, runs):
    return median(floor("get", service.address, path, CONNECTIONS, SECONDS).said["p99"] for _ in range(runs))


def h(row):
    """Reading a KPI: against nothing at all, with eight times the events, over sixty days."""
    found = []
    for size in [row.size // 8, row.size]:
        with Service(fresh("h"), rulesets("live")) as service:
            service.post(events.file(WORK, size), 1_000, 8)
            health = asked(service, "/healthz", row.runs)
            found.append((asked(service, question("1 day"), row.runs), health))
            if size == row.size:
                long = asked(service, question("60 days"), row.runs)
    (few, _), (many, health) = found
    row.compare("p99 of a KPI against that of /healthz", many, health, 2.0, False, micros)
    row.compare("p99 with eight times the events", many, few, 1.1, False, micros)
    row.compare("p99 over 60 days against one day", long, many, 2.0, False, micros)
