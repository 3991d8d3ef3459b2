"""What `make bench` leaves: a table for the terminal, `docs/performance.md` with what `profile.md` says of each row, and plots.

The plots are SVG of our own making: one line in a frame, both axes from zero or, where values span decades, the first one
by its order.
"""

import datetime
import math
import os
import pathlib
import platform
import subprocess

import kit

HEADER = ["row", "comparison", "ratio", "goal", "ours", "base", ""]
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 420, 240, 64, 40, 28


def cells(line):
    goal = f">= {line.goal:g}" if line.least else f"<= {line.goal:g}"
    return [line.row, line.about, f"{line.ratio:.2f}", goal, line.ours, line.base, line.verdict]


def table(rows):
    found = [HEADER, *(cells(line) for row in rows for line in row.lines)]
    widths = [max(len(one[at]) for one in found) for at in range(len(HEADER))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(one, widths)).rstrip() for one in found)


def machine():
    """One line about what it ran on."""
    info = open("/proc/cpuinfo").read()
    model = next((line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name")), "unknown")
    memory = int(open("/proc/meminfo").readline().split()[1]) / (1 << 20)
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    return f"{os.cpu_count()} x {model}, {memory:.0f} GiB, Linux {platform.release()}, {rust}"


def plot(title, values, costs):
    """An SVG of costs over values."""
    decades = min(values) > 0 and max(values) / min(values) >= 50
    place = (lambda value: math.log(value / values[0])) if decades else (lambda value: value)
    span, most = place(values[-1]) or 1, max(costs) * 1.15
    x = lambda value: LEFT + (WIDTH - LEFT - 24) * place(value) / span
    y = lambda cost: HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * cost / most
    points = [(x(value), y(cost), value, cost) for value, cost in zip(values, costs)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="16" font-size="13">{title}</text>',
        f'<path d="M{LEFT} {TOP} V{HEIGHT - BOTTOM} H{WIDTH - 16}" fill="none" stroke="#888"/>',
        f'<text x="8" y="{TOP + 4}">{most / 1.15:.0f} us</text><text x="{LEFT - 16}" y="{HEIGHT - BOTTOM}">0</text>',
        f'<polyline fill="none" stroke="#1f5fa8" stroke-width="2" points="{" ".join(f"{px:.1f},{py:.1f}" for px, py, _, _ in points)}"/>',
    ]
    for px, py, value, cost in points:
        parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="#1f5fa8"/>')
        parts.append(f'<text x="{px:.1f}" y="{py - 8:.1f}" text-anchor="middle">{cost:.1f}</text>')
        parts.append(f'<text x="{px:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{value:,.0f}</text>')
    return "\n".join([*parts, "</svg>\n"])


def whys():
    """What was found by profiling, row by row: where the time goes, and what it would take to reach the goal."""
    parts = (kit.HERE / "profile.md").read_text().split("\n## ")[1:]
    return {part.split("\n", 1)[0].strip(): part.split("\n", 1)[1].strip() for part in parts}


def write(rows, abouts, asked):
    docs = kit.ROOT / "docs"
    plots = docs / "performance"
    plots.mkdir(exist_ok=True)
    text = [
        "# Performance",
        "",
        "`make bench` wrote this page: every ratio within one run, both sides in turn, medians.",
        "",
        f"- Machine: {machine()}",
        f"- Date: {datetime.date.today()}",
        f"- Events: {asked.size:,}; runs of each side: {asked.runs}",
        "- The times are those of this run on this machine; only the ratios say something.",
        "- `busy`: both sides wait for the disk and something else worked at the same time, so that the ratio does not count.",
        "",
    ]
    explained = whys()
    for row in rows:
        text += [f"## {row.name}: {abouts[row.name]}", ""]
        if row.failed:
            text += [f"It failed: {row.failed}", ""]
        if row.lines:
            text += ["| comparison | ratio | goal | ours | base | | |", "|---|---|---|---|---|---|---|"]
            for line in row.lines:
                _, about, ratio, goal, ours, base, verdict = cells(line)
                text.append(f"| {about} | {ratio} | {goal.replace('<=', 'at most').replace('>=', 'at least')} | {ours} | {base} | {verdict} | {line.notes} |")
            text.append("")
        text += [f"- {fact}" for fact in row.facts] + ([""] if row.facts else [])
        for name, values, costs in row.plots:
            file = plots / f"{pathlib.PurePath(name.split(',')[0].replace(' ', '_'))}.svg"
            file.write_text(plot(f"CPU of an event over {name}", values, costs))
            text.append(f"![{name}](performance/{file.name})")
        text += [""] if row.plots else []
        if row.name in explained:
            text += ["Where it goes, and what it would take:", "", explained[row.name], ""]
    (docs / "performance.md").write_text("\n".join(text).rstrip() + "\n")
