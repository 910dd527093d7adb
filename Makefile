# Everything runs from a fresh clone: each target sets up what it needs in .venv*.
PYTHON ?= python3
BIN := .venv/bin
export PYTHONPATH := .
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

.PHONY: help setup demo picture up down test lint scan update unit functional e2e bench soak clean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

setup: .venv/ready .venv-sam/ready .venv-lambda/ready .venv-scan/ready ## install everything below .venv*

.venv/ready: requirements.txt functions/requirements.txt
	@echo "Setting up .venv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check $$(grep -o '^uv==[0-9.]*' requirements.txt)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt
	@# Not installed as a package: MiniStack runs the functions with this Python, and they must find only what was built.
	@printf '#!/bin/sh\nPYTHONPATH="%s:%s/functions" exec "%s/$(BIN)/python" -m p1_retrain "$$@"\n' \
		"$(CURDIR)" "$(CURDIR)" "$(CURDIR)" > $(BIN)/p1-retrain && chmod +x $(BIN)/p1-retrain
	@touch $@

.venv-sam/ready: requirements-sam.txt .venv/ready
	@echo "Setting up .venv-sam ..."
	@$(PYTHON) -m venv .venv-sam
	@$(BIN)/uv pip install --quiet --python .venv-sam/bin/python -r requirements-sam.txt
	@touch $@

.venv-scan/ready: requirements-scan.txt .venv/ready
	@echo "Setting up .venv-scan ..."
	@$(PYTHON) -m venv .venv-scan
	@$(BIN)/uv pip install --quiet --python .venv-scan/bin/python -r requirements-scan.txt
	@touch $@

# With the functions' Python if this machine has it, also as one of pyenv's versions; else with the one in .venv.
.venv-lambda/ready: requirements-lambda.txt .venv/ready
	@python=$$(PYENV_VERSION=3.13 python3.13 -c 'import sys; print(sys.executable)' 2>/dev/null || echo $(BIN)/python); \
		echo "Setting up .venv-lambda with $$($$python --version) ..."; \
		$(BIN)/uv venv --quiet --clear --python "$$python" .venv-lambda
	@$(BIN)/uv pip install --quiet --python .venv-lambda/bin/python -r requirements-lambda.txt
	@touch $@

demo: setup ## land a real file on a local stack, show each step until its model is live, then stop everything
	@$(BIN)/python -m local.demo

picture: setup ## draw the pictures and outputs in README.md and docs/command-line.md
	@$(BIN)/python -m local.demo --picture docs/demo.svg
	@PYTHONPATH=.:functions $(BIN)/python -m local.operator_pictures

up: setup ## start the same stack and leave it running
	@$(BIN)/python -m local.up up

down: setup ## stop it
	@$(BIN)/python -m local.up down

test: lint scan unit functional e2e ## everything that CI runs

lint: setup ## style, types, imports, template
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy functions p1_retrain local tests benchmarks
	PYTHONPATH=functions $(BIN)/lint-imports --no-cache
	$(BIN)/cfn-lint --append-rules cfn_lint_serverless.rules --template template.yaml
	.venv-sam/bin/sam validate --lint

# Permissive licences, and Mozilla's, which asks only that changes to its own files are published.
LICENCES := Apache Software License;BSD License;BSD-3-Clause;MIT;MIT License;MIT No Attribution License (MIT-0);Mozilla \
	Public License 2.0 (MPL 2.0);PSF-2.0

scan: setup ## known weaknesses in the template, secrets in files and history, licences, an SBOM, pins, and who may do what
	.venv-scan/bin/checkov --config-file .checkov.yaml
	@# Lines that can hold no secret are passed over at once: the same findings, sooner.
	DETECT_SECRETS_PERF_PREGATE=1 .venv-scan/bin/python -m local.scan.leaks
	@mkdir -p build
	@# By a link without a space: pip-licenses cuts the paths of that Python at each one.
	@link=$$(mktemp -d) && ln -s "$(CURDIR)/.venv" $$link/venv && \
		.venv-scan/bin/pip-licenses --python $$link/venv/bin/python --from mixed --allow-only "$(LICENCES)" \
		--packages $$(grep -oE '^[a-z0-9_-]+' functions/requirements.txt) --format json --output-file build/licences.json; \
		code=$$?; rm -r $$link; exit $$code
	.venv-scan/bin/python -m local.scan.sbom functions/requirements.txt build/licences.json build/sbom.json
	$(BIN)/pytest tests/unit/test_pins.py tests/unit/test_permissions_page.py::test_page_shows_the_policies_as_they_are

update: setup ## raise the pins of what is deployed, with their hashes, run the tests, and show the difference
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		$(if $(KEEP),,--upgrade) functions/requirements.in --output-file functions/requirements.txt
	@$(MAKE) test; tested=$$?; \
		git --no-pager diff --unified=0 functions/requirements.txt | grep -E '^[-+][a-z]' || echo "Nothing newer."; exit $$tested

unit: setup ## tests without network
	$(BIN)/pytest tests/unit

functional: setup ## one function against real parts
	$(BIN)/pytest -n 3 tests/functional

e2e: setup ## the deployed template
	$(BIN)/pytest -n 4 --dist loadfile tests/e2e --ignore tests/e2e/test_changed_stack.py

.venv-aws/ready: .venv/ready
	@echo "Setting up .venv-aws ..."
	@$(PYTHON) -m venv .venv-aws
	@$(BIN)/uv pip install --quiet --python .venv-aws/bin/python awscli==1.46.3
	@touch $@

bench: setup .venv-aws/ready ## CPU, speed and memory against other ways and at scale, and which claims hold: 15 minutes, or QUICK=1: 2; needs nginx, curl and openssl
	@PATH="$(CURDIR)/.venv-aws/bin:$$PATH" $(BIN)/python -m benchmarks $(if $(QUICK),--quick)

soak: setup .venv-aws/ready ## the runbook's commands, a KMS key of one's own, every fault at every AWS call, hostile input by the hundred, a late service, broken models, then FILES (1000) files at once while every tenth request fails
	$(BIN)/pytest tests/soak tests/e2e/test_changed_stack.py
	EVERY_FAULT=1 $(BIN)/pytest -n 2 tests/functional/*/test_aws_faults.py
	EXAMPLES=10 $(BIN)/pytest -n 2 tests/functional/*/test_*model.py tests/functional/tracking/test_switch_races.py
	EXAMPLES=40 $(BIN)/pytest -n 2 tests/unit/*/test_hostile_*.py tests/unit/test_printable.py tests/functional/*/test_hostile_*.py
	@$(BIN)/python -m benchmarks.soak --files $(or $(FILES),1000)

clean: ## remove what the targets above made
	rm -rf .venv .venv-sam .venv-lambda .venv-scan .venv-aws .aws-sam .mypy_cache .ruff_cache .pytest_cache .hypothesis build
