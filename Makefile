# SPDX-License-Identifier: MIT
# A thin front for meson and the scripts; everything is built in build/.

BUILD ?= build
WERROR ?= false
export DEMO_SECONDS

.PHONY: help setup build demo test test-more lint drivers programs bench install clean

help:
	@echo 'make setup      install what is missing to build, run and test (Debian 12 and 13)'
	@echo 'make build      build the libraries and build/framelend'
	@echo 'make demo       see it work: a server, five programs, demo.png (DEMO_SECONDS=n ends it)'
	@echo 'make test       run all tests: plain, with sanitisers, in virtual machines; and the linters'
	@echo 'make test-more  the tests many times over, also with clang, and heavy programs'
	@echo 'make lint       clang-format and clang-tidy'
	@echo 'make drivers    write docs/drivers.md anew'
	@echo 'make programs   run other people'\''s programs and write the table of docs/programs.md anew'
	@echo 'make bench      measure what a frame costs'
	@echo 'make install    install (DESTDIR=, PREFIX=/usr/local at the first build)'
	@echo 'make clean      remove what was built'

setup:
	@scripts/setup.sh build demo test vm lint

build:
	@scripts/build.sh $(BUILD) -Dwerror=$(WERROR) $(if $(PREFIX),-Dprefix=$(PREFIX))

demo:
	@scripts/setup.sh build demo
	@scripts/build.sh $(BUILD) -Dwerror=$(WERROR)
	@scripts/demo.sh $(BUILD)/framelend demo.png

test:
	@scripts/setup.sh build demo test vm lint
	@scripts/test.sh

test-more:
	@scripts/setup.sh build demo test vm lint more
	@scripts/test.sh --more

lint: build
	@scripts/lint.sh format $(BUILD)
	@scripts/lint.sh tidy $(BUILD)

drivers: build
	@scripts/drivers.sh $(BUILD)/tests/fake-drm/drivers-table

programs: build
	@scripts/setup.sh build demo test more
	@FRAMELEND=$(abspath $(BUILD))/framelend FRAMELEND_PATTERN=- LEND_CACHE=off \
		/usr/bin/python3 tests/programs/table.py --write

bench: build
	@meson test -C $(BUILD) --benchmark --verbose

install: build
	@meson install -C $(BUILD) $(if $(DESTDIR),--destdir $(DESTDIR))

clean:
	rm -rf $(BUILD) build-asan build-clang build-vm demo.png
