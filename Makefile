# make demo    the whole story on this machine, no root and no server needed
# make test    all tests, with the system packages that they need; those without servers on Python 3.11 and 3.13 where both are there
# make check   style, types, import directions, declared packages, templates

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
PYTHONS := python3.13 python3.12 python3.11 python3
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# System packages of the tests, and the program or file by which each is known to be there.
SYSTEM := \
	dovecot-imapd:/usr/sbin/dovecot \
	postfix:/usr/sbin/postfix \
	postgresql:/usr/lib/postgresql \
	chromium:/usr/bin/chromium \
	fonts-noto-cjk:/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc \
	fonts-dejavu:/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf \
	poppler-utils:/usr/bin/pdftotext \
	systemd:/usr/bin/systemd-analyze \
	strace:/usr/bin/strace \
	openssl:/usr/bin/openssl \
	util-linux:/usr/bin/setpriv

# Tests that need no server and no system package: what a Python release may break.
ROOMS := tests/message tests/policy tests/cases tests/notices

.PHONY: help demo test check rooms system clean

help:
	@sed -n 's/^# make/make/p' Makefile

demo: $(STAMPS)/demo
	@$(BIN)/mailflow demo

test: system $(STAMPS)/dev
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -n 2 --dist loadfile
	@minor='import sys; print(sys.version_info[:2])'; for python in python3.11 python3.13; do \
		if $$python -c 'import ensurepip, venv' 2>/dev/null && [ "$$($$python -c "$$minor")" != "$$($(BIN)/python -c "$$minor")" ]; then \
			exec $(MAKE) --no-print-directory rooms VENV=.venv-other PYTHONS=$$python; \
		fi; \
	done

# The rooms without servers once more, on the other of Python 3.11 and 3.13 where both are there.
rooms: $(STAMPS)/dev
	$(BIN)/python --version
	$(BIN)/pytest -n 2 --dist loadfile $(ROOMS)

check: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict mailflow
	$(BIN)/lint-imports
	$(BIN)/deptry mailflow
	$(BIN)/mailflow check --offline --config config/mailflow.toml

# The first Python that is new enough and can make a virtual environment. A shim that finds nothing behind it is passed over.
$(BIN)/python:
	@for python in $(PYTHONS); do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "making $(VENV) with $$python"; exec $$python -m venv $(VENV); \
		fi; \
	done; \
	echo "mailflow needs Python 3.11 or newer with venv (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1

$(STAMPS)/demo: pyproject.toml uv.lock | $(BIN)/python
	$(call install,demo)
	@touch $@

# What the tests need holds all that the demo needs.
$(STAMPS)/dev: pyproject.toml uv.lock | $(BIN)/python
	$(call install,dev)
	@touch $(STAMPS)/demo $@

# The versions of uv.lock, fetched by pip: the machine's own indexes and wheels serve where it has some.
define install
	@echo "installing mailflow into $(VENV)"
	@mkdir -p $(STAMPS)
	@$(PIP) 'uv>=0.9,<1'
	@$(BIN)/uv export --quiet --frozen --no-emit-project --extra $(1) --output-file $(STAMPS)/$(1).txt
	@$(PIP) --require-hashes --requirement $(STAMPS)/$(1).txt
	@$(PIP) --no-deps --editable .
endef

# Asks for the packages that are missing only, so that a warm run needs neither root nor the network.
system:
	@missing=""; \
	for entry in $(SYSTEM); do [ -e "$${entry#*:}" ] || missing="$$missing $${entry%%:*}"; done; \
	python3 -c 'import ensurepip, venv' 2>/dev/null || [ -x $(BIN)/python ] || missing="$$missing python3-venv"; \
	if [ -n "$$missing" ]; then \
		if ! command -v apt-get >/dev/null; then echo "the tests need:$$missing" >&2; exit 1; fi; \
		if [ "$$(id -u)" -eq 0 ]; then sudo=""; else sudo="sudo"; fi; \
		echo "installing$$missing"; \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -qq && \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; \
	fi

clean:
	rm -rf .venv .venv-other build dist demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
