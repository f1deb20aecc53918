# Every target installs what it needs on a bare Debian 12 or newer (as root).

PREFIX ?= /usr/local
DESTDIR ?=
OCF_ROOT ?= /usr/lib/ocf
UNIT_DIR ?= /usr/lib/systemd/system
PLUGIN_DIR ?= /usr/lib/nagios/plugins
PYTHON = /usr/bin/python3
EXAMPLE ?= two-xivo
VENV = .venv
FUZZ_SECONDS ?= 3600
SEED ?= 1
MINUTES ?= 5
STEP ?= 1
SUITES ?= bookworm trixie sid
TIER ?= 1
PYTEST_OPTIONS ?=

AGENT_PACKAGES = python3 python3-requests python3-lxml python3-rich python3-ifaddr resource-agents
INSTALL_PACKAGES = python3-pip python3-setuptools python3-wheel
MAN_PACKAGES = python3-requests python3-lxml resource-agents
# What debian/control calls Build-Depends, and the tool that reads it.
DEB_PACKAGES = dpkg-dev debhelper dh-python pybuild-plugin-pyproject python3-setuptools $(MAN_PACKAGES)
LAB_PACKAGES = python3-prometheus-client pacemaker pacemaker-cli-utils corosync corosync-qdevice corosync-qnetd crmsh pcs iproute2 rsyslog procps util-linux
BENCH_PACKAGES = time iputils-ping
MATRIX_PACKAGES = debootstrap iproute2 util-linux python3 python3-requests python3-lxml python3-rich
TEST_PACKAGES = python3-venv git dbus-daemon libxml2-utils mandoc man-db groff-base lintian systemd prometheus $(INSTALL_PACKAGES)

MAKE_MAN = $(PYTHON) -B -m docs.generate man build/man

# Debian's Python installs into PREFIX/local unless told that it is the distribution itself that installs.
ifeq ($(PREFIX),/usr)
LAYOUT = DEB_PYTHON_INSTALL_LAYOUT=deb
else
LAYOUT =
endif

.PHONY: help demo check test release soak chaos bench bench-docs ladder fuzz lint man docs lab lab-down deb deb-check matrix matrix-docs install install-files packages clean

help:
	@echo 'make demo      a real cluster on this machine: a node dies, the lines follow'
	@echo '               EXAMPLE=two-xivo-pbx, xivo-pbx, multiple-berofos or two-xivo-with-pbx-bypass'
	@echo '               shows another one of crm-examples'
	@echo 'make check     lint, types and quick tests, in some three minutes'
	@echo 'make test      every test, cluster tests included'
	@echo 'make soak      more cluster tests: every fault with every wiring, long runs under load'
	@echo 'make bench     how fast the agent is beside others, about eight minutes on an idle machine;'
	@echo '               make bench-docs writes the outcome into docs/speed.md'
	@echo 'make ladder    how short a token may be: from death to click, and false alarms, about three hours'
	@echo 'make lint      ruff and mypy'
	@echo 'make chaos     random faults on a real cluster, checked; SEED=$(SEED) MINUTES=$(MINUTES) EXAMPLE=$(EXAMPLE) STEP=$(STEP);'
	@echo '               EXAMPLE as for the demo, or quorum-device'
	@echo 'make fuzz      the parsers, for FUZZ_SECONDS ($(FUZZ_SECONDS))'
	@echo 'make man       the man pages, into build/man; make docs: what of docs/ is made from code and tables'
	@echo 'make lab       the same cluster, left running to play with; make lab-down takes it down'
	@echo 'make deb       the Debian package, into build/;'
	@echo '               make deb-check installs it in new Debians, uses and purges it, runs its autopkgtest'
	@echo 'make matrix    package, its checks, quick tests and demo on every supported Debian (SUITES="$(SUITES)");'
	@echo '               TIER=2: every test; STEPS="unit demo": these alone;'
	@echo '               make matrix-docs writes the outcome into the README'
	@echo 'make release   VERSION=...: walks the release checklist; DRY_RUN=yes leaves out what takes long'
	@echo 'make install   into DESTDIR and PREFIX ($(PREFIX)), the agent into $(OCF_ROOT)'

demo:
	@.ci/install-packages $(AGENT_PACKAGES)
	@.ci/install-packages $(DEB_PACKAGES) $(LAB_PACKAGES) || true  # without them it shows less, and says so
	@$(PYTHON) -m tests.demo --example $(EXAMPLE)

# What is quick.
check: lint
	@$(VENV)/bin/python -m pytest -q -n 2 $(PYTEST_OPTIONS) tests/unit tests/fuzz

test: $(VENV)/ready
	@$(VENV)/bin/python -m pytest -n 4 --dist loadfile $(PYTEST_OPTIONS)  # most of a cluster test is waiting

release:
	@.ci/release $(if $(DRY_RUN),--dry-run) '$(VERSION)'

# test_soak.py loads the processors, and has them for itself. Printed: the figures that tests have, too.
soak: $(VENV)/ready
	@status=0; \
	$(VENV)/bin/python -m pytest -m soak -n 4 --dist loadfile -rfEP --ignore tests/cluster/test_soak.py || status=1; \
	$(VENV)/bin/python -m pytest -m soak -s tests/cluster/test_soak.py || status=1; \
	exit $$status

# Exit status 1: a goal was missed. The figures are in build/bench.json all the same.
bench: packages
	@.ci/install-packages $(BENCH_PACKAGES)
	@$(PYTHON) -B -m tests.bench

# How short corosync's token may be, into build/ladder.json; bench-docs writes that, too.
ladder: packages
	@.ci/install-packages $(LAB_PACKAGES) $(BENCH_PACKAGES)
	@$(PYTHON) -B -m tests.bench.ladder

bench-docs: packages
	@$(PYTHON) -B -m tests.bench.pages

# The same SEED does the same again, from STEP on; docs in tests/chaos.
chaos: packages
	@$(PYTHON) -m tests.chaos --seed $(SEED) --minutes $(MINUTES) --example $(EXAMPLE) --step $(STEP)

# The parsers of all that comes from outside, for FUZZ_SECONDS altogether.
fuzz: $(VENV)/ready
	@$(VENV)/bin/pip install --quiet atheris || true  # not for every Python
	@$(VENV)/bin/python -m tests.fuzz $(FUZZ_SECONDS)

lint: $(VENV)/ready
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy

man:
	@.ci/install-packages $(MAN_PACKAGES)
	$(MAKE_MAN)

docs:
	@.ci/install-packages $(MAN_PACKAGES)
	$(PYTHON) -B -m docs.generate parameters docs/parameters.md
	$(PYTHON) -B -m docs.generate devices docs/devices.md
	$(PYTHON) -B -m docs.generate differences docs/migration.md

lab: packages
	@$(PYTHON) -m tests.lab up --config crm-examples/two-xivo.crm

lab-down:
	@$(PYTHON) -m tests.lab down

deb:
	@.ci/install-packages $(DEB_PACKAGES)
	@rm -f build/resource-agents-berofos_* build/berofos-ra_*
	@directory=$$(.ci/build-deb) && cp -p "$$directory"/* build/ && ls build/*.deb

# In roots of their own, kept below build/roots: the machine's own Debian is none of their business.
matrix:
	@.ci/install-packages $(MATRIX_PACKAGES)
	@$(PYTHON) -B -m tests.matrix --tier $(TIER) $(if $(STEPS),--steps $(STEPS)) -- $(SUITES)

matrix-docs:
	@.ci/install-packages $(MATRIX_PACKAGES)
	@$(PYTHON) -B -m tests.matrix.pages

deb-check:
	@$(MAKE) --no-print-directory matrix STEPS='build lintian bare' SUITES='$(SUITES)'

install:
	@.ci/install-packages $(AGENT_PACKAGES) $(INSTALL_PACKAGES)
	@rm -rf build/lib build/bdist.*  # or pip would install modules that are no longer there
	$(LAYOUT) $(PYTHON) -m pip install --quiet --no-deps --no-build-isolation --no-index --break-system-packages --ignore-installed \
	    --root-user-action=ignore --root '$(DESTDIR)/' --prefix '$(patsubst %/local,%,$(PREFIX))' .
	@$(MAKE) --no-print-directory install-files
	@# XiVO's scripts of 2012 call it there; its own one stays. The package makes this link when it is installed.
	@link='$(DESTDIR)/usr/sbin/xivo-berofos'; [ -e "$$link" ] || [ -L "$$link" ] || \
	    { mkdir -p '$(DESTDIR)/usr/sbin' && ln -s '$(PREFIX)/bin/xivo-berofos' "$$link"; }

# All that isn't Python's business; the Debian package is made with it, too.
install-files:
	install -D -m 755 agents/ocf/berofos '$(DESTDIR)$(OCF_ROOT)/resource.d/xivo/berofos'
	install -D -m 644 completion/berofos '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/berofos'
	rm -rf build/man
	$(MAKE_MAN)
	cd build/man && for page in man?/*; do \
	    install -D -m 644 "$$page" '$(DESTDIR)$(PREFIX)/share/man'/"$$page" || exit 1; done
	install -d '$(DESTDIR)$(UNIT_DIR)'
	for unit in berofos-kick.service berofos-metrics.service berofos-metrics.timer; do \
	    sed 's|@BINDIR@|$(PREFIX)/bin|' systemd/$$unit > '$(DESTDIR)$(UNIT_DIR)'/$$unit || exit 1; done
	install -D -m 755 agents/monitoring/check_berofos '$(DESTDIR)$(PLUGIN_DIR)/check_berofos'

packages:
	@.ci/install-packages $(AGENT_PACKAGES) $(DEB_PACKAGES) $(LAB_PACKAGES)

$(VENV)/ready: tests/requirements.txt Makefile | packages
	@.ci/install-packages $(TEST_PACKAGES)
	@$(PYTHON) -m venv --system-site-packages $(VENV)
	@$(VENV)/bin/pip install --quiet -r tests/requirements.txt
	@touch $@

clean:
	rm -rf $(VENV) build berofos_ra.egg-info
