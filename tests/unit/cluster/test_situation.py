"""What crm_mon shows of the whole cluster, as Pacemaker 2.1.5 and 3.0 write it."""

from __future__ import annotations

import pytest

from berofos_ra.cluster.situation import Failure, Monitor, Operation, Situation, parse_operations, parse_situation
from berofos_ra.cluster.view import ClusterSilentError, ClusterView

STATUS = """<pacemaker-result><summary><current_dc present="true" with_quorum="true"/>
<cluster_options maintenance-mode="false"/></summary>
<nodes><node name="xivo-1" online="true" standby="false" pending="false" unclean="false"/>
<node name="xivo-2" online="true" standby="true" pending="false" unclean="false"/></nodes>
<resources><resource id="berofos-relay" resource_agent="ocf:xivo:berofos" managed="true">
<node name="xivo-1"/></resource>
<resource id="old" resource_agent="ocf:xivo:berofos" managed="true" target_role="Stopped"/>
<group id="xivo"><resource id="asterisk" resource_agent="ocf:heartbeat:asterisk" managed="false">
<node name="xivo-1"/></resource></group></resources>
<node_attributes><node name="xivo-2"><attribute name="berofos-ready" value="yes"/></node></node_attributes>
<node_history><node name="xivo-2"><resource_history id="berofos-relay" fail-count="2">
<operation_history call="39" task="stop" rc="0"/>
<operation_history call="34" task="monitor" rc="0" interval="10000ms"/>
<operation_history call="40" task="monitor" rc="7" interval="30000ms"/></resource_history></node></node_history>
<failures><failure op_key="asterisk_monitor_20000" node="xivo-1" exitcode="1"/>
<failure id="berofos-relay_probe" node="xivo-1" exitcode="190"/></failures></pacemaker-result>"""


def seen(status: str = STATUS) -> Situation:
    return parse_situation(ClusterView((), (), {}), status)


def test_all_that_decides_is_read() -> None:
    found = seen()
    assert (found.has_quorum, found.maintenance) == (True, False)
    assert [(one.online, one.usable) for one in found.nodes.values()] == [(True, True), (True, False)]
    asterisk, old = found.resources["asterisk"], found.resources["old"]
    assert (asterisk.group, asterisk.managed, asterisk.nodes) == ("xivo", False, ("xivo-1",))
    assert (old.disabled, old.nodes) == (True, ())
    assert found.fail_counts == {("berofos-relay", "xivo-2"): "2"}
    assert found.failures == (
        Failure("asterisk_monitor_20000", "xivo-1", 1),
        Failure("berofos-relay_probe", "xivo-1", 190),
    )


def test_a_standby_is_watched_by_a_monitor_that_says_not_running() -> None:
    """What an owner's monitors have left there is none."""
    key = ("berofos-relay", "xivo-2")
    assert seen().monitors[key] == {Monitor("34", 0, 10), Monitor("40", 7, 30)}
    assert seen().watches_standby(*key)
    assert not seen(STATUS.replace('rc="7"', 'rc="0"')).watches_standby(*key)


@pytest.mark.parametrize(
    ("said", "instead"),
    [('with_quorum="true"', 'with_quorum="false"'), ('<current_dc present="true" with_quorum="true"/>', "")],
)
def test_no_quorum_is_seen(said: str, instead: str) -> None:
    assert not seen(STATUS.replace(said, instead)).has_quorum


def test_the_last_action_of_each_resource_is_read() -> None:
    status = """<status><node_state uname="xivo-1"><lrm><lrm_resources><lrm_resource id="asterisk">
    <lrm_rsc_op id="asterisk_last_0" operation="stop" rc-code="193" op-status="-1" transition-key="1:2:0:x"/>
    <lrm_rsc_op id="asterisk_monitor_1000" operation="monitor" rc-code="0" op-status="0" transition-key="2:2:0:x"/>
    </lrm_resource></lrm_resources></lrm></node_state></status>"""
    assert parse_operations(status) == {("asterisk", "xivo-1"): Operation("stop", True, "1:2:0:x")}


def test_what_is_no_xml_is_a_cluster_that_does_not_answer() -> None:
    with pytest.raises(ClusterSilentError):
        seen("Connection refused")
    assert parse_operations("Connection refused") == {}


@pytest.mark.parametrize("role", ["Stopped", "stopped"])  # crm_mon shows it as it is written in the configuration
def test_what_is_meant_to_be_stopped_is_seen(role: str) -> None:
    assert seen(STATUS.replace("Stopped", role)).resources["old"].disabled
