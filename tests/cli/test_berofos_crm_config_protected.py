"""``berofos crm-config`` against a split: fence devices with their passwords, and a third machine's vote."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from lxml import etree

from tests.cli.operator_site import OperatorSite
from tests.cli.test_berofos_crm_config import EMPTY_CIB, NODES
from tests.support.processes import PATH

SECRET = "marker 'secret' $x"
TWO_XIVO = ("crm-config", "--topology", "two-xivo", *NODES)
ONLINE = "".join(
    f'<node_state id="{number}" uname="xivo-{number}" in_ccm="true" crmd="online" join="member" expected="member"/>'
    for number in (1, 2)
)  # else Pacemaker would begin with fencing them
METADATA = """<resource-agent name="fence_ipmilan"><parameters>
<parameter name="action" required="1"/><parameter name="plug" required="1" obsoletes="port"/>
<parameter name="ip" required="1" obsoletes="ipaddr"/><parameter name="ipaddr" required="1" deprecated="1"/>
<parameter name="method" required="1"><content type="select" default="onoff"/></parameter>
<parameter name="username" required="0"/><parameter name="password" required="0"/>
<parameter name="password_script" required="0"/></parameters></resource-agent>"""


@pytest.fixture
def fenced(two: OperatorSite) -> OperatorSite:
    """A site whose Pacemaker knows one fence agent; its password is in a file."""
    (two.folder / "metadata.xml").write_text(METADATA)
    known = f"[ \"$3\" = fence_ipmilan ] && exec cat '{two.folder}/metadata.xml'; exit 105"
    two.tools.put("stonith_admin", known)
    password = two.folder / "password"
    password.write_text(f"{SECRET}\nsomething else\n")
    password.chmod(0o600)
    return two


def bmcs(*more: str) -> tuple[str, ...]:
    options = ",".join(("", *more))
    return (
        *("--fencing", f"fence_ipmilan:ip=10.34.1.201{options}"),
        *("--fencing", f"fence_ipmilan:ip=10.34.1.202{options}"),
    )


def test_without_protection_the_first_comment_says_what_a_split_does(two: OperatorSite) -> None:
    for form, first in (("crm", 0), ("pcs", 1)):
        lines = two.berofos(*TWO_XIVO, "--format", form).out.splitlines()
        assert lines[first].startswith("# UNPROTECTED: when the nodes lose sight of each other both run asterisk")
        assert "option fencing" in lines[first + 1]
        assert "quorum-device" in lines[first + 1]
    assert "UNPROTECTED" in two.berofos(*TWO_XIVO, "--format", "xml").out
    assert "UNPROTECTED" not in two.berofos(*TWO_XIVO, "--quorum-device", "qnetd.lan").out
    alone = two.berofos("crm-config", "--topology", "xivo-pbx", "--port-b-node", "xivo-1")
    assert "UNPROTECTED" not in alone.out


def test_a_fence_device_for_each_node(fenced: OperatorSite) -> None:
    done = fenced.berofos(*TWO_XIVO, *bmcs("password_script=/root/bmc"))
    assert (done.status, done.err) == (0, "")
    assert "UNPROTECTED" not in done.out
    device = "primitive fence-xivo-2 stonith:fence_ipmilan \\\n    params ip=10.34.1.202 password_script=/root/bmc"
    assert f"{device} pcmk_host_list=xivo-2" in done.out


def test_the_xml_with_two_levels_is_accepted_by_pacemakers_own_tools(fenced: OperatorSite, tmp_path: Path) -> None:
    second = [word.replace("10.34.1.20", "10.34.1.21") for word in bmcs()]
    made = fenced.berofos(*TWO_XIVO, *bmcs(), *second, "--quorum-device", "10.34.1.10", "--format", "xml").out
    cib = tmp_path / "cib.xml"
    cib.write_text(
        EMPTY_CIB.replace("<status/>", f"<status>{ONLINE}</status>").replace("<cib ", '<cib have-quorum="1" ')
    )
    loaded = subprocess.run(
        ["cibadmin", "--modify", "--allow-create", "--scope", "configuration", "--xml-pipe"],
        input=made.encode(),
        env={"PATH": PATH, "CIB_file": str(cib)},
        capture_output=True,
        check=False,
    )
    assert (loaded.returncode, loaded.stdout + loaded.stderr) == (0, b"")
    verified = subprocess.run(["crm_verify", "-V", "-x", cib], capture_output=True, check=False, text=True)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    levels = etree.parse(cib).getroot().iter("fencing-level")
    assert [(one.get("target"), one.get("index")) for one in levels] == [
        *(("xivo-1", "1"), ("xivo-1", "2"), ("xivo-2", "1"), ("xivo-2", "2"))
    ]


def test_a_password_comes_from_its_file_and_one_is_warned(fenced: OperatorSite) -> None:
    password = bmcs(f"password=@{fenced.folder}/password")
    done = fenced.berofos(*TWO_XIVO, *password, "--format", "xml")
    assert done.status == 0
    device = etree.fromstring(done.out.encode()).find(".//primitive[@id='fence-xivo-1']/instance_attributes")
    assert device is not None
    assert {pair.get("name"): pair.get("value") for pair in device}["password"] == SECRET
    assert "group haclient can read; password_script=FILE" in done.err
    assert SECRET not in done.err
    Path(fenced.folder / "password").chmod(0o644)
    assert "others can read the password in it; chmod 0600" in fenced.berofos(*TWO_XIVO, *password).err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--fencing", "fence_ipmilan:ip=10.34.1.201"), "one fence device for all nodes is refused"),
        (bmcs("password=hunter2"), "password=@FILE, please"),
        (bmcs("password=@/nowhere"), "password: /nowhere: No such file or directory"),
        (bmcs("password=@/dev/null"), "the first line of /dev/null is empty"),
        (bmcs("password=@"), "password: @: "),
        (bmcs("passwort_script=/x"), "has no option passwort_script"),
        (("--fencing", "fence_ipmilan:username=a", "--fencing", "fence_ipmilan:username=b"), "needs ip or ipaddr"),
        (("--fencing", "fence_x:ip=1", "--fencing", "fence_x:ip=2"), "Pacemaker finds no fence agent fence_x here"),
        (("--quorum-device", "xivo-1"), "xivo-1 is a node of the cluster; a third machine has to vote"),
        (("--quorum-device", ""), "'' isn't a host name or an address"),
        (("--quorum-device", "a b"), "'a b' isn't a host name or an address"),
    ],
)
def test_bad_usage(fenced: OperatorSite, arguments: tuple[str, ...], complaint: str) -> None:
    done = fenced.berofos(*TWO_XIVO, *arguments)
    assert (done.status, done.out) == (2, "")
    assert complaint in done.err.splitlines()[-1]
    assert "hunter2" not in done.err


@pytest.mark.parametrize("arguments", [("--fencing", "fence_ipmilan:ip=1"), ("--quorum-device", "qnetd.lan")])
def test_one_node_has_nobody_to_be_kept_apart_from(two: OperatorSite, arguments: tuple[str, ...]) -> None:
    done = two.berofos("crm-config", "--topology", "xivo-pbx", "--port-b-node", "xivo-1", *arguments)
    assert (done.status, done.out) == (2, "")
    assert f"{arguments[0]}: with xivo-pbx there is one node" in done.err
