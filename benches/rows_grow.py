"""Rows about growth: I (memory of a series), L (cost of an event as the work grows)."""

import events
from kit import WORK, Service, fresh, ruleset, rulesets

BATCH, CONNECTIONS = 1_000, 8
RULESETS = [1, 4, 16, 64]
SERIES = [100, 1_000, 10_000, 100_000]
LATE = [0.01, 0.1, 0.5]
REPEATED = [0.0, 0.1, 0.3]


def memory(size, shops):
    with Service(fresh("i"), rulesets("live"), scopes_max=2 * shops + 1_000) as service:
        service.post(events.file(WORK, size, shops=shops), BATCH, CONNECTIONS)
        return service.memory_mb()


def i(row):
    """What a live series takes: the same number of events over few and over many series."""
    few, many = 1_000, row.size // 4
    ours = (memory(row.size, many) - memory(row.size, few)) * (1 << 20) / (many - few)
    row.compare(f"memory of a series, {many:,} of them", ours, 1, 512, False, lambda value: f"{value:,.0f}B")
    row.fact(f"{memory(row.size, many):,.0f}MB in all with {row.size:,} events")


def cost(size, rulesets_count=1, **stream):
    """CPU of the service for each event, in microseconds."""
    texts = [ruleset("live").replace("ruleset live", f"ruleset live_{number}") for number in range(rulesets_count)]
    with Service(fresh("l"), texts, scopes_max=2_000_000) as service:
        return service.post(events.file(WORK, size, **stream), BATCH, CONNECTIONS)["cpu_us"]


def l(row):  # noqa: E741
    """One thing grows at a time. At most linear: what is k times as much costs at most k times as much for each event."""
    size = min(row.size // 4, 20_000)
    swept = [
        ("rulesets", RULESETS, lambda count: cost(size, count)),
        ("series", SERIES, lambda count: cost(max(size, 2 * count), shops=count)),
        ("late events, %", [100 * late for late in LATE], lambda late: cost(size, late=late / 100)),
        ("repeated events, %", [100 * part for part in REPEATED], lambda part: cost(size, repeated=part / 100)),
    ]
    for name, values, measure in swept:
        costs = [measure(value) for value in values]
        row.plots.append((name, values, costs))
        # Series, late and repeated events do not add work to an event; rulesets do.
        allowed = values[-1] / values[0] if name == "rulesets" else 2.0
        about = f"CPU of an event, {name} from {values[0]:g} to {values[-1]:g}"
        row.compare(about, costs[-1], costs[0], allowed, False, lambda us: f"{us:.1f}us")
