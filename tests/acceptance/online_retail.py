"""Real data through Steelyard, compared with DuckDB on the same file.

1. DuckDB computes every metric of examples/online_retail over all time, per day, week and month, overall and per country.
2. `steelyard replay` prints the same numbers; every one must agree: money to the last decimal with --exact and to the
   cent without, counts exactly, ratios to 15 digits.
3. The same file is sent over HTTP to `steelyard serve`, twice; the numbers, scores and alert transitions read back must be
   those of `replay`.

The data is not part of the repository: it stands in $STEELYARD_SHARED/data (default ../shared/data).
"""

import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from decimal import ROUND_HALF_EVEN, Decimal

import duckdb

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULESET = ROOT / "examples/online_retail/online_retail.kpi"
SHARED = pathlib.Path(os.environ.get("STEELYARD_SHARED", ROOT / "../shared"))
DATA = (SHARED if SHARED.is_absolute() else ROOT / SHARED) / "data/online_retail.csv.gz"

MONEY = ["net_sales", "gross_sales", "cancelled_sales", "basket"]
COUNTS = ["invoices", "customers"]
METRICS = [*MONEY, *COUNTS, "cancel_rate"]
PERIODS = {
    None: "'all'",
    "day": "strftime(moment, '%Y-%m-%d')",
    "week": "strftime(moment, '%G-W%V')",
    "month": "strftime(moment, '%Y-%m')",
}

problems = []


def check(what, expected, found):
    if expected != found:
        problems.append(f"{what}: expected {expected}, found {found}")


def open_data():
    if not DATA.exists():
        sys.exit(f"{DATA} is missing; set STEELYARD_SHARED to the folder that holds data/online_retail.csv.gz")
    db = duckdb.connect()
    db.execute(f"""
        create table line as
        select InvoiceNo as invoice, CAST(InvoiceDate as timestamp) as moment, Country as country, CustomerID as customer,
               CAST(Quantity as decimal(12, 1)) * CAST(UnitPrice as decimal(12, 4)) as value
        from read_csv('{DATA}', header = true, all_varchar = true)""")
    return db


def answers(db, by, per_country):
    """(period, country) -> metric -> value, as DuckDB has it."""
    country = "country" if per_country else "'*'"
    rows = db.execute(f"""
        select {PERIODS[by]} as period, {country} as scope, sum(value) as net,
               -coalesce(sum(value) filter (where invoice like 'C%'), 0) as cancelled,
               count(distinct invoice) as invoices, count(distinct customer) as customers
        from line group by all""").fetchall()
    found = {}
    for period, scope, net, cancelled, invoices, customers in rows:
        gross = net + cancelled
        found[period, scope] = {
            "net_sales": net,
            "cancelled_sales": cancelled,
            "gross_sales": gross,
            "cancel_rate": cancelled / gross if gross else None,
            "invoices": Decimal(invoices),
            "customers": Decimal(customers),
            "basket": net / invoices,
        }
    return found


def replay(steelyard, by, per_country, exact):
    command = [steelyard, "replay", RULESET, "--events", DATA, "--metrics", ",".join(METRICS), "--format", "ndjson"]
    command += ["--by", by] if by else []
    command += ["--per", "country"] if per_country else []
    command += ["--exact"] if exact else []
    started = time.monotonic()
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    print(f"replay by {by or 'all time'}{' per country' if per_country else ''}: {len(lines)} numbers in {time.monotonic() - started:.1f} s")
    found = {}
    for line in lines:
        found.setdefault((line["period"], line["scope"].get("country", "*")), {})[line["metric"]] = line["value"]
    return found


def cents(value):
    return value.quantize(Decimal("0.01"), ROUND_HALF_EVEN)


def same(metric, expected, found, exact):
    if expected is None or found is None:
        return expected is None and found is None
    found = Decimal(found)
    if metric in MONEY and not exact:
        return cents(expected) == found
    if metric in ("basket", "cancel_rate"):
        return abs(expected - found) <= abs(expected) * Decimal("1e-15")
    return expected == found


def compare(title, expected, found, exact):
    for key, metrics in expected.items():
        for metric, value in metrics.items():
            if key not in found or metric not in found[key]:
                problems.append(f"{title} {key} {metric}: missing")
            elif not same(metric, value, found[key][metric], exact):
                problems.append(f"{title} {key} {metric}: expected {value}, found {found[key][metric]}")
    for key in found.keys() - expected.keys():
        for metric, value in found[key].items():
            # A period without a single line: sums and counts are 0, or unknown when it was over before the country's first; ratios unknown.
            if value is not None and Decimal(value) != 0:
                problems.append(f"{title} {key} {metric}: expected nothing, found {value}")


def reference(steelyard):
    """The answers that are published with the data."""
    overall = replay(steelyard, None, False, True)["all", "*"]
    check("net sales", "9747747.934", overall["net_sales"])
    check("invoices", "25900", overall["invoices"])
    check("customers", "4372", overall["customers"])
    month = replay(steelyard, "month", False, False)["2011-11", "*"]
    check("net sales of 2011-11", "1461756.25", month["net_sales"])
    check("customers of 2011-11", "1711", month["customers"])
    scopes = {scope for _, scope in replay(steelyard, None, True, False)} - {"*"}
    check("countries", 38, len(scopes))


def call(url, method="GET", body=None, kind="application/json"):
    request = urllib.request.Request(url, method=method, data=body, headers={"content-type": kind})
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.loads(response.read() or b"null")


def wait_until_ready(url):
    for _ in range(100):
        try:
            return urllib.request.urlopen(f"{url}/readyz", timeout=10).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    sys.exit("the server did not start")


def send(steelyard, url):
    command = [steelyard, "import", "--url", url, "--ruleset", RULESET, DATA, "--format", "json"]
    started = time.monotonic()
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    print(f"send: {found} in {time.monotonic() - started:.1f} s")
    return found


def over_http(url, by, per_country):
    """The same numbers as `replay` prints, read from the server."""
    found = {}
    for metric in METRICS:
        query = {"exact": "true"}
        if by:
            first, last = {"day": ("2010-12-01", "2011-12-09"), "week": ("2010-W48", "2011-W49"), "month": ("2010-12", "2011-12")}[by]
            query |= {"by_period": by, "from": first, "to": last}
        for per in [{}, {"per": "country"}] if per_country else [{}]:
            answer = call(f"{url}/v1/metrics/{metric}?{urllib.parse.urlencode(query | per)}")
            for value in answer["values"]:
                key = value.get("period", "all"), value["scope"].get("country", "*")
                found.setdefault(key, {})[metric] = value["value"]
    return found


def judged(steelyard, what):
    """The lines of `replay --scores` or `--alerts`."""
    command = [steelyard, "replay", RULESET, "--events", DATA, what, "--exact", "--format", "ndjson"]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return [json.loads(line) for line in out.splitlines()]


def scores_over_http(steelyard, url):
    """Every score of every period, as `replay` has it."""
    expected = {}
    for line in judged(steelyard, "--scores"):
        expected[line["scorecard"], line["period"], line["scope"].get("country")] = (line["score"], line["grade"])
    found = {}
    for card, period in {(card, period) for card, period, _ in expected}:
        for score in call(f"{url}/v1/scorecards/{card}?{urllib.parse.urlencode({'period': period})}")["scores"]:
            found[card, period, score["scope"].get("country")] = (score["value"], score.get("grade"))
    # For the server the file lies in the past: it has scores of later periods too.
    check("scores over HTTP", expected, {key: value for key, value in found.items() if key in expected})
    print(f"HTTP scores: {len(expected)} compared")
    if not expected:
        problems.append("no score was compared")


def alerts_over_http(steelyard, url):
    """Every change of every alert that fired, as `replay` has it up to the end of the file."""
    lines = judged(steelyard, "--alerts")
    told = [line for line in lines if line["state"] in ("firing", "resolved")]
    end = max(line["at"] for line in lines)
    expected = sorted((line["at"], line["alert"], line["scope"].get("country", "*"), line["state"]) for line in told)
    found = []
    for rule in {line["alert"] for line in told}:
        for country in {line["scope"].get("country") for line in told if line["alert"] == rule}:
            query = {"rule": rule, "limit": "1000"} | ({"scope.country": country} if country else {})
            for alert in call(f"{url}/v1/alerts?{urllib.parse.urlencode(query)}")["items"]:
                for change in alert["transitions"]:
                    # While the file came in, its time stood at the end: what a later batch took away never fired.
                    if not alert["withdrawn"] and change["at"] <= end and change["state"] in ("firing", "resolved"):
                        found.append((change["at"], rule, alert["scope"].get("country", "*"), change["state"]))
    missing, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    check("alert transitions over HTTP", (len(expected), [], []), (len(found), missing[:5], more[:5]))
    print(f"HTTP alerts: {len(expected)} transitions compared")
    if not expected:
        problems.append("no alert transition was compared")


def serve(steelyard, db):
    """Sends the file twice to a server of its own and compares what it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with tempfile.TemporaryDirectory() as data:
        log = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen([steelyard, "serve", "--data", data, "--listen", url.removeprefix("http://")], cwd=data, **log)
        try:
            wait_until_ready(url)
            ruleset = f"{url}/v1/rulesets/online_retail/1.0.0"
            call(ruleset, "PUT", RULESET.read_bytes(), "text/plain")
            call(f"{ruleset}/activate", "POST", b"{}")
            check("events accepted", {"accepted": 541909, "duplicates": 0, "left_out": 0, "refused": 0}, send(steelyard, url))
            check("events sent again", {"accepted": 0, "duplicates": 541909, "left_out": 0, "refused": 0}, send(steelyard, url))
            for by in PERIODS:
                per_country = by != "day"
                expected = answers(db, by, False) | (answers(db, by, True) if per_country else {})
                compare(f"HTTP by {by}", expected, over_http(url, by, per_country), True)
                print(f"HTTP by {by or 'all time'}: {len(expected)} scopes and periods compared")
            scores_over_http(steelyard, url)
            alerts_over_http(steelyard, url)
        finally:
            server.terminate()
            check("exit code of the server", 0, server.wait(30))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--steelyard", default=str(ROOT / "target/release/steelyard"))
    steelyard = str(pathlib.Path(arguments.parse_args().steelyard).resolve())
    db = open_data()
    reference(steelyard)
    for by in PERIODS:
        for per_country in (False, True):
            expected = answers(db, by, False) | (answers(db, by, True) if per_country else {})
            compare(f"replay by {by}", expected, replay(steelyard, by, per_country, True), True)
    rounded = answers(db, "month", False) | answers(db, "month", True)
    compare("replay rounded", rounded, replay(steelyard, "month", True, False), False)
    serve(steelyard, db)
    for problem in problems[:40]:
        print(problem)
    if problems:
        sys.exit(f"{len(problems)} numbers differ")
    print("every number agrees with DuckDB")


if __name__ == "__main__":
    main()
