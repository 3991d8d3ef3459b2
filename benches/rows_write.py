"""Rows about taking events in: A and B (how fast), J (how large), K (how soon it is back)."""

import os
import shutil
import subprocess
import tempfile

import events
from kit import (
    HERE,
    WORK,
    Floor,
    Service,
    alternating,
    floor,
    fresh,
    median,
    plain,
    rate,
    rulesets,
    run,
    say,
    seconds,
)

BATCH, CONNECTIONS = 1_000, 8
ROWS_A_COMMIT = 10_000
SINGLE_CONNECTIONS = 64
PYTHON = WORK / "venv/bin/python"


class Postgres:
    """A cluster of its own with stock settings. PostgreSQL does not run as root, so that another user may have to own it."""

    def __init__(self):
        installed = sorted(p for p in os.listdir("/usr/lib/postgresql") if p.isdigit())[-1]
        self.programs = f"/usr/lib/postgresql/{installed}/bin"
        self.user = "postgres" if os.getuid() == 0 else None
        self.folder = tempfile.mkdtemp(prefix="steelyard-bench-")
        if self.user:
            shutil.chown(self.folder, self.user)
        self.dsn = f"host={self.folder} user={self.user or os.environ['USER']} dbname=postgres"
        self.call("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        options = f"-k {self.folder} -c listen_addresses="
        self.call("pg_ctl", "-D", f"{self.folder}/data", "-o", options, "-l", f"{self.folder}/log", "-w", "start")

    def call(self, program, *words):
        subprocess.run([f"{self.programs}/{program}", *words], user=self.user, cwd=self.folder, check=True, capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.call("pg_ctl", "-D", f"{self.folder}/data", "-m", "fast", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def insert(self, file, count):
        said = run([PYTHON, HERE / "peers/postgres.py", "insert", self.dsn, file, count])
        return said.said["events"] / said.said["seconds"], said.others

    def single(self, clients, seconds):
        script = HERE / "peers/single.sql"
        measured = run([f"{self.programs}/pgbench", "-n", "-c", clients, "-j", 2, "-T", seconds, "-f", script, self.dsn])
        return float(measured.out.split("tps = ")[1].split()[0])


def flushes():
    """How often the disk of the bench was told to write everything down."""
    number = os.stat(WORK).st_dev
    folder = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not os.path.exists(f"{folder}/queue"):
        folder = os.path.dirname(folder)
    words = open(f"{folder}/stat").read().split()
    return int(words[15])


def a(row):
    """Batches of 1,000 events over HTTP: durable, deduplicated, aggregated, scored, alerts evaluated."""
    file, live = events.file(WORK, row.size), events.file(WORK, row.size, timed=False)

    def posted(events_file):
        with Service(fresh("a"), rulesets("live")) as service:
            return service.post(events_file, BATCH, CONNECTIONS)

    def ours():
        return posted(live)

    def history():
        return posted(file)

    def redb():
        measured = floor("rows", fresh("a-redb") / "rows.redb", row.size // ROWS_A_COMMIT * ROWS_A_COMMIT, ROWS_A_COMMIT)
        return {"per_second": measured.said["events"] / measured.said["seconds"], "others": measured.others}

    def log():
        with Floor("log", fresh("a-log") / "log") as server:
            return server.post(file, BATCH, CONNECTIONS)

    mine, past, rows, logged = alternating(row.runs, ours, history, redb, log)
    speed = lambda side: median(one["per_second"] for one in side)
    others = max(one["others"] for one in mine + past + rows + logged)
    cpu = lambda side: f"server CPU {median(one['cpu_us'] for one in side):.2f}us an event"
    row.compare("events as they happen, against redb rows, 10,000 a commit", speed(mine), speed(rows), 1.0, True, rate, others, cpu(mine))
    row.compare("60 days of history at once, against the same", speed(past), speed(rows), 1.0, True, rate, others, cpu(past))
    log_cpu = f"its CPU {median(one['cpu_us'] for one in logged):.2f}us an event"
    row.compare("against an append log behind HTTP", speed(mine), speed(logged), 0.5, True, rate, others, log_cpu)
    with Postgres() as postgres:
        inserted = [postgres.insert(file, min(row.size, 100_000)) for _ in range(row.runs)]
    others = max(others, *(one[1] for one in inserted))
    row.compare("against PostgreSQL, unnest", speed(mine), median(one[0] for one in inserted), 15, True, rate, others)


def b(row):
    """One event a request as it happens, over 64 connections, answered after the fsync."""
    file = events.file(WORK, row.size, timed=False)
    time = 5

    def ours():
        with Service(fresh("b"), rulesets("live")) as service:
            before = flushes()
            said = service.post(file, 1, SINGLE_CONNECTIONS, time)
            return {**said, "flushes": (flushes() - before) / said["events"]}

    def null():
        with Floor("null") as server:
            return server.post(file, 1, SINGLE_CONNECTIONS, time)

    mine, nothing = alternating(row.runs, ours, null)
    with Postgres() as postgres:
        postgres.insert(events.file(WORK, row.size), 1_000)
        single = [postgres.single(SINGLE_CONNECTIONS, time) for _ in range(row.runs)]
    speed = lambda side: median(one["per_second"] for one in side)
    others = max(one["others"] for one in mine + nothing)
    waits = f"p50 {median(one['p50'] for one in mine) / 1000:.2f}ms, p99 {median(one['p99'] for one in mine) / 1000:.2f}ms"
    cpu = f"server CPU {median(one['cpu_us'] for one in mine):.1f}us against {median(one['cpu_us'] for one in nothing):.1f}us"
    row.compare("against an axum server that does nothing", speed(mine), speed(nothing), 0.45, True, rate, others, f"{waits}; {cpu}")
    row.compare("against pgbench, 64 clients", speed(mine), median(single), 2.5, True, rate, others)
    row.compare("flushes of the disk for each event", median(one["flushes"] for one in mine), 1, 0.05, False, plain, others)


def j(row):
    """Bytes for each event, with its identity and everything kept of it."""
    # Cells of shops and days are a larger part of a short stream.
    size = 5 * row.size
    row.fact(f"{size:,} events in commits of whatever had queued")
    for about, timed in [("of 60 days", True), ("as they happen", False)]:
        file = events.file(WORK, size, timed=timed)
        with Service(fresh("j"), rulesets("live")) as service:
            service.post(file, BATCH, CONNECTIONS)
            written, stored = service.written_bytes(), service.stored_bytes()
        row.compare(f"stored bytes an event, {about}", stored / size, 1, 32, False, lambda value: f"{value:.1f}B")
        json = file.stat().st_size
        row.compare(f"written bytes against the JSON, {about}", written, json, 0.4, False, lambda value: f"{value / 1e6:.1f}MB")


def slices(file, count, parts):
    """The lines of a file in files of so many."""
    folder, found = fresh("slices"), []
    with open(file) as lines:
        for part in range(parts):
            found.append(folder / f"{part}.ndjson")
            with open(found[-1], "w") as out:
                out.writelines(line for _, line in zip(range(count // parts), lines))
    return found


def k(row):
    """Ready again after kill -9; what a commit costs while the file grows."""
    size = 5 * row.size
    parts = slices(events.file(WORK, size), size, 5)
    folder = fresh("k")
    service = Service(folder, rulesets("live"))
    costs = [service.post(part, BATCH, CONNECTIONS)["cpu_us"] for part in parts]
    service.kill()
    file = folder / "data/default/steelyard.redb"
    copy = fresh("k-redb") / "copy.redb"
    shutil.copy(file, copy)
    floor("dirty", copy)
    repair = floor("repair", copy)
    say(f"redb repaired all of it: {repair.said['repaired']}")
    ready = []
    for _ in range(row.runs):
        again = Service(folder)
        ready.append(again.ready_after)
        again.kill()
    about = f"{file.stat().st_size / 1e6:.0f}MB, {size:,} events"
    others = repair.others
    row.compare("ready after kill -9, against redb's full repair", median(ready), repair.said["seconds"], 0.2, False, seconds, others, about)
    row.compare("CPU of the last fifth of events against the first", costs[-1], costs[0], 1.1, False, lambda us: f"{us:.2f}us")
