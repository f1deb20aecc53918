"""``bnfos``: a drop-in for the vendor's tool, with its modes, options, words and exit status.

The command line is in `options`, what talks to a device in `actions`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

from berofos_ra.bnfosconf.reader import DEFAULT_PATH, read_config
from berofos_ra.bnfosconf.sections import parse_login, section_name
from berofos_ra.cli import output
from berofos_ra.cli.bnfos import actions, daemon
from berofos_ra.cli.bnfos.actions import DeferredMessages, Target
from berofos_ra.cli.bnfos.options import Options, parse_options, usage
from berofos_ra.cli.firmware_file import ImageUnreadableError, read_image
from berofos_ra.cli.output import Messages
from berofos_ra.cli.secrets import read_secret
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.firmware import Image, ImageError
from berofos_ra.device.values import Value, parse_value
from berofos_ra.errors import (
    AddressMissingError,
    BerofosError,
    ConfigError,
    ParameterError,
    ValueRefusedError,
    explain,
)
from berofos_ra.settings import BY_KEYWORD, Kind, Setting

_TELLING = ("scan", "ping", "get", "show")  # the modes that are there for what they print
_DAEMON_TELLS_AGAIN = 3600.0  # seconds between two complaints of a daemon about the same failure


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0 done, 1 anything else."""
    return output.run("bnfos", lambda: _run(sys.argv[1:] if argv is None else argv))


def _run(arguments: Sequence[str]) -> int:
    path = os.environ.get("BNFOS_CONF") or DEFAULT_PATH
    try:
        options = parse_options(arguments)
        if options is None:
            sys.stdout.write(usage())
            return int(output.is_lost())
        for odd in options.odd:
            Messages("bnfos", not options.syslog, options.syslog).hint(odd)
        act = _prepare(options, path)
        if options.background:
            name = f"bnfos-{options.device or str(options.mac).replace(':', '')}"
            return daemon.run_in_background(name, options.repeat, lambda: _watch(options, act))
        return _repeat(options, lambda: act(Messages("bnfos", not options.syslog, options.syslog)))
    except BerofosError as error:
        Messages("bnfos").complaint(explain(error, path if isinstance(error, AddressMissingError) else "", path))
        return 1


def _prepare(options: Options, path: str) -> Callable[[Messages], int]:
    """All that can be checked beforehand is; then what is left to do.

    Raises:
        BerofosError: the call can't work; the message is for the terminal.
    """
    mode = options.mode
    if mode == "scan":
        return lambda messages: actions.scan(options, path, messages)
    if mode in ("set", "get", "show"):
        # First what was asked for, then the file: a wrong key is wrong whatever the file says.
        setting, value = _setting(options)
        target = _target(options, path)
        target.config.require_host()
        if setting is not None and setting.keyword == "apwd" and value is None:
            value = _checked(setting, read_secret("New password of the device"))
        if mode == "set" and setting is not None and value is not None:
            keyword, wanted = setting.keyword, value
            return lambda messages: actions.set_setting(options, target, keyword, wanted, messages)
        return lambda messages: actions.show(options, target, setting, messages)
    image = _image(options.argument) if mode == "flash" else None
    target = _target(options, path)
    target.config.require_mac("to address it")
    if image is not None:
        return lambda messages: actions.flash(options, target, image, messages)
    return lambda messages: actions.udp(options, target, messages)


def _image(path: str) -> Image:
    try:
        return read_image(path)
    except ImageUnreadableError as error:
        raise ParameterError(f"Could not open firmware file: {error}") from None
    except ImageError as error:
        raise ParameterError(f"Flashing failed! {error}", error.advice) from None


def _setting(options: Options) -> tuple[Setting | None, Value | None]:
    """What ``--set KEY=VALUE`` or ``--get KEY`` is about; no value where it is to be asked for."""
    if options.mode == "show":
        return None, None
    key, equals, text = options.argument.partition("=")
    setting = BY_KEYWORD.get(key.lower())
    if options.mode == "get":
        if setting is None or setting.read_key is None:
            raise ParameterError("Invalid key given! See bnfos --help for the valid keys")
        return setting, None
    if setting is None:
        raise ParameterError("Invalid key-value pair given! See bnfos --help for the valid pairs")
    if setting.write_query is None:
        raise ParameterError(f"Setting {setting.keyword} failed: it can only be read")
    if setting.kind is Kind.TRIGGER:
        return setting, True
    if equals:
        return setting, _checked(setting, text)
    if setting.keyword != "apwd":
        raise ParameterError(f"No key-value pair given! Expected --set {setting.keyword}=VALUE")
    return setting, None


def _checked(setting: Setting, text: str) -> Value:
    try:
        return parse_value(setting, text)
    except ValueRefusedError as error:
        raise ParameterError(f"Setting {setting.keyword} failed: expected {error.expected}") from None


def _target(options: Options, path: str) -> Target:
    """The device from the file and the options; where the two differ, that is an error."""
    name = options.device
    if name is None:
        config = DeviceConfig("fos", options.host, options.port or 80, options.mac)
    else:
        found = [device for device in read_config(path).devices if device.name == section_name(name)]
        if not found:
            raise ConfigError(f"No configuration for device {name} found in {path}!")
        config = found[0]
        for letter, given, its in (("m", options.mac, config.mac), ("h", options.host, config.host)):
            if given is not None and its is not None and given != its:
                raise ParameterError(f"-{letter} isn't what {path} says for {name}: leave out -{letter} or -f")
        mac, host, port = config.mac or options.mac, config.host or options.host, options.port or config.port
        config = config._replace(mac=mac, host=host, port=port)
    if options.login is not None:
        config = _with_login(config, options.login)
    return Target(config, None if name is None else path)


def _with_login(config: DeviceConfig, login: str) -> DeviceConfig:
    if ":" not in login:
        login = f"{login}:{read_secret(f'Password of {login}', twice=False)}"
    try:
        user, password = parse_login(login)
    except ConfigError:
        user = None
    if user is None:
        raise ParameterError("-u has invalid value! Expected USER:PASSWORD, or USER and the password when asked")
    return config._replace(user=user, password=password)


def _repeat(options: Options, once: Callable[[], int]) -> int:
    is_told = options.mode in _TELLING and not options.syslog
    status = once()
    while options.repeat and not (is_told and output.is_lost()):
        time.sleep(options.wait)
        status = once()
    return 1 if is_told and output.is_lost() else status


def _watch(options: Options, act: Callable[[Messages], int]) -> int:
    """What a daemon does: the same again and again, and a word to syslog when it ends otherwise than before."""
    log = Messages("bnfos", to_terminal=False, to_syslog=True)
    said: tuple[int, float] | None = None  # the status last told of, and when

    def once() -> int:
        nonlocal said
        heard = DeferredMessages()
        status = act(heard)
        now = time.monotonic()
        if said is None or said[0] != status or (status != 0 and now >= said[1] + _DAEMON_TELLS_AGAIN):
            heard.repeat_to(log)
            said = (status, now)
        return status

    return _repeat(options, once)


if __name__ == "__main__":
    sys.exit(main())
