"""``berofos history``: the story in the logs given, for people and as JSON; and where there is none to be had."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from tests.cli.vendor_site import BEROFOS, Done
from tests.support.checkout import CHECKOUT
from tests.support.processes import PATH, run

LOG = CHECKOUT / "tests/unit/history/logs/2.1.5-xivo-2.syslog"
LONG_AGO = ("--since", "2026-01-01")


def history(*arguments: str) -> Done:
    done = run((*BEROFOS, "history", *arguments), {"PATH": PATH, "TZ": "UTC"}, CHECKOUT)
    return Done(done.returncode, done.stdout, done.stderr)


def test_people_get_a_line_an_event_and_how_far_the_log_goes() -> None:
    done = history(*LONG_AGO, str(LOG))
    assert (done.status, done.err) == (0, "")
    *story, last = done.out.splitlines()
    assert [line[21:37].rstrip() for line in story] == [
        "lines to xivo-1",
        "moved by hand",
        "xivo-1 -> xivo-2",
        "xivo-2 -> xivo-1",
        "xivo-1 was lost",
        "xivo-2 -> xivo-1",
        "xivo-1 was lost",
        "xivo-2 again",
    ]
    assert last.startswith("xivo-2 has had the lines for ")
    assert "; 5 switches in " in last


def test_machines_get_an_object_a_line(tmp_path: Path) -> None:
    packed = tmp_path / "syslog.2.gz"
    packed.write_bytes(gzip.compress(LOG.read_bytes()))
    done = history(*LONG_AGO, "--json", str(packed))
    assert done.status == 0
    first = json.loads(done.out.splitlines()[0])
    assert first == {
        "at": "2026-11-27T19:46:09.205299+00:00",
        "kind": "start",
        "from": None,
        "to": "xivo-1",
        "devices": ["fos1", "fos2"],
        "seconds": None,
        "by": None,
        "reason": None,
        "source": "xivo-2",
    }


def test_nothing_in_that_time_is_said_with_how_far_the_log_goes() -> None:
    done = history("--since", "2099-01-01", str(LOG))
    assert done.status == 0
    assert "the log reaches back to 2026-11-27" in done.out.splitlines()[-1]
    assert len(done.out.splitlines()) == 2


def test_one_device_alone() -> None:
    assert history(*LONG_AGO, "--json", "--device", "fos9", str(LOG)).out == ""


def test_a_log_that_cannot_be_read_is_named_and_the_others_are_told(tmp_path: Path) -> None:
    broken = tmp_path / "syslog.3.gz"
    broken.write_bytes(gzip.compress(LOG.read_bytes())[:50])
    done = history(*LONG_AGO, str(broken), str(LOG))
    assert done.status == 0
    assert str(broken) in done.err
    done = history(str(tmp_path / "none"))
    assert (done.status, done.out) == (1, "")
    assert str(tmp_path / "none") in done.err
    assert len(done.err.splitlines()) == 1


def test_wrong_usage() -> None:
    for arguments in (("--since", "soon"), ("--since", "999999w"), ("--device", "relay")):
        done = history(*arguments)
        assert (done.status, done.out) == (2, "")
        assert arguments[0] in done.err
