"""A device that dies while a stop gives its lines to the PBX: the lines never end at a dead XiVO."""

from __future__ import annotations

from tests.agent.site import Site

AWAY = "A--D"


def test_between_the_relay_and_the_watchdog(pbx: Site) -> None:
    node = pbx.node()
    node.start()
    pbx.forget_requests()
    pbx.fos1.add_fault("reboot", settings=["mode"], seconds=3600)
    assert "fall back by itself" in "".join(node.stop().log)
    assert pbx.writes() == ["cmd=4&mode=0"], "the watchdog stays armed until the relay is seen away"
    assert pbx.fos1.relay == AWAY


def test_before_the_relay(pbx: Site) -> None:
    """Nothing arrives any more: the watchdog, still armed, gives the lines back."""
    node = pbx.node(watchdog_interval="4")
    node.start()
    pbx.fos1.add_fault("hang", on="write")
    node.stop()
    pbx.fos1.wait_for_event(event="watchdog ran out")
    assert pbx.fos1.relay == AWAY


def test_at_the_watchdog(pbx: Site) -> None:
    """The relay has been seen away: a watchdog that runs out then is harmless, and no reason to fail."""
    node = pbx.node()
    node.start()
    pbx.forget_requests()
    pbx.fos1.add_fault("late_effect", settings=["wdog"], seconds=3600)
    node.stop()
    assert pbx.writes()[:2] == ["cmd=4&mode=0", "cmd=6&wen=0"]
    assert (pbx.fos1.relay, pbx.fos1.settings["wdogstate"]) == (AWAY, 1)
