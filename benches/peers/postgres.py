"""PostgreSQL in a folder of its own, stock settings: `insert DSN FILE COUNT` by unnest, 1,000 rows a commit, the id as primary key."""

import json
import sys
import time

import psycopg

COLUMNS = {
    "id": "text",
    "time": "text",
    "type": "text",
    "shop": "text",
    "region": "text",
    "category": "text",
    "amount": "float8",
    "currency": "text",
    "qty": "int",
    "shipped_late": "bool",
}
BATCH = 1_000


def main():
    dsn, file, count = sys.argv[2], sys.argv[3], int(sys.argv[4])
    rows = []
    for _, line in zip(range(count), open(file)):
        event = json.loads(line)
        fields = {**event, **event["data"]}
        rows.append([fields[name] for name in COLUMNS])
    db = psycopg.connect(dsn, autocommit=True)
    columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    db.execute(f"DROP TABLE IF EXISTS event; CREATE TABLE event ({columns}, PRIMARY KEY (id))")
    insert = f"INSERT INTO event SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in COLUMNS.values())})"
    batches = [[list(column) for column in zip(*rows[at : at + BATCH])] for at in range(0, count, BATCH)]
    start = time.perf_counter()
    for batch in batches:
        db.execute(insert, batch)
    took = time.perf_counter() - start
    # What each of the rows of pgbench goes to.
    db.execute(f"DROP TABLE IF EXISTS single; CREATE TABLE single ({columns})")
    print(json.dumps({"seconds": took, "events": count}))


main()
