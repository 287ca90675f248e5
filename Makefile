# Works from everywhere (make -C, make -f) and in paths with spaces: the recipes go to this file's directory first.
# MAKEFILE_LIST is taken as one name, for make's own functions would split it at the spaces.
empty :=
space := $(empty) $(empty)
makefile := $(subst |^|,,$(subst |^|$(space),,|^|$(MAKEFILE_LIST)))
here := cd -P -- "$$(dirname -- '$(subst ','\'',$(makefile))')"
python := .venv/bin/python
run_venv := $(here) && scripts/ensure-venv run
dev_venv := $(here) && scripts/ensure-venv dev
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check walk format lock sdl explain migrations baseline bench bench-data clean
# One recipe, one shell, one exit code: and no chance of two of them in the same .venv.
.NOTPARALLEL:

help: ## Show this list
	@$(here) && awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: ## Start everything and keep it running; Ctrl-C stops it (PORT=, ANBAHN_STATE=, …: see README)
	@$(run_venv) && exec $(python) -m cli.main run

walk: ## Walk through the whole product, against what `make run` has started
	@$(run_venv) && exec $(python) -m cli.main walk $(ARGS)

# Three at once on two cores: much of the suite waits for processes to start, die and come back.
test: ## Run the tests, with PostgreSQL and Valkey of their own (ARGS="-k name" chooses)
	@$(dev_venv) && exec $(python) -m pytest -n 3 --dist loadfile $(ARGS)

check: ## Lint, format, types, who imports whom, migrations and SDL up to date
	@$(dev_venv) && \
	echo "ruff check" && $(python) -m ruff check && \
	echo "ruff format" && $(python) -m ruff format --check && \
	echo "mypy" && $(python) -m mypy && \
	echo "import-linter" && .venv/bin/lint-imports && \
	echo "migrations" && $(python) -m cli.main check-migrations && \
	echo "sdl" && $(python) -m cli.main check-sdl

format: ## Format the code and mend what can be mended
	@$(dev_venv) && $(python) -m ruff check --fix --exit-zero --quiet && $(python) -m ruff format

lock: ## Write the lock files anew from pyproject.toml (with hashes, without index addresses)
	@$(dev_venv) && \
	lock() { $(python) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header pyproject.toml "$$@"; } && \
	lock --group build --output-file requirements.lock && \
	lock --group dev --output-file requirements-dev.lock

sdl: ## Write schema/schema.graphql from the code
	@$(dev_venv) && $(python) -m cli.main sdl > schema/.schema.graphql && mv schema/.schema.graphql schema/schema.graphql

explain: ## Print the SQL and the builder that answer a query (QUERY=file.graphql VARIABLES='{"first": 10}')
	@case '$(QUERY)' in '') echo "make explain: name a file with a query, as in make explain QUERY=board.graphql" >&2; exit 2 ;; \
	  /*) file='$(QUERY)' ;; *) file='$(subst ','\'',$(CURDIR))/$(QUERY)' ;; esac; \
	$(dev_venv) && exec $(python) -m cli.main explain "$$file" $(if $(VARIABLES),--variables '$(VARIABLES)') $(ARGS)

migrations: ## Write the migrations that the models ask for
	@$(dev_venv) && exec $(python) -m cli.main makemigrations $(ARGS)

baseline: ## Write crm/migrations/baseline.sql, the schema of new databases, as the migrations have it
	@$(dev_venv) && exec $(python) -m cli.main baseline

# How much data the benchmarks work on: a size, and numbers of rows that differ from it.
SIZE ?= small
rows = --size $(SIZE) $(if $(CONTACTS),--contacts $(CONTACTS)) $(if $(ORGANIZATIONS),--organizations $(ORGANIZATIONS)) \
	$(if $(LEADS),--leads $(LEADS)) $(if $(DEALS),--deals $(DEALS))

bench: ## Time five screens beside what one would write by hand, and a peer (SIZE=, ARGS="--rounds 3")
	@$(run_venv) && exec $(python) -m bench $(rows) $(ARGS)

bench-data: ## Make their data set, unless it is there (SIZE=small, medium or large; DEALS=, LEADS=, …)
	@$(run_venv) && exec $(python) -m bench.data $(rows)

clean: ## Remove caches and the virtual environment (never the data in .anbahn)
	@$(here) && rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info && \
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
