"""The generated corosync.conf: what it says, and what is refused. That corosync takes it tests/cli sees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from berofos_ra.crmconfig.corosync import (
    FAILOVERS,
    Corosync,
    Member,
    check_cluster_name,
    heuristics,
    parse_addresses,
    render,
)
from berofos_ra.crmconfig.protection import UNPROTECTED
from berofos_ra.errors import ParameterError

EXAMPLES = Path(__file__).parents[3] / "crm-examples"
NODES = ("xivo-1", "xivo-2")
MEMBERS = (Member("xivo-1", ("10.34.2.11", "10.34.1.11")), Member("xivo-2", ("10.34.2.12", "10.34.1.12")))


def settings(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if not line.startswith("#")]


def test_both_links_and_the_secret_are_there() -> None:
    lines = settings(render(Corosync(MEMBERS)))
    for needed in (
        "ring0_addr: 10.34.2.12",
        "ring1_addr: 10.34.1.12",
        "crypto_cipher: aes256",
        "crypto_hash: sha256",
    ):
        assert needed in lines
    assert "ONE LINK ONLY" not in render(Corosync(MEMBERS))
    assert "ONE LINK ONLY" in render(Corosync(tuple(Member(each.name, each.addresses[:1]) for each in MEMBERS)))


@pytest.mark.parametrize("name", FAILOVERS)
def test_the_token_is_chosen_by_name(name: str) -> None:
    text = render(Corosync(MEMBERS, failover=name))
    assert f"token: {FAILOVERS[name].token}" in settings(text)
    assert f"noticed after {FAILOVERS[name].token * 2.2 / 1000:.1f} s" in text


def test_what_waits_for_the_third_vote_waits_for_the_heuristics_too() -> None:
    for failover in FAILOVERS.values():
        text = render(Corosync(MEMBERS, quorum_device="qnetd", heuristics="/bin/true", failover="fast"))
        sync_limits = [int(found) for found in re.findall(r"sync_timeout: (\d+)", text)]
        assert sync_limits[0] > sync_limits[1]
        assert failover.qdevice_sync > failover.qdevice


def test_who_decides_is_two_node_or_the_quorum_device() -> None:
    alone = settings(render(Corosync(MEMBERS)))
    assert "two_node: 1" in alone
    assert not any("device" in line for line in alone)
    voted = settings(render(Corosync(MEMBERS, quorum_device="10.34.1.10", heuristics=heuristics(None, ()))))
    assert "two_node: 1" not in voted
    assert "host: 10.34.1.10" in voted
    assert "exec_berofos: /usr/bin/berofos get --timeout 1 mode" in voted
    three = (*MEMBERS, Member("xivo-3", ("10.34.2.13", "10.34.1.13")))
    assert "two_node: 1" not in settings(render(Corosync(three)))
    assert "two_node: 1" not in settings(render(Corosync(MEMBERS[:1])))


def test_the_devices_are_asked_that_were_chosen() -> None:
    asked = heuristics("/srv/my devices.conf", ("fos1", "fos2"))
    assert asked == (
        '/usr/bin/berofos --config "/srv/my devices.conf" get --timeout 1 --device fos1 --device fos2 mode'
    )
    with pytest.raises(ParameterError):
        heuristics('/srv/"', ())


def test_only_without_protection_the_split_is_told_of() -> None:
    assert render(Corosync(MEMBERS)).startswith(f"# {UNPROTECTED[0]}\n# {UNPROTECTED[1]}\n")
    for given in (Corosync(MEMBERS, fenced=True), Corosync(MEMBERS, quorum_device="q"), Corosync(MEMBERS[:1])):
        assert UNPROTECTED[0] not in render(given)


def test_the_examples_are_what_the_generator_makes() -> None:
    voted = Corosync(MEMBERS, quorum_device="10.34.1.10", heuristics=heuristics(None, ()))
    for name, made in (("corosync.conf", Corosync(MEMBERS)), ("corosync-quorum-device.conf", voted)):
        assert (EXAMPLES / name).read_text(encoding="utf-8") == render(made)


def test_addresses_are_given_by_node() -> None:
    given = ("xivo-2=10.34.2.12,10.34.1.12", "xivo-1=10.34.2.11,10.34.1.11")
    assert parse_addresses(given, NODES) == MEMBERS


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ((), "none for xivo-1, xivo-2"),
        (("xivo-1=10.0.0.1",), "none for xivo-2"),
        (("xivo-1",), "expected NODE=ADDRESS"),
        (("xivo-9=10.0.0.1",), "'xivo-9' isn't one of xivo-1, xivo-2"),
        (("xivo-1=10.0.0.1", "xivo-1=10.0.0.2"), "xivo-1 is given twice"),
        (("xivo-1=10.0.0.1", "xivo-2=host"), "'host' isn't an IP address"),
        (("xivo-1=10.0.0.1", "xivo-2=10.0.0.2,"), "'' isn't an IP address"),
        (("xivo-1=10.0.0.1", "xivo-2=10.0.0.2,10.0.1.2"), "as many addresses"),
        (("xivo-1=10.0.0.1", "xivo-2=10.0.0.1"), "10.0.0.1 is there twice"),
    ],
)
def test_addresses_that_make_no_sense(given: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(ParameterError, match=complaint):
        parse_addresses(given, NODES)


def test_the_name_of_the_cluster_is_a_word() -> None:
    assert check_cluster_name("site-1") == "site-1"
    for text in ("", "a b", "a\n}", "x" * 65):
        with pytest.raises(ParameterError):
            check_cluster_name(text)


@pytest.mark.parametrize("path", ['/srv/"', "/srv/\\", "/srv/a{b", "/srv/a\tb"])
def test_a_path_that_corosync_would_read_otherwise_is_refused(path: str) -> None:
    """To corosync's parser a bracket begins a section, and to its quorum device blanks of any kind part words."""
    with pytest.raises(ParameterError, match="--config"):
        heuristics(path, ())
