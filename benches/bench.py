"""Steelyard beside what it is measured against, every ratio within one run. `make bench` calls this.

1. The service and the benches are built in release; the peers stand in a virtual environment under `target/bench`.
2. Every row of ROWS (all, when empty) makes its comparisons: both sides in turn, RUNS times, medians.
3. A line is printed for each comparison, in the end the table of all of them.
4. A run of all rows writes `docs/performance.md` with the machine, the date and the plots.

SIZE is the number of events; 2,000,000 is what DuckDB and the prototypes are at home with, fewer run in minutes.
"""

import argparse
import shutil
import sys
import time

import kit
import report
import rows_answer
import rows_compute
import rows_grow
import rows_write

ROWS = {
    "A": (rows_write.a, "batches of 1,000 events over HTTP, durable, deduplicated, scored, alerts evaluated"),
    "B": (rows_write.b, "one event a request, 64 connections, answered after the fsync"),
    "C": (rows_compute.c, "`replay` from JSON lines"),
    "D": (rows_compute.d, "a new ruleset over stored events"),
    "E": (rows_compute.e, "one event through cells, score and alerts"),
    "F": (rows_compute.f, "a score of four KPIs"),
    "G": (rows_answer.g, "from an event to its webhook"),
    "H": (rows_answer.h, "reading a KPI over HTTP"),
    "I": (rows_grow.i, "memory of a series"),
    "J": (rows_write.j, "bytes of an event"),
    "K": (rows_write.k, "ready after kill -9"),
    "L": (rows_grow.l, "the cost of an event as the work grows"),
}


def main():
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--rows", default="", help="A,C: only these")
    flags.add_argument("--size", type=int, default=200_000, help="how many events")
    flags.add_argument("--runs", type=int, default=3, help="how often each side runs")
    asked = flags.parse_args()
    wanted = [name.strip().upper() for name in asked.rows.split(",") if name.strip()] or list(ROWS)
    if unknown := [name for name in wanted if name not in ROWS]:
        sys.exit(f"there is no row {', '.join(unknown)}: {', '.join(ROWS)}")
    kit.WORK.mkdir(parents=True, exist_ok=True)
    kit.build()
    done, start = [], time.monotonic()
    for name in wanted:
        work, _ = ROWS[name]
        row = kit.Row(name, asked.size, asked.runs)
        begun = time.monotonic()
        try:
            work(row)
        except Exception as error:  # One row that breaks must not take the others with it.
            row.failed = f"{type(error).__name__}: {error}"
            print(f"{name} failed: {row.failed}", flush=True)
        kit.say(f"{name} took {time.monotonic() - begun:.0f}s")
        done.append(row)
    for folder in kit.WORK.iterdir():
        if folder.is_dir() and folder.name != "venv":
            shutil.rmtree(folder)
    print(f"\n{report.table(done)}\n\n{time.monotonic() - start:.0f} s")
    if wanted == list(ROWS):
        report.write(done, {name: about for name, (_, about) in ROWS.items()}, asked)
    sys.exit(any(row.failed for row in done))


main()
