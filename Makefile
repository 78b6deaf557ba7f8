# Plugdeck. `make run` and `make test` do all the set-up from a bare Python 3.11 with pip.
PYTHON ?= python3
SIZE ?= 100k
# Tests at a time: while one waits for a browser or a server, others work.
PARALLEL ?= 3
BIN := .venv/bin
# Tests start a hundred processes of ours; none of them compiles what another one has.
COMPILED := env -u PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX=$(CURDIR)/.venv/bytecode
.DEFAULT_GOAL := help
.PHONY: help run test soak rehearse bench check format screenshots lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Set up, migrate, load demo data into an empty database, serve on http://127.0.0.1:8000
	@$(PYTHON) deploy/bootstrap.py run
	@PLUGDECK_DEMO=1 $(BIN)/plugdeck demo
	@PLUGDECK_DEMO=1 exec $(BIN)/plugdeck serve

test: ## Set up and run the tests (unit, integration on SQLite and PostgreSQL, browser)
	@$(PYTHON) deploy/bootstrap.py dev
	@$(COMPILED) $(BIN)/pytest -n $(PARALLEL) -q --dist loadgroup

soak: ## Run what takes long: pages on PostgreSQL too, every look, then ten thousand reads while a writer writes, and the like
	@$(PYTHON) deploy/bootstrap.py dev
	@PLUGDECK_TEST_THOROUGH=1 $(COMPILED) $(BIN)/pytest -n $(PARALLEL) -q --dist loadgroup -m "thorough or wider"
	@$(COMPILED) $(BIN)/pytest -q -m soak

rehearse: ## Run two nodes, a proxy, PostgreSQL with a replica and Valkey here, and let each of them fail
	@$(PYTHON) deploy/bootstrap.py dev
	@$(BIN)/python deploy/two-nodes/rehearse.py

bench: ## Measure pages at 100,000 plugins beside a fixed page (SIZE=1k|100k|1m), then imports beside PyYAML
	@$(PYTHON) deploy/bootstrap.py dev
	@$(BIN)/python -m benchmarks --size $(SIZE)
	@$(BIN)/python -m benchmarks.imports

check: ## Lint, format, types, import contracts, templates, lock files
	@$(PYTHON) deploy/bootstrap.py dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/pytest -q -p no:cacheprovider tests/architecture

format: ## Format the Python files
	@$(PYTHON) deploy/bootstrap.py dev
	$(BIN)/ruff check --fix -q .
	$(BIN)/ruff format -q .

screenshots: ## Take the pictures in docs/screens from a fresh demo (needs Chromium; pngquant makes them small)
	@$(PYTHON) deploy/bootstrap.py dev
	@$(BIN)/python docs/take_screenshots.py

lock: ## Resolve the dependencies anew into the hashed lock files (needs uv)
	uv pip compile pyproject.toml --extra postgresql --extra valkey --group build --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --universal --python-version 3.11 -q -o requirements.lock
	uv pip compile pyproject.toml --extra postgresql --extra valkey --group build --group dev --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 -q -o requirements-dev.lock

clean: ## Remove the environment and caches; the data in instance/ stays
	rm -rf .venv dist build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
