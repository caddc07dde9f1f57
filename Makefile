# `make demo` and `make test` are all a newcomer needs; the rest is what CI runs besides.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint ner encoder fuzz chaos bench docs clean
.DEFAULT_GOAL := demo

demo: .venv/.core ## build the packaged sample
	$(BIN)/corpora build --source alexander-street --min-words 50

test: .venv/.dev ## run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: .venv/.dev ## style, types, import arrows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

ner: .venv/.core ## train the packaged recognizer anew (about 5 minutes on one core) and print its scores
	$(BIN)/python -m anonymize.ner.train

encoder: .venv/.dev ## train the sentence encoder's adapter anew (four hours on two cores)
	$(BIN)/python -m anonymize.ner.tune

fuzz: .venv/.dev ## readers on over 20,000 broken inputs (some minutes)
	CORPORA_FUZZ=1200 $(BIN)/python -m pytest -n auto tests/corpora/test_sources_fuzz.py tests/corpora/test_sources_fuzz_forms.py

docs: .venv/.dev ## these pages and the reference as a site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

chaos: .venv/.dev ## a hundred builds, each hit by something and run again (about half an hour)
	CORPORA_CHAOS=100 $(BIN)/python -m pytest tests/pipelines/test_chaos.py

bench: .venv/.dev ## peers side by side, in brief
	for name in build deid parse validate scale engines; do $(BIN)/python -m benchmarks.$$name --quick || exit 1; done

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.core: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) -e .
	touch $@

.venv/.dev: .venv/.core
	$(PIP) -e ".[dev]"
	touch $@

clean: ## remove what was installed and built here
	rm -rf .venv corpora-out build site *.egg-info
