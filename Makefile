# make demo        builds Steelyard and shows a year of generated shops: scores, alerts, signed webhooks
# make test        format, lints, all tests, the rulesets' own tests
# make acceptance  real data against DuckDB (STEELYARD_SHARED is the folder that holds data/, default ../shared)
# make tools       installs only what the tests compare with
# make baseline    accepts the instruction counts of now: make test fails when they grow by more than 5 %
# make sim         simulates the way of an alert with failures of everything, SEEDS=200 times; SEED=7 shows one of them
# make fuzz        random formulas and rulesets: FORMULAS=1000000 PROGRAMS=100000; SEED=7 repeats one of each kind
# make lock        pins the packages of the rulesets anew, after one of them has changed
# make handbook    writes docs/handbook/ from the rulesets, in English and Chinese
# make bench       everything beside what it is measured against: ROWS=C,F only those, SIZE=2000000 events; writes docs/performance.md

CARGO            ?= cargo
PYTHON           ?= python3
NPM              ?= npm
STEELYARD_SHARED ?= ../shared
FAST             := target/release/steelyard
RULESETS         := $(wildcard examples/*/*.kpi rulesets/*.kpi rulesets/*/*.kpi)

SEEDS            ?= 1000
FORMULAS         ?= 1000000
PROGRAMS         ?= 100000
ROWS             ?=
SIZE             ?= 200000
RUNS             ?= 5

export STEELYARD_SHARED

.PHONY: demo test lock handbook sim fuzz tools alertmanager postgresql valgrind acceptance bench baseline

demo:
	$(CARGO) build --release --bin steelyard
	$(FAST) demo $(ARGS)

test: tools
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) test
	$(CARGO) test --quiet --test count -- --check
	$(CARGO) build --release --bin steelyard
	$(FAST) fmt --check $(RULESETS)
	$(FAST) --package-path rulesets check $(RULESETS)
	$(FAST) --package-path rulesets test --coverage --min-coverage 100% --mutate --min-score 95% $(RULESETS) src/cli/starter.kpi src/cli/starter.zh.kpi

lock:
	$(CARGO) build --release --bin steelyard
	$(FAST) --package-path rulesets lock $(shell grep -l '^use ' $(RULESETS))

handbook:
	$(CARGO) build --release --bin steelyard
	for file in $(filter-out rulesets/feeds/%,$(wildcard rulesets/*.kpi rulesets/*/*.kpi)); do \
		for lang in en zh; do $(FAST) --package-path rulesets --lang $$lang doc --own --out docs/handbook $$file || exit 1; done; \
	done

acceptance: .tools/venv/ready
	$(CARGO) build --release --bin steelyard
	.tools/venv/bin/python tests/acceptance/online_retail.py --steelyard $(FAST)

sim:
	$(CARGO) test --quiet --test sim -- $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

fuzz:
	$(CARGO) test --release --quiet --test fuzz -- $(if $(SEED),--seed $(SEED),--formulas $(FORMULAS) --programs $(PROGRAMS))

# What the instruction counts of `make test` are compared with.
baseline: valgrind
	$(CARGO) test --quiet --test count -- --write

bench: postgresql target/bench/venv/ready
	$(CARGO) bench --bench check
	CARGO=$(CARGO) target/bench/venv/bin/python benches/bench.py --rows "$(ROWS)" --size $(SIZE) --runs $(RUNS)

# The peers of the bench.
target/bench/venv/ready: benches/requirements.txt
	$(PYTHON) -m venv target/bench/venv
	target/bench/venv/bin/pip install --quiet --disable-pip-version-check -r benches/requirements.txt
	touch $@

postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -q && apt-get install -q -y --no-install-recommends postgresql; \
	else \
		echo "Install PostgreSQL (Debian: apt-get install postgresql): the bench compares with it." >&2; \
		exit 1; \
	fi

tools: .tools/venv/ready .tools/node/ready alertmanager valgrind

# Foreign tools that the tests compare with, in a place of their own.
.tools/venv/ready: tests/requirements.txt
	$(PYTHON) -m venv .tools/venv
	.tools/venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

# What VS Code colours texts with.
.tools/node/ready: tests/foreign/package.json
	mkdir -p .tools/node
	cp tests/foreign/package.json .tools/node/
	$(NPM) install --prefix .tools/node --silent --no-audit --no-fund
	touch $@

# Prometheus Alertmanager, to which the tests really deliver.
alertmanager:
	@command -v prometheus-alertmanager >/dev/null || command -v alertmanager >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -q && apt-get install -q -y --no-install-recommends prometheus-alertmanager; \
	else \
		echo "Install Prometheus Alertmanager (Debian: apt-get install prometheus-alertmanager): the tests need prometheus-alertmanager or alertmanager on PATH." >&2; \
		exit 1; \
	fi

# Counts the instructions of tests/count.
valgrind:
	@command -v valgrind >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -q && apt-get install -q -y --no-install-recommends valgrind; \
	else \
		echo "Install valgrind (Debian: apt-get install valgrind): the tests count instructions with it." >&2; \
		exit 1; \
	fi
