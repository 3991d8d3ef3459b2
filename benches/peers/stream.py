"""The incremental job in bytewax: JSON lines, keyed by shop, with day cells, a week, a score and alert edges after every event."""

import json
import sys
import time
from datetime import date

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import DynamicSource, StatelessSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

RATES = {"USD": 1.0, "EUR": 1.08, "SGD": 0.74, "JPY": 0.0066, "GBP": 1.27, "BRL": 0.18}
FILE = sys.argv[1]
count = 0


class Part(StatelessSourcePartition):
    def __init__(self):
        self.file = open(FILE)

    def next_batch(self):
        batch = [line for _, line in zip(range(1_000), self.file)]
        if not batch:
            raise StopIteration()
        return batch


class Source(DynamicSource):
    def build(self, _step, _worker, _workers):
        return Part()


class Counting(StatelessSinkPartition):
    def write_batch(self, items):
        global count
        count += len(items)


class Sink(DynamicSink):
    def build(self, _step, _worker, _workers):
        return Counting()


def linear(value, low, high):
    return min(100.0, max(0.0, (value - low) / (high - low) * 100))


def parse(line):
    event = json.loads(line)
    data = event["data"]
    return data["shop"], (event["time"][:10], data["amount"] * RATES[data["currency"]], data["shipped_late"])


def step(state, event):
    days, fires = state or ({}, [False, False])
    day = date.fromisoformat(event[0]).toordinal()
    cell = days.setdefault(day, [0.0, 0, 0])
    cell[0] += event[1]
    cell[1] += 1
    cell[2] += event[2]
    week = [days[one] for one in range(day - 6, day + 1) if one in days]
    late_week = sum(one[2] for one in week) / sum(one[1] for one in week)
    score = (
        0.4 * linear(cell[0], 0, 15_000)
        + 0.2 * linear(cell[1], 0, 250)
        + 0.2 * linear(cell[0] / cell[1], 10, 120)
        + 0.2 * linear(late_week, 0.15, 0.02)
    )
    now = [late_week > 0.10, score < 40]
    begun = sum(is_now and not was for is_now, was in zip(now, fires))
    return (days, now), (score, begun)


flow = Dataflow("job")
stream = op.input("events", flow, Source())
stream = op.map("parse", stream, parse)
stream = op.stateful_map("step", stream, step)
op.output("out", stream, Sink())
start = time.process_time()
run_main(flow)
print(json.dumps({"ns": (time.process_time() - start) / count * 1e9, "events": count}))
