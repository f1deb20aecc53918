"""A device's password and the config file's login line, changed together so that nobody is locked out.

Order: the device takes the new password, then demands it, then it is proved by logging in; only then is the file
written. Whatever fails on the way is undone, as far as the device can be reached. Should even that fail, or the
machine die in between, the same command with the same password puts it right: it tries the new login too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.device import READ_REQUESTS, Device, apply_requests
from berofos_ra.device.values import parse_value
from berofos_ra.errors import (
    BadAnswerError,
    BerofosError,
    DeviceError,
    DeviceTimeoutError,
    LoginRefusedError,
    NoEffectError,
    ParameterError,
)
from berofos_ra.settings import BY_KEYWORD

_ATTEMPTS = 2  # a request may get lost
_USER = "admin"  # the device knows no other
_LOGINS = 2  # the present and the new one
# That `change_password` may take, silent ones and taking it back included; for its deadline.
MAX_REQUESTS = _LOGINS * READ_REQUESTS + (2 + READ_REQUESTS) + _LOGINS * (1 + apply_requests(1))


def check_password(password: str) -> None:
    """Refuse what the device or the config file couldn't hold.

    Raises:
        ParameterError: too long, empty, or with characters that one of them may change. It isn't quoted.
    """
    parse_value(BY_KEYWORD["apwd"], password)
    if not password:
        raise ParameterError("password: empty")
    if password != password.strip():
        raise ParameterError("password: spaces at its beginning or end wouldn't survive in the config file")


def change_password(berofos: Device, password: str, save: Callable[[str, str], None]) -> None:
    """Set the password and have the device demand it; ``save`` then writes name and login into the config file.

    Raises:
        DeviceError: the device doesn't take it, or not surely; its advice says what holds now.
        BerofosError: what ``save`` raised; the device has its old password back.
    """
    check_password(password)
    new = berofos.config._replace(user=_USER, password=password)
    works, demanded = _present_login(berofos, new)
    try:
        for attempt in range(1, _ATTEMPTS + 1):
            with contextlib.suppress(DeviceTimeoutError, BadAnswerError, LoginRefusedError):  # the proof decides
                _write(berofos, works, "apwd", password)
                if not demanded:
                    _write(berofos, new, "pwd", True)
            try:
                _prove(berofos, new)
                break
            except NoEffectError:
                if attempt == _ATTEMPTS:
                    raise
        save(new.name, f"{_USER}:{password}")
    except BerofosError as error:
        left = _undo(berofos, works, new, demanded)
        if left is None:
            raise
        raise DeviceError(str(error), left) from None


def _present_login(berofos: Device, new: DeviceConfig) -> tuple[DeviceConfig, bool]:
    """With which login it answers, and whether it demands one."""
    for candidate in (berofos.config, new):
        berofos.reach(candidate)
        with contextlib.suppress(LoginRefusedError):
            return candidate, bool(berofos.read(("pwd",)).get("pwd"))
    raise LoginRefusedError("it takes neither the login in the config file nor the new one")


def _prove(berofos: Device, new: DeviceConfig) -> None:
    berofos.reach(new)
    try:
        demands = berofos.read(("pwd",)).get("pwd")
    except LoginRefusedError:
        raise NoEffectError("it doesn't take the new password") from None
    if not demands:
        raise NoEffectError("pwd stays 0, expected 1: it doesn't demand the password")


def _undo(berofos: Device, works: DeviceConfig, new: DeviceConfig, demanded: bool) -> str | None:
    """Give the device its old password back; None when it has it, else what holds now."""
    for login in (new, works):
        with contextlib.suppress(DeviceError):
            restored = login
            if works.password is not None:
                _write(berofos, login, "apwd", works.password)
                restored = works
            berofos.reach(restored)
            berofos.apply({"pwd": demanded})
            return None
    return "it may have the new password already: run this again with the same one"


def _write(berofos: Device, login: DeviceConfig, keyword: str, value: str | bool) -> None:
    berofos.reach(login)
    berofos.write(keyword, value)
