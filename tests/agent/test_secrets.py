"""A password is in ``bnfos.conf`` and on its way to the device, and nowhere else, at any level of debugging."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import Done, Node, Site

MARKER = "s3same/0pen"
# As it stands, in a URL, and as a Basic login carries it.
FORMS = (MARKER, quote(MARKER, safe=""), base64.b64encode(f"admin:{MARKER}".encode()).decode())

# Tools run while the agent has the password in hand: what anybody could see of it and of them at that moment.
SPY = """
for process in $$ $PPID; do
    tr '\\0' '\\n' < /proc/$process/cmdline
    tr '\\0' '\\n' < /proc/$process/environ
done >> "${0%/*}/seen"
"""


def assert_no_secret(text: str, where: str) -> None:
    for form in FORMS:
        assert form not in text, where


def every_action(node: Node) -> list[Done]:
    """All that the agent can do, whatever it comes to."""
    calls = (
        node.begin("monitor", interval=30, role="Stopped"),
        node.begin("validate-all", level=10),
    )
    done = [call.finish(None) for call in calls]  # these two don't mind each other
    done.append(node.begin("start").finish(None))
    done.append(node.begin("monitor", level=10, interval=60).finish(None))
    done.append(node.begin("monitor").finish(None))
    done.append(node.begin("reload-agent").finish(None))
    done.append(node.begin("stop").finish(None))
    return done


def spying_node(site: Site) -> Node:
    node = site.node()
    for tool in ("attrd_updater", "crm_node", "cibadmin"):
        node.tools.put(tool, SPY)
    logs = {name: str(site.folder / name.lower()) for name in ("HA_LOGFILE", "HA_DEBUGLOG")}
    node.environment.update({"HA_debug": "1", "HA_LOGFACILITY": "daemon", **logs})
    return node


@pytest.mark.parametrize(
    ("outcome", "device"),
    [
        ("taken", {"auth": "basic", "password": MARKER}),
        ("taken", {"auth": "digest", "password": MARKER}),
        ("refused", {"auth": "basic", "password": "another"}),
        ("refused", {"auth": "digest", "password": "another"}),
        ("answered with junk", {"auth": "basic", "password": MARKER}),
    ],
)
def test_password_is_nowhere_when_the_login_is(outcome: str, device: dict[str, str], new_site: NewSite) -> None:
    site = new_site(topology="xivo-pbx", **device)
    site.write_config(login=f"admin:{MARKER}")
    site.config.chmod(0o644)  # which is reported
    if outcome == "answered with junk":
        site.fos1.add_fault("garbage")
    node = spying_node(site)
    done = every_action(node)
    assert site.fos1.requests != []
    assert ([one.code for one in done if one.action == "start"] == [0]) == (outcome == "taken")
    for one in done:
        assert_no_secret(one.stdout + one.stderr, one.action)
    files = [file for file in site.folder.rglob("*") if file.is_file() and file != site.config]
    assert node.tools.folder / "seen" in files
    for file in files:
        assert_no_secret(file.read_text(errors="replace"), str(file))


@pytest.mark.parametrize(
    "line", [f"login {MARKER}", f"login = {MARKER}", f"login = admin:{MARKER}\x01", f"{MARKER} = 1"]
)
def test_line_that_makes_no_sense_is_not_quoted(line: str, site: Site) -> None:
    site.config.write_text(f"[fos1]\nhost = 127.0.0.1\n{line}\n{line}\n")
    node = spying_node(site)
    done = [node.begin("start").finish(1), node.watch_standby()]  # such a line doesn't matter
    for one in done:
        assert_no_secret(one.stdout + one.stderr, one.action)
    assert_no_secret("".join(node.tools.attributes.values()), "attributes")
