# make demo    the whole story on this machine, no root and no server needed
# make test    all tests, with the system packages that they need
# make check   style, types, import directions, templates

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps

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

.PHONY: help demo test check system clean

help:
	@sed -n 's/^# make/make/p' Makefile

demo: $(STAMPS)/demo
	@$(BIN)/mailflow demo

test: system $(STAMPS)/dev
	@$(MAKE) --no-print-directory check
	$(BIN)/pytest -n 2 --dist loadfile

check: $(STAMPS)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict mailflow
	$(BIN)/lint-imports
	$(BIN)/mailflow check --offline --config config/mailflow.toml

# The first Python that is new enough and can make a virtual environment. A shim that finds nothing behind it is passed over.
$(BIN)/python:
	@for python in python3.13 python3.12 python3.11 python3; do \
		if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "making $(VENV) with $$python"; exec $$python -m venv $(VENV); \
		fi; \
	done; \
	echo "mailflow needs Python 3.11 or newer with venv (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1

$(STAMPS)/demo: pyproject.toml | $(BIN)/python
	$(call install,.[demo])
	@mkdir -p $(STAMPS) && touch $@

# What the tests need holds all that the demo needs.
$(STAMPS)/dev: pyproject.toml | $(BIN)/python
	$(call install,.[dev])
	@mkdir -p $(STAMPS) && touch $(STAMPS)/demo $@

define install
	@echo "installing mailflow into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '$(1)'
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
	rm -rf $(VENV) build dist demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
