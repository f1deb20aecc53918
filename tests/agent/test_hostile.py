"""What comes from the cluster's configuration or from a device is data and nothing else, and never too much."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from pathlib import Path

import pytest

from berofos_ra.resource.parameters import PARAMETERS
from berofos_ra.settings import CONFIG_MAGIC
from tests.agent.conftest import NewSite
from tests.agent.membership import in_membership
from tests.agent.site import AGENT, DEGRADED, B, D, Node, Site
from tests.support.wire import TcpServer, answer

# As a path, a shell word, a header, a log line, a terminal's command, an attribute tool's option, a format.
HOSTILE = (
    "../../../../tmp/owned",
    "/etc/passwd",
    "$(touch owned) `touch owned`; touch owned | touch owned",
    "x\r\nX-Injected: 1\r\n\r\nGET /?cmd=4&mode=0 HTTP/1.1",
    "x\nocf-exit-reason:all is well",
    "x\x1b[2J\x07\x9b\u202e",
    "\udcff",  # a byte that is no text
    "--delete",
    "%s%n{0.__class__}",
    "x" * 5000,
    "9" * 5000,
    "\u0663",  # a digit, says Python
    "fos1 host=1.2.3.4@evil#?&mode=0",
)
# Any printable text may be the name of the node at D.
NAMES = tuple(parameter.name for parameter in PARAMETERS if parameter.name != "port_d_node")


def all_files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*")}


def assert_only_known_words(site: Site, before: set[str]) -> None:
    """Nothing was written where it shouldn't be, and no device was asked anything unusual."""
    allowed = {"xivo-1/run", "xivo-1/run/berofos.ready", "xivo-1/tools/calls"}
    new = {name for name in all_files(site.folder) - before if name not in allowed}
    assert all(name.startswith("xivo-1/run/berofos-") and name.count("/") == 2 for name in new), new
    for request in site.fos1.requests:
        assert request.what == "GET /config.txt" or request.what.startswith("GET /?cmd="), request
        assert " HTTP" not in request.what


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_parameters(value: str, site: Site) -> None:
    """Exit codes are those of parameters that make no sense; the lines on stderr are as many as there is to say."""
    node = site.node()
    before = all_files(site.folder)
    for parameter in NAMES:
        given = dict(node.parameters)
        node.parameters[parameter] = value
        done = node.begin("start").finish(None)
        assert done.code in (5, 6), (parameter, done)
        assert len(done.stderr.splitlines()) == 2, (parameter, done)
        assert done.stderr.replace("\n", "").isprintable(), parameter
        node.parameters = given
    assert site.fos1.requests == []
    assert_only_known_words(site, before)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "what",
    [
        "OCF_RESOURCE_INSTANCE",
        "OCF_CHECK_LEVEL",
        "OCF_RESKEY_CRM_meta_on_node",
        "OCF_RESKEY_CRM_meta_timeout",
        "OCF_RESKEY_CRM_meta_role",
    ],
)
def test_hostile_surroundings(what: str, value: str, site: Site) -> None:
    """The names of the resource and of the node get into paths, into the log and into other tools' arguments."""
    node = site.node(port_b_node=value if what.endswith("on_node") and value.isprintable() else "xivo-1")
    node.environment[what] = value
    before = all_files(site.folder)
    for action in ("start", "monitor", "stop"):
        done = node.begin(action, interval=10 if action == "monitor" else None).finish(None)
        assert done.code in (0, 5, 7), done
        assert done.stderr.replace("\n", "").isprintable(), done
        assert len(done.stderr.splitlines()) <= 2, done
    assert_only_known_words(site, before)


@pytest.mark.parametrize("path", ["{}/pipe", "/dev/zero", "/dev/tty", "/proc/self/environ", "{}/big", "{}"])
def test_config_that_is_no_such_file(path: str, site: Site) -> None:
    """Those that may set the parameter, and aren't root, could make the agent wait or read for ever."""
    site.config.chmod(0o600)
    os.mkfifo(site.folder / "pipe")
    with (site.folder / "big").open("wb") as stream:
        stream.truncate(2**40)
    node = site.node()
    node.start()
    with_little_memory(node)
    site.config.unlink()
    site.config.symlink_to(path.format(site.folder))
    timeout = 60
    for action, code in (("start", 5), ("monitor", DEGRADED), ("stop", 0)):
        running = node.begin(action, interval=10 if action == "monitor" else None, timeout=timeout)
        done = running.finish(code, within=0.8 * timeout)
        assert "MemoryError" not in done.stderr
    assert site.fos1.relay == "A--B"


def test_link_in_the_run_directory_is_not_followed(site: Site) -> None:
    """Nobody but root can make one, where the directory is as resource-agents makes it."""
    keep = site.folder / "keep"
    keep.write_text("as it is")
    node, standby = site.node(), site.node(D)
    for one in (node, standby):
        one.run_directory.mkdir()
        for ending in ("json", "ready", "held"):
            (one.run_directory / f"berofos-lines.{ending}").symlink_to(keep)
    in_membership(node, "1.17", B)
    node.start()
    standby.watch_standby()
    node.monitor(news=True)
    node.stop()
    assert keep.read_text() == "as it is"
    assert standby.tools.attributes["berofos-ready"] == "yes"


def test_resource_with_a_name_too_long_for_a_file(site: Site) -> None:
    node, other = site.node(), site.node()
    node.environment["OCF_RESOURCE_INSTANCE"] = "x" * 5000
    other.environment["OCF_RESOURCE_INSTANCE"] = "x" * 5001
    node.start()
    other.probe(expected=7)
    node.monitor()
    node.stop()
    node.probe(expected=7)


@pytest.mark.parametrize("line", ["host = 127.0.0.1\rX-Injected: 1", "host = a.invalid b"])
def test_words_behind_a_host_are_left_out(line: str, site: Site) -> None:
    node = site.node()
    site.config.write_text(f"[fos1]\n{line}\n")
    done = node.start(expected=1)
    assert done.reason.startswith(f"fos1 ({line.split()[2]}): ")
    assert site.fos1.requests == []


@pytest.mark.parametrize("line", ["host = 127.0.0.1/?cmd=4&mode=0#", "host = admin@evil"])
def test_hostile_host_is_no_host(line: str, site: Site) -> None:
    node = site.node()
    site.config.write_text(f"[fos1]\n{line}\n")
    done = node.start(expected=5)
    assert done.reason.startswith(f"{site.config}: ")
    assert site.fos1.requests == []


# Devices.

ROOM = 64 * 1024 * 1024  # bytes beside what an action needs anyway


def with_little_memory(node: Node) -> None:
    """The agent in as much address space as a monitor of a well-behaved device takes, and a little more."""
    peak = """import os, runpy, sys
leave = os._exit
def tell(code):
    print([line for line in open("/proc/self/status") if line.startswith("VmPeak")][0].split()[1], file=sys.stderr)
    sys.stderr.flush()
    leave(code)
os._exit = tell
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    node.command = ("/usr/bin/python3", "-c", peak, str(AGENT))
    done = node.begin("monitor", interval=10).finish(0)
    limit = int(done.stderr.split()[-1]) * 1024 + ROOM
    node.command = ("prlimit", f"--as={limit}", str(AGENT))


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("endless", "answer of more than 64 KiB"),
        ("huge_headers", "answer of more than 64 KiB"),
        ("drip", "no answer within 3 s"),
    ],
)
def test_device_that_never_ends_exhausts_neither_memory_nor_time(kind: str, why: str, site: Site) -> None:
    node = site.node()
    node.start()
    with_little_memory(node)
    node.monitor()
    site.fos1.add_fault(kind)
    timeout = 60
    begun = time.monotonic()
    done = node.monitor(expected=DEGRADED, timeout=timeout)
    assert done.reason == f"{site.label('fos1')}: {why}, expected A--B"
    assert time.monotonic() - begun < 0.8 * timeout


def test_memory_is_limited_in_that_test(site: Site) -> None:
    """Else it would prove nothing."""
    node = site.node()
    node.start()
    with_little_memory(node)
    limited = [*node.command[:-1], "/usr/bin/python3", "-c", f"bytearray({4 * ROOM})"]
    node.command = limited
    assert node.begin("").process.wait(60) != 0
    assert shutil.which("prlimit")


def test_device_s_words_do_not_fill_the_log(site: Site) -> None:
    """A text beside a setting of ours that is another at each look is told, as what stayed as it was."""
    numbers = itertools.count()

    def shows(request: bytes) -> bytes:
        lines = [CONFIG_MAGIC, "4_mode=1", "1_sz=0", "1_rm=1", "6_wen=0", "2_wen=1", "2_mhost=" + "x" * 40_000]
        return answer(
            "".join(f"{line}{next(numbers)}\n" if len(line) > 99 else f"{line}\n" for line in lines).encode()
        )

    with TcpServer(shows) as device:
        site.config.write_text(f"[fos1]\nhost = 127.0.0.1:{device.port}\n")
        node = site.node()
        done = node.start()
    assert any("smtpserv stays xxx" in line for line in done.log)
    assert max(map(len, done.log)) < 2100


def test_password_file_that_others_can_write_is_not_trusted(new_site: NewSite) -> None:
    """Whoever writes it says to whom the passwords are sent."""
    site = new_site(topology="xivo-pbx", password="secret")
    node, standby = site.node(), site.node("xivo-3", port_b_node="xivo-3")
    node.start()
    site.forget_requests()
    site.config.chmod(0o602)
    why = f"{site.config}: holds passwords and others can write it; chmod 0600 {site.config}"
    assert why in "".join(node.monitor(expected=DEGRADED).log)
    standby.watch_standby()
    assert standby.tools.attributes["berofos-ready"] == f"no: {why}"
    assert standby.validate(expected=4, level=10).reason == why
    assert standby.start(expected=4).reason == why
    standby.stop()
    assert {request.what for request in site.fos1.requests} <= {"kick", "GET /config.txt"}
    assert site.writes() == []
    site.config.chmod(0o600)
    node.monitor(news=True)
