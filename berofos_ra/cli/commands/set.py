"""``berofos set``: change settings of the devices, and make sure of it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from berofos_ra.cli.common import add_device_options, add_force_option, ask, chosen_devices, say
from berofos_ra.cli.secrets import read_secret
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.values import Value, parse_value, wire_value
from berofos_ra.errors import DeviceError, ParameterError
from berofos_ra.settings import BY_KEYWORD, SETTINGS, Kind, Setting

SUMMARY = "change settings of the devices, and read them back"
EXAMPLE = """\
  berofos set wdog=0 wdogdef=0 scenario=0
  berofos set --device fos1 --device fos2 syslog=yes slgip=10.34.1.2
  berofos set --device fos1 apwd            # asks for the password; see also: berofos password

What is right already isn't written. After address, port, pwd or apwd the device is looked for with its new address
or login, and you are told what to correct in the config file, which this command leaves alone.

On devices that a running cluster manages it refuses to set what moves a relay, now or later (mode, scenario, modedef,
wdog, wdogdef, wdogitime): the cluster sets these.

settings: """ + " ".join(setting.keyword for setting in SETTINGS if setting.write_query is not None)

_SECRETS = ("apwd",)
_NAMES = {"scenario": {"fallback": "0", "bypass": "1"}}  # of values, in small letters


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "settings",
        metavar="KEY=VALUE",
        nargs="+",
        help="settings, see below; apwd without a value is read from the terminal or standard input",
    )
    add_device_options(parser)
    add_force_option(parser)


def run(args: argparse.Namespace) -> int:
    """Change them; 1 when a device failed."""
    given = _parse(args.settings)
    devices = chosen_devices(args)
    if len(devices) > 1 and "address" in given:
        raise ParameterError("address: can't be the same for several devices; choose one with --device")
    for device in devices:
        if given.get("pwd") == "1" and "apwd" not in given and device.password is None:
            raise ParameterError(
                f"pwd: {device.name} has no login in {args.config}, so nobody could ask it any more; "
                "use berofos password"
            )
    from berofos_ra.cli.by_hand import NOT_SEEN, log_by_hand, refuse_if_managed
    from berofos_ra.operations.change_settings import Change, change_settings, max_requests
    from berofos_ra.resource.guard import GUARDED_SETTINGS

    if not args.force and not given.keys().isdisjoint(GUARDED_SETTINGS):
        refuse_if_managed(args.config, devices)
    wanted = {keyword: _value(BY_KEYWORD[keyword], text) for keyword, text in given.items()}

    command = f"set{' --force' if args.force else ''}"
    made: dict[DeviceConfig, list[Change]] = {device: [] for device in devices}

    def tell_half(device: DeviceConfig, _: DeviceError) -> None:
        words = [one.words + ("" if one.seen else NOT_SEEN) for one in made[device]]
        log_by_hand(command, device.name, words)
        for each in words:
            say(f"{device.label}: {each}")

    done = ask(
        devices,
        args,
        max_requests(wanted),
        lambda berofos: change_settings(berofos, wanted, made[berofos.config]),
        tell_half,
    )
    for device, changes in done.items():
        log_by_hand(command, device.name, [one.words for one in changes])
        for one in changes:
            say(f"{device.label}: {one.words}" + (f" ({one.note})" if one.note else ""))
        if not changes:
            say(f"{device.label}: nothing to change")
    return 0 if len(done) == len(devices) else 1


def _parse(words: Sequence[str]) -> dict[str, str | None]:
    """The values as given, by keyword; None where one is to be asked for. All are checked, but not kept."""
    given: dict[str, str | None] = {}
    for word in words:
        keyword, equals, text = word.partition("=")
        text = _NAMES.get(keyword, {}).get(text.lower(), text)
        setting = BY_KEYWORD.get(keyword)
        if setting is None:
            # Only the keyword is quoted, and not even that when what was meant may be a password.
            name = repr(keyword) if equals else "that"
            raise ParameterError(f"{name} is no setting of the form KEY=VALUE; berofos set --help lists them")
        if setting.write_query is None:
            raise ParameterError(f"{keyword}: can be read, but not set")
        if keyword in given:
            raise ParameterError(f"{keyword}: given twice")
        trigger = setting.kind is Kind.TRIGGER
        if not equals and not trigger and keyword not in _SECRETS:
            raise ParameterError(f"{keyword}: expected {keyword}=VALUE")
        given[keyword] = text if equals or trigger else None
        if equals and keyword in _SECRETS:
            _check_secret(text)
        if equals and not trigger:
            given[keyword] = wire_value(parse_value(setting, text))
    return given


def _value(setting: Setting, text: str | None) -> Value:
    if setting.kind is Kind.TRIGGER:
        return "1"
    if text is None:
        text = read_secret(f"New {setting.keyword}")
        _check_secret(text)
    return parse_value(setting, text)


def _check_secret(text: str) -> None:
    from berofos_ra.operations.change_password import check_password  # it brings requests along

    check_password(text)
