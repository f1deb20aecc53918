"""``berofos pause`` and ``resume``: in which order, what is taken back, and what they leave alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.cib_site import CHAIN, WORKS, CibSite, cib_site
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(not WORKS, reason="Pacemaker's tools aren't installed")
UNMANAGED = 'name="is-managed" value="false"'
MAINTENANCE = 'name="maintenance-mode" value="true"'


END_MONITORS = """cibadmin --delete-all --force --xpath "//lrm_rsc_op[@operation='monitor']\""""
# In maintenance mode Pacemaker ends its monitors.
CRM_ATTRIBUTE = """/usr/sbin/crm_attribute "$@" || exit
case "$*" in *maintenance-mode*true*) {then} ;; esac"""


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[CibSite]:
    """fos1 in front, guarded by its watchdog; fos2 behind it."""
    with cib_site(tmp_path, CHAIN) as one:
        one.tools.put("crm_attribute", CRM_ATTRIBUTE.format(then=END_MONITORS))
        yield one


def mark(site: CibSite) -> str:
    """What crm_mon -A shows of the pause."""
    return next((line.strip() for line in site.tool("crm_mon", "-1A").splitlines() if "berofos-paused" in line), "")


def armed(site: CibSite) -> bool:
    return bool(site.fos1.settings["wdogstate"] == 1)


def test_the_relays_alone_are_left_alone_and_given_back(chain: CibSite) -> None:
    before = chain.cib.read_text().count("is-managed")
    done = chain.berofos("pause", "--reason", "fan: fos2")
    assert (done.status, done.err) == (0, "")
    assert "berofos-relay, berofos-bypass: unmanaged; monitors go on and kick" in done.out
    text = chain.cib.read_text()
    assert (text.count(UNMANAGED), MAINTENANCE in text, armed(chain)) == (2, False, True)
    assert "root: fan: fos2" in mark(chain)

    again = chain.berofos("pause", "--cluster")
    assert again.status == 1
    assert "refused: paused since" in again.err
    dry = chain.berofos("resume", "--dry-run")
    assert (dry.status, chain.cib.read_text()) == (0, text)

    resumed = chain.berofos("resume")
    assert resumed.status == 0, resumed
    text = chain.cib.read_text()
    assert (text.count("is-managed"), "berofos-paused" in text, "berofos-pause-undo" in text) == (
        before,
        False,
        False,
    )
    assert chain.writes("fos1") == chain.writes("fos2") == []


def test_what_somebody_else_unmanaged_stays_so(chain: CibSite) -> None:
    unmanage = ("--meta", "--set-parameter", "is-managed", "--parameter-value", "false")
    chain.tool("crm_resource", "--resource", "berofos-bypass", *unmanage)
    assert chain.berofos("pause").out.startswith("berofos-relay: unmanaged")
    (undo,) = [line for line in chain.cib.read_text().splitlines() if "berofos-pause-undo" in line]
    assert 'value="relays berofos-relay"' in undo


def test_the_whole_cluster_is_paused_once_the_watchdogs_are_off(chain: CibSite) -> None:
    done = chain.berofos("pause", "--cluster", "--reason", "asterisk upgrade", "--json")
    assert done.status == 0, done
    answer = json.loads(done.out)
    assert (answer["paused"], answer["mode"], answer["by"], answer["reason"], answer["watchdogs"]) == (
        *(True, "cluster", "root", "asterisk upgrade"),
        {"fos1": "off"},
    )
    assert (MAINTENANCE in chain.cib.read_text(), armed(chain)) == (True, False)
    assert [device.relay for device in chain] == ["A--B C--D", "A--B"]


def test_a_monitor_under_way_that_arms_the_watchdog_once_more_has_not_the_last_word(chain: CibSite) -> None:
    asked, go_on, looks = (chain.folder / name for name in ("asked", "go-on", "looks"))
    looks.touch()
    chain.tools.put("crm_mon", f'if [ -e {asked} ]; then echo >>{looks}; fi\nexec /usr/sbin/crm_mon "$@"')
    later = f"(: >{asked}; until [ -e {go_on} ]; do sleep 0.05; done; {END_MONITORS}) >/dev/null 2>&1 &"
    chain.tools.put("crm_attribute", CRM_ATTRIBUTE.format(then=f"\n{later}\n"))
    running = chain.begin(chain.command, "pause", "--cluster")
    wait_until(lambda: len(looks.read_text()) > 1, "it waits for the monitors, which haven't ended yet")
    chain.fos1.set_settings({"wdog": 1})
    go_on.touch()
    done = running.finish()
    assert (done.status, armed(chain)) == (0, False), done


def test_where_a_watchdog_cannot_be_turned_off_nothing_is_paused(chain: CibSite) -> None:
    chain.fos1.add_fault("ignore_writes")
    done = chain.berofos("pause", "--cluster")
    assert done.status == 1
    assert "not paused; what had been done was taken back" in done.err
    text = chain.cib.read_text()
    assert (MAINTENANCE in text, "berofos-paused" in text) == (False, False)


def test_where_nobody_knows_of_a_watchdog_it_refuses(chain: CibSite) -> None:
    chain.fos1.add_fault("unplugged")
    before = chain.cib.read_text()
    done = chain.berofos("pause", "--cluster", "--timeout", "1")
    assert done.status == 1
    assert "nobody knows whether its watchdog is armed" in done.err
    assert chain.cib.read_text() == before


def test_where_pacemaker_refuses_maintenance_the_watchdogs_are_armed_again(chain: CibSite) -> None:
    chain.tools.put(
        "crm_attribute", 'case "$*" in *maintenance-mode*) exit 1 ;; esac\nexec /usr/sbin/crm_attribute "$@"'
    )
    done = chain.berofos("pause", "--cluster")
    assert done.status == 1
    assert (armed(chain), "berofos-paused" in chain.cib.read_text()) == (True, False)


def test_a_watchdog_that_can_not_be_armed_again_is_left_to_resume(chain: CibSite) -> None:
    asked, go_on = chain.folder / "asked", chain.folder / "go-on"
    chain.tools.put(
        "crm_attribute",
        f'case "$*" in *maintenance-mode*) : >{asked}; until [ -e {go_on} ]; do sleep 0.05; done; exit 1 ;; esac\n'
        'exec /usr/sbin/crm_attribute "$@"',
    )
    running = chain.begin(chain.command, "pause", "--cluster")
    wait_until(asked.exists, "the watchdogs are off")
    chain.fos1.add_fault("ignore_writes")
    go_on.touch()
    done = running.finish()
    assert done.status == 1
    assert "nothing guards its lines; berofos resume arms that watchdog" in done.err
    assert "taken back" not in done.err
    assert (armed(chain), "berofos-paused" in chain.cib.read_text()) == (False, True)


def test_lines_fall_back_only_on_purpose(chain: CibSite) -> None:
    arguments = ("pause", "--cluster", "--let-fall-back")
    assert chain.berofos("pause", "--let-fall-back").status == 2
    assert chain.berofos(*arguments).status == 2  # nobody to ask
    no = chain.on_terminal(chain.command, *arguments, answers=[("[y/N] ", "n")])
    assert (no.status, MAINTENANCE in chain.cib.read_text()) == (1, False)
    assert "the lines go to the PBX" in no.out
    assert chain.berofos(*arguments, "--yes").status == 0
    assert (MAINTENANCE in chain.cib.read_text(), armed(chain)) == (True, True)


def test_a_dry_run_says_what_would_be_done(chain: CibSite) -> None:
    before = chain.cib.read_text()
    done = chain.berofos("pause", "--cluster", "--dry-run")
    assert done.status == 0
    assert "watchdog would be turned off" in done.out
    told = json.loads(chain.berofos("pause", "--cluster", "--dry-run", "--json").out)
    assert (told["paused"], told["mode"], told["watchdogs"]) == (False, "cluster", {"fos1": "on"})
    assert (chain.cib.read_text(), armed(chain)) == (before, True)


def test_maintenance_of_somebody_else_is_not_ours(chain: CibSite) -> None:
    chain.tool("crm_attribute", "--type", "crm_config", "--name", "maintenance-mode", "--update", "true")
    for command in ("pause", "resume"):
        done = chain.berofos(command)
        assert done.status == 1
        assert "berofos pause" in done.err
    assert MAINTENANCE in chain.cib.read_text()


def test_where_nothing_is_paused_there_is_nothing_to_resume(chain: CibSite) -> None:
    done = chain.berofos("resume")
    assert (done.status, done.out) == (0, "nothing is paused\n")


def test_a_relay_that_was_moved_by_hand_is_not_moved_back_unasked(chain: CibSite) -> None:
    assert chain.berofos("pause").status == 0
    chain.fos2.set_settings({"mode": 0})
    refused = chain.berofos("resume")
    assert refused.status == 1
    assert f"{chain.label('fos2')}: relay is A--D, expected A--B" in refused.out
    assert UNMANAGED in chain.cib.read_text()
    assert chain.berofos("resume", "--yes").status == 0
    assert UNMANAGED not in chain.cib.read_text()
