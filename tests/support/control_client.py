"""Calls to the control interface that `berofos_ra.simulator.control` describes. ``where`` is its ADDRESS:PORT."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, cast
from urllib.parse import quote

from berofos_ra.errors import BerofosError
from berofos_ra.simulator import events as event_log

_TIMEOUT = 30.0  # s
_POLL = 0.02  # s
# The environment's proxies are for the internet.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ControlError(BerofosError):
    """The control interface didn't answer, or refused."""


def devices(where: str) -> list[dict[str, Any]]:
    """The state of every device."""
    return cast("list[dict[str, Any]]", _call(where, "GET", "/devices"))


def device(where: str, name: str) -> dict[str, Any]:
    """The state of one: name, address, port, gbl4_port, mac, firmware, powered, relay, settings, faults, ..."""
    return cast("dict[str, Any]", _call(where, "GET", _path(name)))


def power(where: str, name: str, on: bool, flash: bool = False, factory: bool = False) -> None:
    """Take or give power; ``flash``: into flash mode; ``factory``: with the settings as delivered."""
    _call(where, "PUT", _path(name, "power"), {"on": on, "flash": flash, "factory": factory})


def set_settings(where: str, name: str, settings: Mapping[str, object]) -> None:
    """Change settings by hand, by keyword."""
    _call(where, "PUT", _path(name, "settings"), settings)


def faults(where: str, name: str) -> list[dict[str, Any]]:
    """The faults that it has."""
    return cast("list[dict[str, Any]]", _call(where, "GET", _path(name, "faults")))


def add_fault(where: str, name: str, kind: str, **options: object) -> None:
    """Have it misbehave; kinds and options are in ``fault_kinds``."""
    _call(where, "POST", _path(name, "faults"), {"kind": kind, **options})


def clear_faults(where: str, name: str, kind: str | None = None) -> None:
    """Have it behave well again; ``kind``: only that fault goes."""
    _call(where, "DELETE", _path(name, "faults") + (f"?kind={quote(kind, safe='')}" if kind else ""))


def requests(where: str, name: str) -> list[dict[str, Any]]:
    """What it was asked: time, monotonic, kind, what, source, status, write."""
    return cast("list[dict[str, Any]]", _call(where, "GET", _path(name, "requests")))


def clear_requests(where: str, name: str) -> None:
    """Forget what it was asked."""
    _call(where, "DELETE", _path(name, "requests"))


def events(where: str, since: int = 0, **fields: object) -> list[dict[str, Any]]:
    """The events after number ``since`` with these fields (``device="fos1", event="relay"``)."""
    answer = cast("list[dict[str, Any]]", _call(where, "GET", f"/events?since={since}"))
    return [event for event in answer if event_log.matches(event, fields)]


def clicks(where: str, name: str, since: int = 0) -> list[dict[str, Any]]:
    """Those of a device's events after number ``since`` that are a change of its relay's position."""
    return event_log.clicks(events(where, since), name)


def wait_for_event(where: str, timeout: float = 60.0, since: int = 0, **fields: object) -> dict[str, Any]:
    """The first event after number ``since`` with these fields; TimeoutError after ``timeout`` s."""
    deadline = time.monotonic() + timeout
    while not (found := events(where, since, **fields)):
        if time.monotonic() >= deadline:
            raise TimeoutError(f"no event {fields} within {timeout} s")
        time.sleep(_POLL)
    return found[0]


def _path(name: str, what: str = "") -> str:
    return f"/devices/{quote(name, safe='')}" + (f"/{what}" if what else "")


def _call(where: str, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://{where}{path}", data, headers, method=method)
    try:
        with _OPENER.open(request, timeout=_TIMEOUT) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise ControlError(f"simulator at {where}: {_reason(error)}") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ControlError(f"simulator at {where} doesn't answer: {reason}") from None


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"status {error.code}"
