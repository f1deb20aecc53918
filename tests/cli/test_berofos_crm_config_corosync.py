"""``berofos crm-config --corosync``: a corosync.conf that corosync's own parser takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.operator_site import OperatorSite
from tests.cli.test_berofos_crm_config import NODES
from tests.support.processes import PATH

COROSYNC = ("crm-config", "--topology", "two-xivo", *NODES, "--corosync")
ADDRESSES = (
    *("--node-address", "xivo-1=192.0.2.11,198.51.100.11"),
    *("--node-address", "xivo-2=192.0.2.12,198.51.100.12"),
)


@pytest.mark.parametrize(
    "more", [(), ("--quorum-device", "10.34.1.10"), ("--failover", "fast", "--cluster-name", "a")]
)
def test_corosync_takes_it(two: OperatorSite, more: tuple[str, ...], tmp_path: Path) -> None:
    done = two.berofos(*COROSYNC, *ADDRESSES, *more)
    assert (done.status, done.err) == (0, "")
    key, file = tmp_path / "key", tmp_path / "corosync.conf"
    key.write_bytes(bytes(256))
    # As on xivo-1, with its key, and with places for log and state, which corosync's unit makes.
    text = done.out.replace("192.0.2.11", "127.0.0.1").replace("totem {", f"totem {{\n    keyfile: {key}")
    text = text.replace("/var/log/corosync/", f"{tmp_path}/")
    file.write_text(f"{text}system {{\n    state_dir: {tmp_path}\n}}\n")
    checked = subprocess.run(
        ["corosync", "-t", "-c", file], env={"PATH": PATH}, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_it_is_checked_where_corosync_has_never_run(two: OperatorSite) -> None:
    hidden = "mount -t tmpfs none /var/log && mount -t tmpfs none /var/lib"
    as_new = ("unshare", "--mount", "sh", "-c", f'{hidden} && exec "$@"', "sh")
    done = two.run((*as_new, *two.command), *COROSYNC, *ADDRESSES)
    assert (done.status, done.err) == (0, "")


def test_the_quorum_device_asks_the_devices_of_this_file(two: OperatorSite) -> None:
    given = (*COROSYNC, *ADDRESSES, "--quorum-device", "10.34.1.10")
    asks = f"exec_berofos: /usr/bin/berofos --config {two.config} get --timeout 1"
    assert f"{asks} mode\n" in two.berofos(*given).out
    assert f"{asks} --device fos2 mode\n" in two.berofos(*given, "--device", "fos2").out


def test_what_corosync_refuses_is_an_error(two: OperatorSite) -> None:
    two.tools.put("corosync", "echo 'Nov 27 19:48:22.120 error   [MAIN  ] parse error in config: no' >&2; exit 8")
    done = two.berofos(*COROSYNC, *ADDRESSES)
    assert (done.status, done.out) == (1, "")
    assert "corosync refuses what was made: error   [MAIN  ] parse error in config: no" in done.err


def test_one_link_and_links_that_share_a_network_are_told(two: OperatorSite) -> None:
    one = two.berofos(*COROSYNC, "--node-address", "xivo-1=192.0.2.11", "--node-address", "xivo-2=192.0.2.12")
    assert one.status == 0
    assert "one link only: its end is a split" in one.err
    same = (*("--node-address", "xivo-1=192.0.2.11,192.0.2.21"), *("--node-address", "xivo-2=192.0.2.12,192.0.2.22"))
    assert "192.0.2.11 and 192.0.2.21 seem to be on one network" in two.berofos(*COROSYNC, *same).err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((*COROSYNC,), "--node-address: none for xivo-1, xivo-2"),
        ((*COROSYNC, *ADDRESSES, "--cluster-name", "a b"), "--cluster-name: 'a b' isn't a name"),
        ((*COROSYNC[:-1], *ADDRESSES), "--node-address: goes with --corosync"),
        ((*COROSYNC[:-1], "--failover", "fast"), "--failover: goes with --corosync"),
    ],
)
def test_bad_usage(two: OperatorSite, arguments: tuple[str, ...], complaint: str) -> None:
    done = two.berofos(*arguments)
    assert (done.status, done.out) == (2, "")
    assert complaint in done.err.splitlines()[-1]
