"""The job in DuckDB: `json FILE` straight from the file, `table FILE RUNS` from a tuned table. Prints the time of the query alone.

The table has the day as DATE, shop and currency as ENUM; its loading is not timed.
"""

import json
import resource
import statistics
import sys
import time

import duckdb

RATE = """CASE currency WHEN 'USD' THEN 1.0 WHEN 'EUR' THEN 1.08 WHEN 'SGD' THEN 0.74
    WHEN 'JPY' THEN 0.0066 WHEN 'GBP' THEN 1.27 ELSE 0.18 END"""
JOB = f"""
WITH days AS (
  SELECT shop, {{day}} AS day, sum(amount * {RATE}) AS gmv, count(*) AS orders, sum(CASE WHEN shipped_late THEN 1 ELSE 0 END) AS late
  FROM {{source}} GROUP BY 1, 2),
measured AS (
  SELECT shop, day, gmv, orders, gmv / orders AS basket, (sum(late) OVER week) * 1.0 / (sum(orders) OVER week) AS late_week
  FROM days WINDOW week AS (PARTITION BY shop ORDER BY day RANGE BETWEEN INTERVAL 6 DAYS PRECEDING AND CURRENT ROW)),
scored AS (
  SELECT *, 0.4 * greatest(0, least(100, gmv / 15000.0 * 100)) + 0.2 * greatest(0, least(100, orders / 250.0 * 100))
    + 0.2 * greatest(0, least(100, (basket - 10) / 110.0 * 100)) + 0.2 * greatest(0, least(100, (late_week - 0.15) / (-0.13) * 100)) AS score
  FROM measured),
judged AS (
  SELECT *, (late_week > 0.10 AND NOT coalesce(lag(late_week) OVER earlier > 0.10, false)) AS is_late,
    (score < 40 AND NOT coalesce(lag(score) OVER earlier < 40, false)) AS is_low
  FROM scored WINDOW earlier AS (PARTITION BY shop ORDER BY day))
SELECT count(*), sum(gmv), sum(score), count(*) FILTER (is_late), count(*) FILTER (is_low) FROM judged"""
FILE = """(SELECT data.shop AS shop, time, data.amount AS amount, data.currency AS currency, data.shipped_late AS shipped_late
  FROM read_json('{file}', format = 'newline_delimited', columns = {{time: 'VARCHAR',
    data: 'STRUCT(shop VARCHAR, amount DOUBLE, currency VARCHAR, shipped_late BOOLEAN)'}}))"""


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def timed(db, query, runs):
    took, used = [], []
    for _ in range(runs):
        start, before = time.perf_counter(), cpu()
        rows, gmv, score, late, low = db.execute(query).fetchone()
        took.append(time.perf_counter() - start)
        used.append(cpu() - before)
    check = f"{rows} rows, sum(gmv)={gmv:.2f}, sum(score)={score:.2f}, late alerts={late}, score alerts={low}"
    return {"seconds": statistics.median(took), "cpu": statistics.median(used), "check": check}


def main():
    how, file = sys.argv[1:3]
    db = duckdb.connect()
    db.execute("SET threads = 2")
    source = FILE.format(file=file)
    if how == "json":
        print(json.dumps(timed(db, JOB.format(day="CAST(substr(time, 1, 10) AS DATE)", source=source), 1)))
        return
    db.execute(f"CREATE TABLE raw AS SELECT * FROM {source}")
    db.execute("CREATE TYPE shops AS ENUM (SELECT DISTINCT shop FROM raw ORDER BY 1)")
    db.execute("CREATE TYPE currencies AS ENUM (SELECT DISTINCT currency FROM raw ORDER BY 1)")
    db.execute("""CREATE TABLE event AS SELECT CAST(substr(time, 1, 10) AS DATE) AS day, shop::shops AS shop, amount,
        currency::currencies AS currency, shipped_late FROM raw""")
    print(json.dumps(timed(db, JOB.format(day="day", source="event"), int(sys.argv[3]))))


main()
