"""How each promise of a device is tried, for `acceptance`. What was seen is judged in `promises`."""

from __future__ import annotations

import contextlib
import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from berofos_ra.device import gbl4, gbl4_client
from berofos_ra.device.names import resolve
from berofos_ra.device.state import DeviceState
from berofos_ra.device.values import Value
from berofos_ra.errors import DeviceError
from berofos_ra.operations import promises
from berofos_ra.operations.bench import Bench, NotTried
from berofos_ra.operations.promises import PROBLEM, Verdict, Write
from berofos_ra.settings import WATCHDOG_OFF

_BOXES = (("scenario", "modedef", "power1def", "power2def"), ("wdogdef", "wdogaudio", "wdogmail"))
_NETWORK_BOXES = ("dhcp", "pwd", "syslog")
_NO_PASSWORD = "wrong-password"  # noqa: S105 - one that nobody has
_LONGER = 40  # s, beyond the interval, for a longer one

Person = Callable[[str], Callable[[], bool]]  # is asked to do something; tells whether they'd rather not


@dataclass(frozen=True)
class Helpers:
    """Whom the walk may ask beside the device.

    ``person``: None when nobody is at the terminal. ``ready``: what the cluster's other nodes that have this device
    tell of themselves, by node.
    """

    person: Person | None = None
    ready: Mapping[str, str] = field(default_factory=dict)


def scan(bench: Bench) -> gbl4.ScanAnswer | None:
    """Its answer to a discovery; None: there was none."""
    with contextlib.suppress(DeviceError):
        for found in gbl4_client.scan(bench.config.host, bench.timeout):
            return found
    return None


def try_text(bench: Bench, _: Helpers) -> Verdict:
    """Read it once."""
    return promises.judge_text(bench.text())


def try_discovery(bench: Bench, _: Helpers) -> Verdict:
    """Scan and ping it."""
    found, host, mac = scan(bench), bench.config.host, bench.mac
    refused = None if mac is None else _refused(lambda: gbl4_client.ping(host, mac, bench.timeout))
    return promises.judge_discovery(found, bench.config.mac, bench.read(), refused)


def try_boxes(bench: Bench, _: Helpers) -> Verdict:
    """Set each box alone, both ways, while the others are set; in the end all other than before, for a while."""
    with contextlib.suppress(NotTried):
        bench.need({"mode": False})  # where the scenario moves nothing
    bench.wait(bench.pace.hold)  # a device that forgets moves its relay by itself, and not by what is written next
    before = bench.read()
    groups = [{k: before.get(k) for k in group if k in before.values} for group in _BOXES]
    turned = {k: not v for group in groups for k, v in group.items()}
    writes: list[Write] = []
    for values in _box_writes(groups):
        writes.append(bench.write(values))
        if writes[-1].shown_after is None:
            return promises.judge_writes(writes, {}, {}, bench.pace)
    bench.wait(bench.pace.hold)
    later = bench.read().values
    for group in groups:
        bench.write(group)
    return promises.judge_writes(writes, turned, later, bench.pace)


def _box_writes(groups: Sequence[Mapping[str, Value]]) -> Iterator[Mapping[str, Value]]:
    for group in groups:
        for keyword in group:
            yield dict.fromkeys(group, True)
            yield {keyword: True}
            yield {keyword: False}
        yield {k: not v for k, v in group.items()}


def try_switch(bench: Bench, _: Helpers) -> Verdict:
    """Move the relay away, for a while, and back."""
    mode = bench.read().mode
    away = bench.write({"mode": not mode})
    bench.wait(bench.pace.hold)
    later = bench.read().values
    return promises.judge_switch([away, bench.write({"mode": mode})], later, bench.pace)


def try_repeat(bench: Bench, _: Helpers) -> Verdict:
    """Write the relay mode that it has, and look."""
    mode = bench.read().mode
    bench.send({"mode": mode})
    return promises.judge_repeat(mode, [state.mode for state in bench.watch(1.0)])


def try_arm(bench: Bench, _: Helpers) -> Verdict:
    """Arm the watchdog."""
    interval = bench.write({"wdogitime": bench.pace.interval})
    if interval.shown_after is None:
        return promises.judge_writes([interval], {}, {}, bench.pace)
    write = bench.write({"wdog": True})
    return promises.judge_armed(bench.read(), write.shown_after, bench.pace)


def try_interval(bench: Bench, _: Helpers) -> Verdict:
    """Write a longer interval while the watchdog counts, then kick."""
    _need_armed(bench)
    before = _left(bench.read())
    longer = bench.pace.interval + _LONGER
    bench.need({"wdogitime": longer})
    at_once = _left(bench.read())
    bench.send({"wdog": True})
    state = bench.until(lambda state: _left(state) > before, bench.pace.shown_within)
    return promises.judge_interval(before, at_once, _left(state), longer)


def try_http_kick(bench: Bench, _: Helpers) -> Verdict:
    """Arm the armed watchdog."""
    return _try_kick(bench, lambda: bench.send({"wdog": True}))


def try_address_kick(bench: Bench, _: Helpers) -> Verdict:
    """Kick by GBL4 at its address."""
    host, mac = bench.config.host, _mac(bench)
    return _try_kick(bench, lambda: gbl4_client.kick(host, mac, bench.timeout))


def try_broadcast_kick(bench: Bench, _: Helpers) -> Verdict:
    """Kick by GBL4 to all, where that reaches it."""
    if not _is_near(bench.config.require_host()):
        raise NotTried("no network of this machine has it, so a broadcast doesn't reach it")
    mac = _mac(bench)
    return _try_kick(bench, lambda: gbl4_client.kick(None, mac, bench.timeout))


def _try_kick(bench: Bench, kick: Callable[[], None]) -> Verdict:
    _need_armed(bench)
    lost = bench.pace.interval - bench.pace.drop
    state = bench.until(lambda state: _left(state) <= lost, bench.pace.drop + bench.pace.tolerance)
    before = _left(state)
    if before > lost:
        return Verdict(PROBLEM, f"its countdown stands still: {before} s left")
    error = _refused(kick)
    state = bench.until(lambda state: _left(state) > before, bench.pace.shown_within)
    return promises.judge_kick(promises.Kick(before, _left(state), error), state)


def _refused(ask: Callable[[], None]) -> str | None:
    """Why the device doesn't do it; None: it does."""
    try:
        ask()
    except DeviceError as error:
        return str(error)
    return None


def try_run_out(bench: Bench, _: Helpers) -> Verdict:
    """Leave the watchdog alone with a short interval, then turn it off."""
    bench.need({"wdog": False}, {"mode": True}, {"wdogitime": bench.pace.short}, {"wdog": True})
    begun = time.monotonic()
    bench.send({"wdog": True})
    state = bench.until(lambda state: not state.mode, bench.pace.short + bench.pace.looked_for)
    fell_after = None if state.mode else time.monotonic() - begun
    bench.send({"wdog": False})
    cleared = bench.until(lambda state: state.get("wdogstate") == WATCHDOG_OFF)
    if cleared.get("wdogstate") != WATCHDOG_OFF:
        bench.need({"wdogitime": bench.pace.interval}, {"wdog": True})
    bench.need({"wdog": False})
    return promises.judge_run_out(fell_after, state, cleared.get("wdogstate") == WATCHDOG_OFF, bench.pace)


def try_power_ports(bench: Bench, _: Helpers) -> Verdict:
    """Switch each power port there and back."""
    writes: list[Write] = []
    for keyword in ("power1", "power2"):
        is_on = bool(bench.read().get(keyword))
        writes += [bench.write({keyword: not is_on}), bench.write({keyword: is_on})]
    return promises.judge_writes(writes, {}, {}, bench.pace)


def try_login(bench: Bench, _: Helpers) -> Verdict:
    """Ask with a wrong login and without, turn the demand off, ask without, turn it on.

    Boxes of network and login are written together: nobody is to lose a device that clears what a form leaves out.
    A device without a demanded login is left alone: nobody can read which password it would demand.
    """
    config, state = bench.config, bench.read()
    if not state.get("pwd") or config.password is None:
        raise NotTried("it demands no login, and its password can't be read: berofos password sets one")
    boxes: dict[str, Value] = {k: state.get(k) for k in _NETWORK_BOXES if k in state.values}
    refused = {
        "a wrong one, too": not bench.reads_as(config.user, _NO_PASSWORD),
        "without one, too": not bench.reads_as(None, None),
    }
    off = bench.write({**boxes, "pwd": False})
    is_open = bench.reads_as(None, None)
    bench.need({**boxes, "pwd": True})
    refused["without one once it was off"] = not bench.reads_as(None, None)
    return promises.judge_login(refused, is_open, bench.pace, off.shown_after)


def try_power_cycle(bench: Bench, helpers: Helpers) -> Verdict:
    """Have a person pull its plug, and look how it comes back."""
    if helpers.person is None:
        raise NotTried("nobody is at a terminal to pull its plug")
    bench.need({"wdog": False}, {"modedef": True}, {"mode": False})
    state = bench.read()
    wanted = {"mode": True, "wdog": bool(state.get("wdogdef"))}
    wanted |= {k: bool(state.get(f"{k}def")) for k in ("power1", "power2") if f"{k}def" in state.values}
    is_skipped = helpers.person("Pull the plug now, wait a moment, and put it back")
    deadline = time.monotonic() + bench.pace.power_cycle
    gone_at: float | None = None
    while True:
        if is_skipped() or time.monotonic() >= deadline:
            raise NotTried("its plug wasn't pulled")
        seen = bench.glance()
        if seen is None:
            gone_at = gone_at or time.monotonic()
        elif gone_at is not None or seen.mode:
            break
        bench.wait(0.2)
    dark = 0.0 if gone_at is None else time.monotonic() - gone_at
    return promises.judge_power_cycle(bench.read(), wanted, dark)


def try_other_nodes(_: Bench, helpers: Helpers) -> Verdict:
    """Nothing is asked here: the cluster's nodes tell."""
    return promises.judge_other_nodes(helpers.ready)


def try_answers(bench: Bench, _: Helpers) -> Verdict:
    """All requests so far."""
    return promises.judge_answers(bench.requests, bench.slowest, bench.errors)


def _need_armed(bench: Bench) -> None:
    if bench.read().get("wdogitime") != bench.pace.interval or not bench.read().watchdog_on:
        bench.need({"wdogitime": bench.pace.interval})
        bench.send({"wdog": False})
        bench.need({"wdog": True})


def _left(state: DeviceState) -> int:
    """The watchdog's seconds."""
    return int(state.get("wdogrtime"))


def _mac(bench: Bench) -> str:
    if bench.mac is None:
        raise NotTried("its MAC is unknown")
    return bench.mac


def _is_near(host: str) -> bool:
    """Whether a network of this machine, but for loopback, has the host."""
    import ifaddr  # only a broadcast needs it

    address = ipaddress.IPv4Address(resolve(host))
    own = [ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
    nets = [ipaddress.ip_network(f"{ip.ip}/{ip.network_prefix}", strict=False) for ip in own]
    return any(address in net for net in nets if not net.is_loopback)
