"""``berofos drill``: what it refuses, what it says, and that no rule outlives it. Pacemaker's scheduler is real."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from berofos_ra.cli import berofos
from berofos_ra.errors import ParameterError
from tests.cli.cib_site import CHAIN, THERE, WORKS, CibSite, cib_site
from tests.cli.vendor_site import Running
from tests.support.processes import as_nobody
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(not WORKS, reason="Pacemaker's tools aren't installed")
NOW = ("drill", "--yes", "--timeout", "20")  # a busy machine is no reason to refuse


@pytest.fixture
def site(tmp_path: Path) -> Iterator[CibSite]:
    with cib_site(tmp_path) as one:
        yield one


def refused(site: CibSite, *arguments: str) -> list[str]:
    """What it refuses; nothing may have been changed."""
    before = site.cib.read_text()
    done = site.berofos(*NOW, *arguments)
    assert (done.status, site.cib.read_text()) == (1, before), done
    assert done.out.splitlines()[-1] == "Nothing was changed."
    return [line.removeprefix("refused  ") for line in done.out.splitlines() if line.startswith("refused")]


def test_it_moves_the_lines_there_and_back_and_leaves_no_rule(site: CibSite) -> None:
    with site.pacemaker():
        done = site.berofos(*NOW, "--and-back", "--hold", "1", "--json", "--reason", "quarterly")
    assert done.status == 0, done
    answer = json.loads(done.out)
    assert (answer["version"], answer["ok"], answer["reason"]) == (1, True, "quarterly")
    assert [(leg["from"], leg["to"]) for leg in answer["legs"]] == [("xivo-1", "xivo-2"), ("xivo-2", "xivo-1")]
    for leg in answer["legs"]:
        assert set(leg["relays"]) == {"fos1", "fos2"}
        assert all(0 <= took <= leg["settled_s"] for took in leg["relays"].values())
    assert answer["left_behind"] == answer["problems"] == []
    assert site.rules == 0
    assert [device.relay for device in site] == ["A--B", "A--B"]


def test_it_says_what_it_checked_and_each_step(site: CibSite) -> None:
    with site.pacemaker():
        done = site.berofos(*NOW)
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines[:5]] == ["ok"] * 5
    for words in ("asked: xivo to xivo-2", "fos1 A--B -> A--D", "settled; rule removed; devices and cluster agree"):
        assert any(words in line for line in lines[5:]), lines
    assert lines[-1].startswith("xivo-1 -> xivo-2: relays ")


def test_a_dry_run_looks_and_changes_nothing(site: CibSite) -> None:
    before = site.cib.read_text()
    done = site.berofos("drill", "--dry-run")
    assert (done.status, site.cib.read_text()) == (0, before)
    assert done.out.splitlines()[-1] == "Nothing was changed."
    assert site.writes("fos1") == []


def test_it_asks_before_calls_drop(site: CibSite) -> None:
    no = site.on_terminal(site.command, "drill", answers=[("[y/N] ", "n")])
    assert (no.status, site.rules) == (1, 0)
    assert "Move the lines from xivo-1 to xivo-2? [y/N]" in no.out
    with site.pacemaker():
        yes = site.on_terminal(site.command, "drill", answers=[("[y/N] ", "y")])
    assert yes.status == 0, yes
    assert site.fos1.relay == "A--D"


def test_without_a_terminal_nobody_can_be_asked(site: CibSite) -> None:
    done = site.berofos("drill")
    assert done.status == 2
    assert "--yes" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--hold", "5"),
        ("--within", "5"),
        ("--when-idle", "--and-back"),
        ("--when-idle", "--with-calls"),
        ("--when-idle", "--within", "soon"),
        ("--give-up", "0"),
    ],
)
def test_options_that_make_no_sense_are_wrong_usage(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    def call() -> None:
        args = berofos.make_parser().parse_args([*NOW, *arguments])
        args.run(args)

    with pytest.raises((SystemExit, ParameterError)) as ended:
        call()
    assert arguments[-2] in f"{ended.value}{capsys.readouterr().err}"


def test_only_root_may(site: CibSite) -> None:
    site.folder.chmod(0o755)
    site.config.chmod(0o644)
    done = site.run(as_nobody(*site.command), *NOW)
    assert done.status == 1
    assert "only root may" in done.out


def test_without_a_cluster_there_is_nothing_to_move(site: CibSite) -> None:
    site.cib.unlink()
    done = site.berofos(*NOW)
    assert done.status == 1
    assert "the cluster can't be asked" in done.out


def test_devices_must_answer_and_be_right(site: CibSite) -> None:
    site.fos1.set_settings({"mode": 0})
    site.fos2.add_fault("unplugged")
    found = refused(site, "--timeout", "3")
    assert any("fos1" in line and "relay is A--D, expected A--B" in line for line in found)
    assert any("fos2" in line for line in found)
    assert len(found) == 2


def test_calls_in_progress_are_dropped_only_if_meant(site: CibSite) -> None:
    site.has_calls(3)
    assert refused(site) == ["calls in progress (asterisk here: 3 active channels)"]
    site.has_calls(-1)
    assert refused(site) == ["calls in progress can't be counted: asterisk here doesn't tell"]
    with site.pacemaker():
        assert site.berofos(*NOW, "--with-calls").status == 0


def test_on_the_standby_calls_cannot_be_counted(site: CibSite) -> None:
    site.tools.put("crm_node", f"echo {THERE}")
    (found,) = refused(site)
    assert "that takes asterisk on xivo-1" in found
    assert ["asterisk"] not in [call[:1] for call in site.tools.calls]


def test_it_waits_for_a_moment_without_calls(site: CibSite) -> None:
    site.has_calls(2)
    running = site.begin(site.command, *NOW, "--when-idle")
    assert running.process.stdout is not None
    lines = iter(running.process.stdout.readline, "")
    assert any("asterisk: 2 active channels; waiting" in line for line in lines)
    assert site.rules == 0
    with site.pacemaker():
        site.has_calls(0)
        assert running.finish().status == 0
    assert site.fos1.relay == "A--D"


def test_it_does_not_wait_for_ever(site: CibSite) -> None:
    site.has_calls(2)
    found = refused(site, "--when-idle", "--within", "1s")
    assert found == ["there were calls all the time, for 0:00:01"]


def test_a_site_where_the_lines_would_return_is_no_place_for_a_drill(site: CibSite) -> None:
    home = '<rsc_location id="home" rsc="xivo" node="xivo-1" score="2000"/>'
    site.tool("cibadmin", "--create", "--scope", "constraints", "--xml-text", home)
    (found,) = refused(site)
    assert "the lines would return by themselves" in found


def test_somebody_elses_rule_is_left_alone(site: CibSite) -> None:
    site.tool("crm_resource", "--ban", "--resource", "xivo", "--node", THERE)
    found = refused(site)
    assert any("cli-ban-xivo-on-xivo-2" in line for line in found)
    assert site.rules == 1


def test_what_is_left_of_an_earlier_move_is_removed(site: CibSite) -> None:
    site.tool("crm_resource", "--move", "--resource", "xivo", "--node", THERE, "--lifetime", "PT1S")
    wait_until(lambda: "still there" in site.berofos("drill", "--dry-run").out, "the rule has ended")
    assert site.rules == 1
    with site.pacemaker():
        done = site.berofos(*NOW)
    assert done.status == 0, done
    assert "removed the rule of an earlier move" in done.out
    assert site.rules == 0


def test_in_a_chain_the_device_in_front_stays(tmp_path: Path) -> None:
    with cib_site(tmp_path, CHAIN) as site, site.pacemaker():
        done = site.berofos(*NOW, "--json")
        assert done.status == 0, done
        assert set(json.loads(done.out)["legs"][0]["relays"]) == {"fos2"}
        assert [device.relay for device in site] == ["A--B C--D", "A--D"]


def test_a_short_watchdog_is_no_companion_of_a_drill(tmp_path: Path) -> None:
    with cib_site(tmp_path, CHAIN) as site:
        site.fos1.set_settings({"wdogitime": 20})
        found = refused(site)
        assert any("runs out after 20 s" in line for line in found)


def begin_to_move(site: CibSite, *arguments: str) -> Running:
    """A drill that has asked for the move."""
    running = site.begin(site.command, *NOW, *arguments)
    wait_until(lambda: site.rules == 1 or running.process.poll() is not None, "the move was asked for")
    assert running.process.poll() is None, running.finish()
    return running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_takes_the_rule_back_and_says_where_the_lines_are(site: CibSite, number: int) -> None:
    running = begin_to_move(site)
    running.process.send_signal(number)
    running.process.send_signal(number)  # an impatient one changes nothing
    done = running.finish()
    assert done.status == 130
    assert "interrupted" in done.err
    assert "on xivo-1" in done.err
    assert site.rules == 0


def test_a_reader_that_leaves_stops_nothing(site: CibSite) -> None:
    with site.pacemaker():
        running = site.begin(site.command, *NOW)
        assert running.process.stdout is not None
        running.process.stdout.readline()
        running.process.stdout.close()
        assert running.process.wait() == 0
    assert (site.fos1.relay, site.rules) == ("A--D", 0)


def test_pacemaker_that_does_not_begin_is_no_success(site: CibSite) -> None:
    done = site.berofos(*NOW)
    assert done.status == 1
    assert "do the nodes' clocks agree?" in done.err
    assert site.rules == 0


def test_what_still_goes_on_is_not_called_a_failure(site: CibSite) -> None:
    running = begin_to_move(site, "--give-up", "2")
    pending = 'operation="stop" rc-code="193" op-status="-1" transition-key="9:9:9:x"'
    text = site.cib.read_text()
    asterisk = text.index("<lrm_rsc_op", text.index('uname="xivo-1" in_ccm'))
    end = text.index("/>", asterisk)
    whole = f'<lrm_rsc_op id="asterisk_last_0" operation_key="asterisk_stop_0" call-id="-1" interval="0" {pending}'
    written = site.folder / "written.xml"
    written.write_text(f"{text[:asterisk]}{whole}{text[end:]}")
    written.replace(site.cib)  # at once: the tools read it meanwhile
    done = running.finish()
    assert done.status == 3, done
    assert "not known yet" in done.err
    assert "failed" not in done.err
    assert site.rules == 0


def test_a_rule_that_cannot_be_removed_is_named_with_the_command(site: CibSite) -> None:
    site.tools.put(
        "crm_resource", f'[ "$1 $CIB_file" != "--clear {site.cib}" ] || exit 1\nexec /usr/sbin/crm_resource "$@"'
    )
    with site.pacemaker():
        done = site.berofos(*NOW, "--json")
    assert done.status == 3, done
    assert "crm_resource --clear --resource xivo --node xivo-2" in done.err
    assert json.loads(done.out)["left_behind"] == ["cli-prefer-xivo"]
