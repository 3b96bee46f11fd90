# Two commands matter: `make book` builds the site, `make test` runs all that guards main.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export IPYTHONDIR := $(CURDIR)/book/ipython
export PYTHONHASHSEED := 0

.PHONY: book reproducible pdf serve test lint check-data harmonise bench lock clean help

help: ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/ready: requirements.lock pyproject.toml book/environment.py
	$(PYTHON) book/environment.py $(VENV)
	@touch $@

book: $(VENV)/ready ## Build the website into _build/html
	PYTHONPATH=book/quick $(BIN)/python book/build.py

serve: $(VENV)/ready ## Look at the built website on localhost
	$(BIN)/python book/serve.py

pdf: book ## Print the website to _build/book.pdf, its registers to book-appendix.pdf
	$(BIN)/python book/pdf.py

test: $(VENV)/ready ## Run everything that guards main
	$(BIN)/python book/chromium.py
	$(BIN)/ruff format --check src book tests bench
	$(BIN)/ruff check src book tests bench
	$(BIN)/mypy
	$(BIN)/python -m secretome check-data
	$(BIN)/zizmor --offline --quiet .github/workflows
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	PYTHONPATH=book/quick $(BIN)/python book/build.py --clean
	$(BIN)/python -m pytest -n 2 --dist loadfile

check-data: $(VENV)/ready ## List every mistake in data/
	$(BIN)/python -m secretome check-data data

harmonise: $(VENV)/ready ## Compute the columns of data/ that code computes
	$(BIN)/python book/harmonise.py

bench: $(VENV)/ready ## Measure build, import, page weight and explorer; keep the figures
	$(BIN)/python bench/run.py

reproducible: $(VENV)/ready ## Build the last commit twice and compare every byte
	$(BIN)/python book/reproducible.py

lock: $(VENV)/ready ## Pin every dependency again, with hashes
	$(BIN)/python book/environment.py --lock

clean: ## Remove what the build made
	rm -rf _build
