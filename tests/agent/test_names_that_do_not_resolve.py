"""A device's host name that no longer resolves: what runs keeps its address, and a start moves nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.agent.conftest import NewSite
from tests.agent.site import AGENT, Node, Site
from tests.support.addresses import own_address


@contextmanager
def a_name_server() -> Iterator[str]:
    """An address on whose port 53 nobody ever answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind((own_address(), 53))
        yield deaf.getsockname()[0]


def resolving(node: Node, hosts: str, name_server: str) -> None:
    """The agent where this is /etc/hosts, and that the name server."""
    folder = node.run_directory.parent
    for name, text in (
        ("hosts", hosts),
        ("resolv.conf", f"nameserver {name_server}\n"),
        ("nsswitch.conf", "hosts: files dns\n"),
    ):
        (folder / name).write_text(text)
    files = "; ".join(f'mount --bind "$0/{name}" /etc/{name}' for name in ("hosts", "resolv.conf", "nsswitch.conf"))
    node.command = ("unshare", "--mount", "sh", "-c", f'set -e; {files}; exec "$@"', str(folder), str(AGENT))


@pytest.mark.parametrize("deaf", [False, True], ids=["refused", "silent"])
def test_name_that_stops_resolving_moves_nothing(deaf: bool, two: Site) -> None:
    node = two.node()
    name = "fos1.example.net"
    two.config.write_text(two.config.read_text().replace(two.fos1.address, name))
    nobody = "127.0.0.0"
    with a_name_server() as silent:
        resolving(node, f"{two.fos1.address} {name}\n", silent)
        node.start()
        resolving(node, "", silent if deaf else nobody)
        timeout = 16.0
        node.begin("monitor", interval=10, timeout=timeout).finish(0, within=timeout * 0.8)
        assert [device.relay for device in two] == ["A--B", "A--B"]
        node.begin("stop", timeout=timeout).finish(0, within=timeout * 0.8)


@pytest.mark.parametrize("deaf", [False, True], ids=["refused", "silent"])
def test_name_that_does_not_resolve_is_no_device_to_start_with(deaf: bool, site: Site) -> None:
    node = site.node()
    name = "fos1.example.net"
    site.config.write_text(site.config.read_text().replace(site.fos1.address, name))
    with a_name_server() as silent:
        resolving(node, "", silent if deaf else "127.0.0.0")
        timeout = 16.0
        done = node.begin("start", timeout=timeout).finish(1, within=timeout * 0.8)
        why = "name server is slow" if deaf else "host name can't be resolved"
        assert f"fos1 ({name}:{site.fos1.port}): {why}" in done.reason
        assert site.fos1.relay == "A--D"


def test_stop_with_bypass_needs_no_name_server(pbx: Site) -> None:
    node = pbx.node()
    name = "fos1.example.net"
    pbx.config.write_text(pbx.config.read_text().replace(pbx.fos1.address, name))
    with a_name_server() as silent:
        resolving(node, f"{pbx.fos1.address} {name}\n", silent)
        node.start()
        resolving(node, "", silent)
        node.begin("stop", timeout=8).finish(0)
        assert pbx.fos1.relay == "A--D"


def test_stop_says_of_a_device_without_an_address_that_it_has_none(new_site: NewSite) -> None:
    """Start has left it out, and so there is nothing of it to give away."""
    site = new_site(("fos1", "fos2"), topology="xivo-pbx")
    node = site.node(devices="all")
    site.config.write_text(site.config.read_text().replace(f"host = {site.fos2.address}", "host = #"))
    node.start()
    done = node.stop()
    assert site.fos1.relay == "A--D"
    assert "fos2 (no host): it has no address, expected A--D" in done.stderr
