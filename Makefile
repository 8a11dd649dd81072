# run: the app · test: all tests · check: style, types, architecture · bench, bench-maps: speed, beside peers · chaos, load: a full class
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
WORKERS ?= 2
# What a busy machine disturbs comes after the rest, one test at a time.
ONE_BY_ONE := browser or alone

.PHONY: run test check bench bench-maps chaos load clean
.DEFAULT_GOAL := run

run: $(VENV)/app.installed
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/dev.installed
	$(BIN)/python -m tests.browser.chromium
	failed=0; \
	$(BIN)/python -m pytest -m "not ($(ONE_BY_ONE))" -n $(WORKERS) --dist loadfile || failed=1; \
	$(BIN)/python -m pytest -m "$(ONE_BY_ONE)" || failed=1; \
	exit $$failed

check: $(VENV)/dev.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_architecture.py

$(VENV)/app.installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Autoencoder Lab needs Python 3.11 or newer, this is %d.%d; name another with: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --quiet --progress-bar on -r requirements.txt
	touch $@

$(VENV)/dev.installed: requirements-dev.txt $(VENV)/app.installed
	$(BIN)/pip install --disable-pip-version-check --quiet -r requirements-dev.txt
	touch $@

bench: $(VENV)/dev.installed .venv-bench/installed
	.venv-bench/bin/python -m benchmarks.training
	.venv-bench/bin/python -m benchmarks.variants
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m benchmarks.start

bench-maps: $(VENV)/dev.installed
	$(BIN)/python -m tests.browser.chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.maps

# The peers' packages lie apart, over the app's own, so that they can never become needs of the app.
.venv-bench/installed: requirements.txt benchmarks/requirements.txt $(VENV)/app.installed
	$(BIN)/python -m venv .venv-bench
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > .venv-bench/app.path
	cp .venv-bench/app.path "$$(.venv-bench/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/app.pth"
	.venv-bench/bin/pip install --disable-pip-version-check --quiet -c requirements.txt -r benchmarks/requirements.txt
	touch $@

chaos: $(VENV)/dev.installed
	$(BIN)/python -m tests.chaos --minutes 60

load: $(VENV)/dev.installed
	$(BIN)/python -m benchmarks.load

clean:
	rm -rf $(VENV) .venv-bench .mypy_cache .pytest_cache .ruff_cache
