"""From a device's recording to a simulated device that behaves like it.

Client and simulator share no words with each other, lest one's mistake is mirrored in the other. What translates
stands above both. It carries over what was seen, ``config.txt`` as it is: the simulator reads that with its own eyes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from berofos_ra.device import gbl4
from berofos_ra.device.recording import (
    BROKEN,
    INTERVAL_FROM_NEXT_KICK,
    OTHER_BOXES_STAY,
    UNKNOWN_COMMAND,
    Recording,
    Reply,
)
from berofos_ra.device.redaction import PING_SEQUENCE
from berofos_ra.device.traits import login_of
from berofos_ra.errors import BadAnswerError, RecordingError

if TYPE_CHECKING:
    from berofos_ra.simulator.spec import AnswerStyle

_UNAUTHORIZED = 401


def spec_options(recording: Recording, file: str, auth: str | None = None) -> dict[str, Any]:
    """What `DeviceSpec` is to be given, beside name, address, port, MAC and login, for a device that behaves so.

    ``auth`` is what it asks a login with, instead of its own; ``file`` is the recording's, for the error.

    Raises:
        RecordingError: the device asks for a kind of login that the simulator can't play.
    """
    http, scan = recording.http, recording.scan
    options: dict[str, Any] = {
        "latency": http.latency,
        "keep_alive": http.keep_alive,
        "connections": http.connections,
        "config_txt": recording.config,
        "ping_answer": _ping_answer(recording.datagrams.ping),
        "answers": {name: _style(http.exchanges[name]) for name in _styled(recording, auth is None)},
    }
    if scan is not None:
        options |= {
            "firmware": scan.firmware,
            "boot_loader": scan.bootloader,
            "hardware_magic": scan.hardware,
            "phy_configuration": scan.netconf.phy,
            "phy_state": scan.phy_state,
            "access_list": scan.access_list,
        }
    if recording.acceptance is not None:
        outcomes = recording.acceptance.outcomes
        options["form_like"] = outcomes.get(OTHER_BOXES_STAY) == BROKEN
        options["interval_at_once"] = outcomes.get(INTERVAL_FROM_NEXT_KICK) == BROKEN
    login = auth or login_of(recording)
    if login not in ("", "basic", "digest"):
        raise RecordingError(f"{file}: the simulator can't play its kind of login", "send it to the project")
    return {**options, "auth": login} if login else options


def _styled(recording: Recording, with_login: bool) -> list[str]:
    """The exchanges that tell how such a request is answered: those without a login only where one is demanded."""
    demands = recording.http.exchanges["no-login"].status == _UNAUTHORIZED
    left_out = {UNKNOWN_COMMAND} | (set() if with_login and demands else {"no-login", "wrong-login"})
    return [name for name in recording.http.exchanges if name not in left_out]


def _style(reply: Reply) -> AnswerStyle:
    from berofos_ra.simulator.spec import AnswerStyle

    return AnswerStyle(reply.ending, reply.status, reply.protocol, reply.headers, reply.has_body)


def _ping_answer(datagram: bytes | None) -> tuple[int, int]:
    """How many bytes of a ping its answer repeats, and how many zeros follow."""
    try:
        payload = gbl4.decode(datagram or b"")[1]
    except BadAnswerError:
        return 8, 0
    repeated = 0 if payload[:6] == bytes(6) else 6
    repeated += 2 if payload[repeated:].startswith(PING_SEQUENCE.to_bytes(2, "big")) else 0
    return repeated, len(payload) - repeated
