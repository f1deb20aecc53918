"""The configuration examples, exactly as they are in crm-examples, with the tools that they are for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from berofos_ra.cluster.pacemaker import Pacemaker
from tests.cluster.wirings import TO_B, TO_XIVO, Wired
from tests.lab.lab import Lab
from tests.support.examples import EXAMPLES

PATIENCE = 300  # s; pcs takes its time for each of many commands

# What crmsh says on loading them; every file explains what it says.
EXPLAINED = ("not fencing unseen nodes", "unknown attribute 'critical'")

ON_B = f"{TO_B} by xivo-1"
IN_BYPASS = f"{TO_XIVO} by xivo-1"

# What each brings to xivo-1, from devices that are set to A--D.
CHANGES = {
    "two-xivo": {"fos1": [ON_B], "fos2": [ON_B]},
    "two-xivo-pbx": {"fos1": [ON_B]},
    "xivo-pbx": {"fos1": [IN_BYPASS]},
    "two-xivo-with-pbx-bypass": {"fos1": [IN_BYPASS], "fos2": [ON_B]},
    "multiple-berofos": {"fos1": [ON_B], "fos2": [ON_B], "fos3": [ON_B]},
    "quorum-device": {"fos1": [ON_B], "fos2": [ON_B]},
    "fencing": {"fos1": [ON_B], "fos2": [ON_B]},
}
WIRED = sorted(file for file in EXAMPLES.iterdir() if file.suffix in (".crm", ".sh") and "alert" not in file.name)
LABS = {"xivo-pbx": "one_node", "fencing": "lab_with_power_switch"}
SHOWN = {ON_B: "A--B", IN_BYPASS: "A--B C--D (watchdog on)"}


def test_there_is_an_example_of_each_for_both_tools() -> None:
    names = {file.name for file in WIRED}
    assert names == {f"{example}{ending}" for example in CHANGES for ending in (".crm", ".pcs.sh")}


# A usual run has two of them: pcs takes its time.
@pytest.mark.parametrize(
    "example",
    [pytest.param(each, marks=() if each in ("two-xivo", "xivo-pbx") else pytest.mark.soak) for each in CHANGES],
)
def test_each_example_works_as_it_stands_with_both_tools(example: str, request: pytest.FixtureRequest) -> None:
    lab: Lab = request.getfixturevalue(LABS.get(example, "lab_with_qnetd"))
    lab.reset()
    wired = Wired(lab, example)
    complaints = _run_file(wired, f"{example}.crm")
    _assert_sound(wired)
    assert wired.relay_changes() == CHANGES[example]
    lines = [line for line in complaints.splitlines() if line.strip()]
    assert [line for line in lines if not re.search("|".join(EXPLAINED), line)] == []
    with_crmsh = _description(wired)

    # Lines that are right already are left alone.
    lab.reset()
    for device, changes in CHANGES[example].items():
        lab.devices.set_settings(device, {"scenario": changes == [IN_BYPASS], "mode": True})
    wired.begin()
    _run_file(wired, f"{example}.pcs.sh")
    _assert_sound(wired)
    assert wired.relay_changes() == {}
    assert all(wired.switches_logged(node) == [] for node in lab.nodes)
    assert _description(wired) == with_crmsh


@pytest.mark.parametrize("file", WIRED, ids=lambda file: file.name)
def test_all_examples_have_what_each_needs(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    relays = len(re.findall(r"ocf:xivo:berofos", text))
    for needed in ("role=Stopped", "OCF_CHECK_LEVEL=10", "failure-timeout=30s", "critical=false"):
        assert text.count(needed) >= relays, needed
    if not file.name.startswith("xivo-pbx"):  # alone there is nobody to prefer
        assert "berofos-ready eq yes" in text
    assert max(map(len, text.splitlines())) <= 118


def _run_file(wired: Wired, example: str) -> str:
    """Copy an example to xivo-1 and do there what its header says; returns the complaints.

    With the name for fencing that its remark says for the Pacemaker that is installed.
    """
    node = wired.lab.node("xivo-1")
    text = EXAMPLES.joinpath(example).read_text(encoding="utf-8")
    assert "fencing-enabled from Pacemaker 3.0.2 on" in " ".join(text.replace("\n#", "").split())
    text = text.replace("stonith-enabled=", f"{Pacemaker().fencing_option()}=")
    node.write(f"/root/{example}", text)
    if example.endswith(".sh"):
        return node.run(f"cd /root && sh {example}", timeout=PATIENCE).stderr
    complaints = node.run(f"cd /root && {_in_header(text, 'Load it on one node')}").stderr
    node.run(_in_header(text, "Look at it"))
    return complaints


def _in_header(text: str, what: str) -> str:
    (command,) = re.findall(rf"^# {what}: +(.+)$", text, re.MULTILINE)
    return str(command)


def _assert_sound(wired: Wired) -> None:
    """Everything runs on xivo-1, every node is ready, and Pacemaker has nothing to say against it."""
    wired.wait_running("xivo-1")
    shown = {f"berofos-{device}": SHOWN[changes[0]] for device, changes in CHANGES[wired.example].items()}
    for node in wired.lab.nodes:
        wired.wait_attribute(node, "berofos-ready", "yes")
        assert wired.device_attributes(node) == (shown if node == "xivo-1" else {})
    assert wired.lab.crm_mon().find("failures/failure") is None
    verified = wired.lab.node("xivo-1").run("crm_verify -LV")
    assert verified.stdout + verified.stderr == ""


def _description(wired: Wired) -> dict[str, Any]:
    """What the cluster's configuration says, whichever tool wrote it and what names that gave to its parts."""
    text = wired.lab.node("xivo-1").run("cibadmin --query --scope configuration").stdout
    configuration = etree.fromstring(text.encode())
    return {
        "resources": {
            primitive.get("id"): {
                "agent": [primitive.get(key) for key in ("class", "provider", "type")],
                "parameters": _values(primitive, "instance_attributes"),
                "meta": _values(primitive, "meta_attributes"),
                "operations": _operations(primitive),
            }
            for primitive in configuration.iterfind("resources//primitive")
        },
        "group": [
            primitive.get("id") for primitive in configuration.iterfind("resources/group[@id='xivo']/primitive")
        ],
        "defaults": _values(configuration, "rsc_defaults/meta_attributes"),
        "fencing": _values(configuration, "crm_config/cluster_property_set")[Pacemaker().fencing_option()],
        "colocations": _attributes(configuration, "rsc_colocation", "rsc", "with-rsc", "score"),
        "fence devices": _attributes(configuration, "rsc_location[@node]", "rsc", "node", "score"),
        "fencing levels": [
            [level.get(name) for name in ("target", "index", "devices")]
            for level in configuration.iterfind("fencing-topology/fencing-level")
        ],
        "cluster options": {
            name: value
            for name, value in _values(configuration, "crm_config/cluster_property_set").items()
            if name in ("priority-fencing-delay", "no-quorum-policy")
        },
        "priority": _values(configuration, "resources/group/meta_attributes"),
        "orders": _attributes(configuration, "rsc_order", "first", "then"),
        "rules": [
            (
                location.get("rsc"),
                rule.get("score"),
                rule.get("boolean-op", "and"),
                [tuple(expression.get(key) for key in ("attribute", "operation", "value")) for expression in rule],
            )
            for location in configuration.iterfind("constraints/rsc_location")
            for rule in location.iterfind("rule")
        ],
    }


def _operations(primitive: etree._Element) -> list[tuple[str, ...]]:
    """What Pacemaker runs by itself, with all that matters of it."""
    return sorted(
        (
            operation.get("name", ""),
            operation.get("interval", "").removeprefix("0s") or "0",
            operation.get("timeout", ""),
            operation.get("role", ""),
            _values(operation, "instance_attributes").get("OCF_CHECK_LEVEL", ""),
        )
        for operation in primitive.iterfind("operations/op")
        if operation.get("name") in ("start", "stop", "monitor")
    )


def _attributes(configuration: etree._Element, kind: str, *names: str) -> list[list[str | None]]:
    return [[constraint.get(name) for name in names] for constraint in configuration.iterfind(f"constraints/{kind}")]


def _values(parent: etree._Element, path: str) -> dict[str, str]:
    return {pair.get("name", ""): pair.get("value", "") for pair in parent.iterfind(f"{path}/nvpair")}
