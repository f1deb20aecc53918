"""A monitor with a record answers 0, 190 or 1: 4, 5 and 6 would stop a running resource for good, everywhere."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from berofos_ra.agent.main import main
from berofos_ra.resource.record import RecordError, to_json
from berofos_ra.resource.record_file import read_record
from tests.agent.site import DEGRADED, NOBODYS_AGENT, Node, Site
from tests.support.pacemaker_tools import Tools
from tests.unit.resource.records import json_values, records

FILES: Mapping[str, str | None] = {
    "missing": None,
    "empty": "",
    "no text": "\x00\xff",
    "other devices": "[fos7]\nhost = 127.0.0.1:9\n",
    "without hosts": "[fos1]\n[fos2]\n",
    "with another mac": "[fos1]\nhost = 127.0.0.1:9\nmac = 00:19:32:00:FF:FF\n",
    "twice the same": "[fos1]\nhost = 127.0.0.1:9\n[fos2]\nhost = 127.0.0.1:9\n",
    "an odd line": "[fos1]\nhost = 127.0.0.1:9\nwhat is this\n",
}
VALUES: Mapping[str, list[str]] = {
    "devices": ["fos1", "fos1 fos2", "all", "", "fos0", "fos1 fos1"],
    "topology": ["two-xivo", "xivo-pbx", "two-xivo-pbx", "star", ""],
    "port_b_node": ["xivo-1", "xivo-2", "", "XIVO-1"],
    "port_d_node": ["xivo-2", "xivo-1", ""],
    "min_devices": ["0", "1", "7", "many", "-1", ""],
    "on_unreachable": ["degrade", "fail", "panic"],
    "on_stop": ["keep", "bypass", "never"],
    "watchdog_interval": ["60", "1", "0", "x"],
    "spans": ["", "1 2", "xivo-1:1", "x"],
    "on_span_alarm": ["degrade", "fail", "x"],
    "provision": ["true", "false", "perhaps"],
    "timeout": ["1", "0", "x", "1e9"],
}
parameters = st.fixed_dictionaries({}, optional={name: st.sampled_from(texts) for name, texts in VALUES.items()})
hosts = st.sampled_from(["", "127.0.0.1", "a..b", "::", "ä", "x" * 300])
likely_records = st.tuples(records, parameters, hosts).map(
    lambda parts: to_json(
        parts[0]._replace(
            owned=True,
            parameters=parts[1],
            devices={name: one._replace(host=parts[2], address="", port=9) for name, one in parts[0].devices.items()},
        )
    )
)
of_version_1 = st.builds(
    lambda label, touched: {"owned": True, "devices": {"fos1": {"label": label, "touched": touched}}},
    st.sampled_from(["fos1", "fos1 (127.0.0.1:9)", "fos1 (no host)", "()", ""]),
    st.booleans(),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    record=likely_records | of_version_1 | json_values,
    given_parameters=parameters,
    file=st.sampled_from(sorted(FILES)),
    interval=st.sampled_from(["", "10000"]),
    level=st.sampled_from(["0", "10"]),
)
def test_whatever_record_file_and_parameters_say(
    tmp_path_factory: pytest.TempPathFactory,
    record: object,
    given_parameters: Mapping[str, str],
    file: str,
    interval: str,
    level: str,
) -> None:
    folder = tmp_path_factory.mktemp("site")
    run, config, tools = folder / "run", folder / "bnfos.conf", Tools(folder / "tools")
    run.mkdir()
    path = run / "berofos-lines.json"
    path.write_text(json.dumps(record))
    text = FILES[file]
    if text is not None:
        config.write_text(text, encoding="latin-1")
    environment = {
        "PATH": tools.path,
        "OCF_RESOURCE_INSTANCE": "lines",
        "OCF_CHECK_LEVEL": level,
        "HA_RSCTMP": str(run),
        "OCF_RESKEY_config": str(config),
        "OCF_RESKEY_CRM_meta_on_node": "xivo-1",
        "OCF_RESKEY_CRM_meta_timeout": "1000",
        "OCF_RESKEY_CRM_meta_interval": interval,
        **{f"OCF_RESKEY_{name}": value for name, value in given_parameters.items()},
    }
    try:
        known = read_record(path)
        owned = known is not None and known.owned
    except RecordError:
        owned = False
    umask = os.umask(0o022)
    try:
        with mock.patch.dict(os.environ, environment, clear=True):
            code = main(["berofos", "monitor"])
    finally:
        os.umask(umask)
    assert code in ((0, 1, DEGRADED) if owned else (1, 7))


# Some of these as an administrator would meet them.


@pytest.mark.parametrize(
    "typo",
    [
        {"min_devices": "many"},
        {"timeout": "0"},
        {"on_unreachable": "panic"},
        {"watchdog_interval": "-1"},
        {"spans": "one"},
        {"on_span_alarm": "x"},
        {"topology": "star"},
        {"devices": ""},
    ],
    ids=str,
)
def test_typo_in_a_parameter_degrades_and_what_was_goes_on(typo: dict[str, str], pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.forget_requests()
    node.parameters.update(typo)
    assert f"{next(iter(typo))}: " in node.monitor(expected=DEGRADED).reason
    assert node.reload().code == 0
    node.monitor(expected=DEGRADED)
    assert pbx.kicks() >= 2
    node.parameters.pop(next(iter(typo)))
    node.parameters.update(pbx.node().parameters)
    node.monitor(news=True)


def test_bypass_between_two_xivos_counts_as_keep_and_says_so(site: Site) -> None:
    node = site.node(on_stop="bypass")
    node.start()
    assert "on_stop: " in node.monitor(expected=DEGRADED).reason
    node.stop()
    assert site.fos1.relay == "A--B"


def test_record_that_this_user_may_not_read_is_not_none(site: Site) -> None:
    """7 would say that nothing runs here."""
    node = site.node()
    node.start()
    site.folder.chmod(0o711)
    node.run_directory.parent.chmod(0o755)
    other = Node(node.name, node.run_directory, node.tools, node.parameters, NOBODYS_AGENT)
    expected = f"{node.record}: permission denied; it must be read as root"
    assert other.monitor(expected=1).reason == expected
    assert other.begin("monitor").finish(1).reason == expected


@pytest.mark.parametrize("what", ["a directory", "no JSON", "a FIFO"])
def test_record_that_is_none_is_a_failure_where_it_should_run(what: str, site: Site) -> None:
    node = site.node()
    node.run_directory.mkdir()
    if what == "a directory":
        node.record.mkdir()
    elif what == "a FIFO":
        os.mkfifo(node.record)
    else:
        node.record.write_text("{")
    assert "isn't an ownership record" in node.monitor(expected=1).reason
    assert node.watch_standby().code == 7
    node.probe()


@pytest.mark.parametrize("text", ["on", "2", "?", "true"])
def test_relay_mode_that_is_neither_on_nor_off_tells_nothing(text: str, site: Site) -> None:
    node = site.node()
    node.start()
    site.fos1.add_fault("wrong", values={"mode": text})
    expected = f"{site.label()}: its configuration lacks 4_mode (mode), expected A--B"
    assert node.monitor(expected=DEGRADED).reason == expected
    node.stop()
    node.start(expected=1)
    standby = site.node("xivo-2")
    standby.start(expected=1)


@pytest.mark.parametrize("text", ["", "checked"])
def test_relay_mode_as_some_firmware_shows_it(text: str, site: Site) -> None:
    node = site.node("xivo-1" if text else "xivo-2")
    node.start()
    site.fos1.add_fault("wrong", values={"mode": text})
    node.monitor()
