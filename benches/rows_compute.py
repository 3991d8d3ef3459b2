"""Rows about computing: C (from JSON), D (from stored blocks), E (one event), F (one score)."""

import json
import re
import time

import events
from kit import HERE, WORK, Service, alternating, binaries, floor, fresh, inside, median, nanos, ruleset, rulesets, run, seconds

PYTHON = WORK / "venv/bin/python"
THREADS = 2
# The stream ends with 2026-03-01; the last day is judged when it is over.
END = "2026-03-02"
FULL = 2_000_000
FULL_CHECK = "11605 rows, sum(gmv)=159623595.53, sum(score)=745475.33, late alerts=159, score alerts=329"


def agree(row, lines):
    """All sides say the same: counts exactly, sums but for the last digits of binary floats and of printed scores."""
    first = [float(number) for number in re.findall(r"[0-9.]+", lines[0])]
    for line in lines[1:] + ([FULL_CHECK] if row.size == FULL else []):
        numbers = [float(number) for number in re.findall(r"[0-9.]+", line)]
        if len(numbers) != len(first) or any(abs(a - b) > 0.021 for a, b in zip(numbers, first)):
            raise RuntimeError("the sides disagree:\n  " + "\n  ".join(lines))
    row.fact(f"check: {lines[0]}")


def check_line(out):
    """What `replay` printed, summed up."""
    rows, gmv, points, begun = 0, 0.0, 0.0, {"late": 0, "low": 0}
    for line in out.splitlines():
        said = json.loads(line)
        if "alert" in said:
            begun[said["alert"]] += said["state"] == "firing"
        elif "metric" in said:
            gmv += float(said["value"] or 0) if said["scope"] else 0
        elif said["score"] is not None:
            rows, points = rows + 1, points + float(said["score"])
    return f"{rows} rows, sum(gmv)={gmv:.2f}, sum(score)={points:.2f}, late alerts={begun['late']}, score alerts={begun['low']}"


def c(row):
    """The job from JSON lines to its result, the process with it; DuckDB's query without its start."""
    file = events.file(WORK, row.size)
    questions = ["--at", END, "--metrics", "gmv", "--per", "shop", "--by", "day", "--scores", "--alerts", "--format", "ndjson"]

    def ours():
        return run([binaries["steelyard"], "replay", HERE / "rulesets/job.kpi", "--events", file, *questions])

    def duck():
        return run([PYTHON, HERE / "peers/duck.py", "json", file]).said

    def hand():
        return floor("scan", file, THREADS)

    mine, ducks, hands = alternating(row.runs, ours, duck, hand)
    agree(row, [check_line(mine[0].out), ducks[0]["check"], hands[0].said["check"]])
    wall, cpu = median(one.wall for one in mine), median(one.cpu for one in mine)
    duck_wall, duck_cpu = median(one["seconds"] for one in ducks), median(one["cpu"] for one in ducks)
    hand_cpu = median(one.cpu for one in hands)
    notes = f"CPU {seconds(cpu)} against {seconds(duck_cpu)}; {row.size:,} events, {median(one.rss_mb for one in mine):.0f}MB"
    row.faster("DuckDB's time over ours", wall, duck_wall, 2.0, notes)
    row.compare("CPU against the hand-written prototype", cpu, hand_cpu, 1.6, False, seconds)


def d(row):
    """A ruleset that becomes active over stored events: its whole past is computed from our own blocks."""
    file = events.file(WORK, row.size)
    with Service(fresh("d"), rulesets("store")) as service:
        service.post(file, 1_000, 8)
        took, used = [], []
        for number in range(row.runs):
            text = ruleset("job").replace("1.0.0", f"1.0.{number}")
            service.ask("POST", "/v1/rulesets", text, "text/plain")
            start, before = time.perf_counter(), service.cpu()
            answer = json.loads(service.ask("POST", f"/v1/rulesets/job/1.0.{number}/activate", "{}"))
            took.append(time.perf_counter() - start)
            used.append(service.cpu() - before)
            if answer["replayed"] != row.size:
                raise RuntimeError(f"{answer} of {row.size}")
    duck = run([PYTHON, HERE / "peers/duck.py", "table", file, 2 * row.runs + 1]).said
    hand = floor("columns", file, THREADS, 2 * row.runs + 1).said
    agree(row, [duck["check"], hand["check"]])
    notes = f"CPU {seconds(median(used))} against {seconds(duck['cpu'])}; {row.size:,} events"
    row.faster("tuned DuckDB's time over ours", median(took), duck["seconds"], 3.0, notes)
    row.compare("time against the hand-written columns", median(took), hand["seconds"], 4.0, False, seconds)


def e(row):
    """One event through everything: cells, week, score, alerts; in commits of a thousand."""
    series, count = 10_000, min(row.size, 100_000)
    names = ["update", HERE / "rulesets/live.kpi", series, count]
    mine, hands = alternating(row.runs, lambda: inside(*names).said["ns"], lambda: floor("update", series, count * 10).said["ns"])
    streams = [run([PYTHON, HERE / "peers/stream.py", events.file(WORK, count)]).said["ns"] for _ in range(row.runs)]
    row.compare(f"against the hand-written update, {series:,} series", median(mine), median(hands), 3.0, False, nanos)
    row.faster("bytewax' CPU over ours", median(mine) / 1e9, median(streams) / 1e9, 30, "", nanos_of)
    wide = inside("update", HERE / "rulesets/wide.kpi", series, count).said["ns"]
    row.fact(f"fifteen metrics and an entity: {nanos(wide)} an event")


def nanos_of(value):
    return nanos(value * 1e9)


def f(row):
    """A score of four KPIs: alone, and all of a day."""
    names = ["score", HERE / "rulesets/job.kpi", 200, 2_000]
    mine, hands = alternating(row.runs, lambda: inside(*names).said, lambda: floor("score", 1_000_000).said)
    zen = median(run([PYTHON, HERE / "peers/decisions.py"]).said["ns"] for _ in range(row.runs))
    middle = lambda side, name: median(one[name] for one in side)
    row.compare("one score against fused closures", middle(mine, "ns"), middle(hands, "ns"), 1.7, False, nanos)
    row.compare("in a batch against columns", middle(mine, "batch_ns"), middle(hands, "batch_ns"), 1.6, False, nanos)
    row.faster("zen-engine's time over ours", middle(mine, "ns") / 1e9, zen / 1e9, 100, "", nanos_of)
    row.fact("ours reads the cells, computes in exact decimals and tells why a number is unknown; the prototypes are given floats")
