"""What all rows of the bench use: commands that are measured, the service, the quiet of the machine, ratios.

1. `run` measures a command: wall clock, CPU seconds of it and its children, memory, and what the rest of the machine did.
2. `Service` is a Steelyard with a ruleset, `Floor` a server that does as little as can be done.
3. `alternating` runs both sides in turn, so that whatever else the machine does happens to both.
4. `Row.compare` makes a ratio of medians. Where both sides wait for the disk it counts only on a quiet machine.
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parents[1]
HERE = ROOT / "benches"
WORK = ROOT / "target/bench"
TICKS = os.sysconf("SC_CLK_TCK")
# Above so many cores of other work, what waits for the disk is not compared.
OTHERS_MAX = 0.2

binaries = {}


def build():
    """Builds the service and the benches in release, at once; remembers where they lie."""
    benches = [word for name in ["floor", "inside", "alert_latency"] for word in ("--bench", name)]
    command = [os.environ.get("CARGO", "cargo"), "bench", "--no-run", *benches, "--message-format", "json-render-diagnostics"]
    told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    for message in map(json.loads, told.splitlines()):
        if message.get("executable"):
            binaries[message["target"]["name"]] = message["executable"]


def busy_seconds():
    """CPU seconds that the whole machine has worked."""
    words = open("/proc/stat").readline().split()[1:]
    user, nice, system, _idle, _wait, irq, softirq = (int(word) for word in words[:7])
    return (user + nice + system + irq + softirq) / TICKS


@dataclass
class Measured:
    wall: float
    cpu: float
    rss_mb: float
    others: float
    out: str

    @property
    def said(self):
        """What the command printed: one JSON object."""
        return json.loads(self.out.splitlines()[-1])


def run(command, cwd=None, user=None):
    """Runs a command to its end and measures it."""
    before, start = busy_seconds(), time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, user=user
    )
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    out = process.stdout.read()
    reader.join()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}: {errors[0][-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    others = max(0.0, (busy_seconds() - before - cpu) / wall)
    return Measured(wall, cpu, usage.ru_maxrss / 1024, others, out)


def floor(*words):
    return run([binaries["floor"], *words])


def inside(*words):
    return run([binaries["inside"], *words])


def fresh(name):
    """An empty folder."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


class Server:
    """A process that serves HTTP, and what the system knows of it."""

    def __init__(self, process, address):
        self.process, self.address = process, address

    def cpu(self):
        words = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / TICKS

    def memory_mb(self):
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def written_bytes(self):
        io = open(f"/proc/{self.process.pid}/io").read()
        return int(io.split("\nwrite_bytes:")[1].split()[0])

    def ask(self, method, path, body=None, kind="application/json"):
        host, port = self.address.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=900)
        connection.request(method, path, body, {"content-type": kind} if body else {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]}")
        return text

    def post(self, events, batch, connections, seconds=0, per_second=0):
        """Sends the events of a file; tells what the load saw and what the server used for it."""
        before = self.cpu()
        measured = floor("post", self.address, "/v1/events", events, connections, batch, seconds, per_second)
        said = measured.said
        used = self.cpu() - before
        if said["refused"]:
            raise RuntimeError(f"{said['refused']} requests were refused")
        said["per_second"] = said["events"] / said["seconds"]
        said["cpu_us"] = used / max(said["events"], 1) * 1e6
        said["others"] = max(0.0, measured.others - used / measured.wall)
        return said

    def stop(self):
        if self.process.stdin:
            self.process.stdin.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Service(Server):
    """Steelyard on a folder of its own, ready, with rulesets active."""

    def __init__(self, folder, rulesets=(), **settings):
        flags = [word for key, value in settings.items() for word in (f"--{key.replace('_', '-')}", str(value))]
        log = open(folder / "log", "w")
        self.folder = folder
        started = time.perf_counter()
        command = [binaries["steelyard"], "serve", "--listen", "127.0.0.1:0", "--data", str(folder / "data"), "--lang", "en", *flags]
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "RUST_LOG": "error"})
        super().__init__(process, self.told(folder / "log", process))
        self.ask("GET", "/readyz")
        self.ready_after = time.perf_counter() - started
        for text in rulesets:
            self.put(text)

    @staticmethod
    def told(log, process):
        while process.poll() is None:
            if "http://" in (text := log.read_text()):
                return text.split("http://")[1].split()[0]
            time.sleep(0.002)
        raise RuntimeError(f"the service did not start: {log.read_text()}")

    def put(self, text):
        """Puts a ruleset and makes it count; gives the answer of the activation."""
        name, version = text.split("ruleset ", 1)[1].split()[:2]
        self.ask("POST", "/v1/rulesets", text, "text/plain")
        return json.loads(self.ask("POST", f"/v1/rulesets/{name}/{version}/activate", "{}"))

    def stored_bytes(self):
        files = [path for path in (self.folder / "data").rglob("*") if path.is_file()]
        return sum(path.stat().st_blocks * 512 for path in files)


class Floor(Server):
    """A server that does next to nothing."""

    def __init__(self, *words):
        process = subprocess.Popen(
            [binaries["floor"], "serve", *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        super().__init__(process, process.stdout.readline().strip())


def ruleset(name):
    return (HERE / "rulesets" / f"{name}.kpi").read_text()


def rulesets(*names):
    return [ruleset(name) for name in names]


def alternating(runs, *sides):
    """Runs every side in turn, so many times; the results by side."""
    found = [[] for _ in sides]
    for _ in range(runs):
        for results, side in zip(found, sides):
            results.append(side())
    return found


def median(values):
    return statistics.median(values)


@dataclass
class Line:
    """A ratio and what it should be."""

    row: str
    about: str
    ratio: float
    goal: float
    least: bool
    ours: str
    base: str
    notes: str = ""
    valid: bool = True

    @property
    def verdict(self):
        if not self.valid:
            return "busy"
        return "met" if (self.ratio >= self.goal if self.least else self.ratio <= self.goal) else "missed"

    def __str__(self):
        goal = f"{self.goal:g}" if self.least else f"<{self.goal:g}"
        text = f"{self.row} ratio={self.ratio:.2f} goal={goal} ours={self.ours} base={self.base} {self.verdict}"
        return f"{text} ({self.about}{'; ' + self.notes if self.notes else ''})"


@dataclass
class Row:
    """One row of the bench with its lines and, for the plots, its points."""

    name: str
    size: int
    runs: int
    lines: list = field(default_factory=list)
    plots: list = field(default_factory=list)
    facts: list = field(default_factory=list)
    failed: str = ""

    def compare(self, about, ours, base, goal, least, shown, others=None, notes=""):
        """Adds a ratio of ours to the base. `others`: what else worked, when both sides wait for the disk."""
        line = Line(self.name, about, ours / base if base else float("inf"), goal, least, shown(ours), shown(base), notes)
        if others is not None and others > OTHERS_MAX:
            line.notes = "; ".join(filter(None, [line.notes, f"other work used {others:.1f} cores: not compared"]))
            line.valid = False
        self.lines.append(line)
        print(line, flush=True)

    def faster(self, about, ours, base, goal, notes="", shown=None):
        """How many times faster than the base ours is: the base's time over ours."""
        shown = shown or seconds
        line = Line(self.name, about, base / ours, goal, True, shown(ours), shown(base), notes)
        self.lines.append(line)
        print(line, flush=True)

    def fact(self, text):
        """Something that is reported beside the ratios."""
        self.facts.append(text)
        print(f"{self.name} {text}", flush=True)


def seconds(value):
    return f"{value:.3f}s" if value >= 0.1 else f"{value * 1e3:.2f}ms"


def rate(value):
    return f"{value:,.0f}/s"


def micros(value):
    return f"{value:,.0f}us" if value >= 10 else f"{value:.2f}us"


def nanos(value):
    return f"{value:,.1f}ns"


def plain(value):
    return f"{value:,.2f}"


def say(text):
    print(f"-- {text}", file=sys.stderr, flush=True)
