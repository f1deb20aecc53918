"""The examples for Prometheus and Icinga fit what the commands tell and take."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from berofos_ra.cli.berofos import make_parser
from berofos_ra.monitoring.series import ALL, PREFIX
from tests.support.checkout import CHECKOUT
from tests.support.waiting import PATIENCE

EXAMPLES = CHECKOUT / "docs/monitoring-examples"
RULES = EXAMPLES / "prometheus-rules.yml"
UNITS = ("berofos-metrics.service", "berofos-metrics.timer")


def test_the_rules_ask_for_series_that_there_are() -> None:
    asked = set(re.findall(r"\bberofos_\w+", re.sub("`.*`", "", RULES.read_text(encoding="utf-8"))))
    assert asked <= {PREFIX + series.name for series in ALL}
    assert len(asked) > 8


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's package prometheus isn't installed")
@pytest.mark.parametrize("arguments", [("check", "rules", RULES.name), ("test", "rules", "rules_test.yml")])
def test_prometheus_own_tool_agrees_with_the_rules(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    for file in (RULES, Path(__file__).with_name("rules_test.yml")):
        shutil.copy(file, tmp_path)
    done = subprocess.run(
        ["promtool", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_icinga_and_sudo_call_the_plugin_where_it_is() -> None:
    makefile = CHECKOUT.joinpath("Makefile").read_text(encoding="utf-8")
    assert "PLUGIN_DIR ?= /usr/lib/nagios/plugins\n" in makefile
    sudoers = EXAMPLES.joinpath("sudoers").read_text(encoding="utf-8")
    assert 'NOPASSWD: /usr/lib/nagios/plugins/check_berofos ""\n' in sudoers
    command = re.search(r"command = \[ (.*) \]", EXAMPLES.joinpath("icinga2.conf").read_text(encoding="utf-8"))
    assert command is not None
    assert command[1] == '"sudo", PluginDir + "/check_berofos"'  # with the arguments that sudo lets it have: none


def test_the_units_call_a_command_that_exists() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.read(CHECKOUT / "systemd" / UNITS[0], encoding="utf-8")
    program, *words = shlex.split(unit["Service"]["ExecStart"])
    assert program == "@BINDIR@/berofos"
    textfile = Path(make_parser().parse_args(words).textfile)
    assert str(textfile.parent) == unit["Unit"]["ConditionPathIsDirectory"]
    assert textfile.suffix == ".prom"  # node_exporter reads no others


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for name in UNITS:
        text = CHECKOUT.joinpath("systemd", name).read_text(encoding="utf-8")
        tmp_path.joinpath(name).write_text(text.replace("@BINDIR@", str(tmp_path)), encoding="utf-8")
    tmp_path.joinpath("berofos").touch(mode=0o755)
    verify = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_page_lists_every_series_with_its_meaning() -> None:
    rows = re.findall(r"^\| `berofos_.*$", CHECKOUT.joinpath("docs/monitoring.md").read_text("utf-8"), re.MULTILINE)
    labels = {series: ", ".join(f"`{label}`" for label in series.labels) for series in ALL}
    assert rows == [f"| `{PREFIX}{one.name}` | {labels[one]} | {one.meaning} |" for one in ALL]
