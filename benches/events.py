"""Orders of 200 shops over 60 days, the same bytes for the same numbers: what every row of the bench reads.

Times rise; one event in a hundred comes up to 48 hours late. Shops are skewed, six currencies, twelve categories, and each
shop has one bad week with three times its late shipments.
"""

import pathlib
import random

REGIONS = [
    ("north-america", "USD", 1.0),
    ("europe", "EUR", 1.08),
    ("southeast-asia", "SGD", 0.74),
    ("japan", "JPY", 0.0066),
    ("united-kingdom", "GBP", 1.27),
    ("brazil", "BRL", 0.18),
]
PLATFORMS = ["amazon", "shopee", "lazada", "tiktok"]
CATEGORIES = [
    "home-and-kitchen",
    "consumer-electronics",
    "beauty-and-care",
    "toys-and-games",
    "sports-outdoors",
    "fashion-women",
    "fashion-men",
    "pet-supplies",
    "office-products",
    "baby-products",
    "tools-and-diy",
    "grocery",
]
DAYS = 60
DAY_MS = 86_400_000
MONTHS = [(1, 31), (2, 28), (3, 31)]
DATES = [f"2026-{month:02}-{day:02}T" for month, length in MONTHS for day in range(1, length + 1)][:DAYS]
LATE_MS = 48 * 3_600_000
RECENT = 10_000


def lines(count, shops=200, late=0.01, repeated=0.0, timed=True, seed=42):
    """The events, one JSON object a line. Those that are not timed happen when they arrive."""
    draw = random.Random(seed).random
    known = []
    for number in range(shops):
        region, currency, rate = REGIONS[number % 6]
        name = f"{PLATFORMS[number % 4]}-shop-{number:03}"
        known.append((name, region, currency, rate, 12 + 60 * draw(), 0.01 + 0.07 * draw(), int(60 * draw())))
    recent = []
    for number in range(count):
        at = number * DAYS * DAY_MS // count
        if draw() < late:
            at = max(0, at - int(draw() * LATE_MS))
        name, region, currency, rate, basket, late_rate, bad_day = known[
            int(draw() * draw() * 0.5 * shops + draw() * 0.5 * shops) % shops
        ]
        day, ms = divmod(at, DAY_MS)
        hours, ms = divmod(ms, 3_600_000)
        minutes, ms = divmod(ms, 60_000)
        seconds, ms = divmod(ms, 1_000)
        quantity = 1 + int(draw() * draw() * 5)
        amount = basket * (0.4 + 1.2 * draw()) * quantity / rate
        shipped_late = "true" if draw() < late_rate * (3.0 if bad_day <= day < bad_day + 8 else 1.0) else "false"
        category = CATEGORIES[int(draw() * 12)]
        time = f'"time":"{DATES[day]}{hours:02}:{minutes:02}:{seconds:02}.{ms:03}Z",' if timed else ""
        line = (
            f'{{"id":"ord-2026-{number:012}","source":"job","type":"order_completed",{time}'
            f'"data":{{"shop":"{name}","region":"{region}",'
            f'"category":"{category}","amount":{amount:.2f},"currency":"{currency}","qty":{quantity},"shipped_late":{shipped_late}}}}}\n'
        )
        yield line
        if repeated:
            recent.append(line)
            if len(recent) > RECENT:
                recent.clear()
            elif draw() < repeated:
                yield recent[int(draw() * len(recent))]


def file(folder, count, **stream):
    """A file of them, written once."""
    name = "-".join(["events", str(count), *(f"{key}{value}" for key, value in sorted(stream.items()))])
    path = pathlib.Path(folder) / f"{name}.ndjson"
    if not path.exists():
        fresh = path.with_suffix(".part")
        with open(fresh, "w", newline="\n") as out:
            out.writelines(lines(count, **stream))
        fresh.rename(path)
    return path
