"""The command line of ``bnfos``: the vendor's modes, options and defaults, and what it demands of them.

Unlike the vendor's tool it takes options before the mode, too, and ``--help``. What is odd and clear all the same is
taken as the vendor's tool does, with a word about it.
"""

from __future__ import annotations

import getopt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from berofos_ra.bnfosconf.sections import BROADCAST, is_mac, parse_host, parse_mac
from berofos_ra.device import gbl4
from berofos_ra.device.gbl4 import NetConf
from berofos_ra.errors import ConfigError, ParameterError
from berofos_ra.number import whole_number
from berofos_ra.settings import BY_KEYWORD, SETTINGS, Kind, Setting

_MODES = ("scan", "netconf", "ping", "kick", "reset", "flash", "set", "get", "show")
_WITH_ARGUMENT = ("flash", "set", "get")
_SHORT = "m:h:i:n:g:e:d:a:p:u:cbw:t:sxf:"
_NUMBERS = frozenset("edaptw")  # options that take one
_UDP, _HTTP = ("netconf", "ping", "kick", "reset", "flash"), ("set", "get", "show")
_REPEATED = ("scan", "ping", "kick", "get", "show")

# The modes in which the vendor's tool knows an option.
_ALLOWED: dict[str, tuple[str, ...]] = {
    "m": _UDP,
    "h": _MODES,
    **dict.fromkeys("ingeda", ("netconf",)),
    "p": ("netconf", *_HTTP),
    "u": _HTTP,
    "c": _REPEATED,
    "b": ("kick",),
    "w": _REPEATED,
    "t": tuple(mode for mode in _MODES if mode != "reset"),
    "s": _MODES,
    "x": ("scan",),
    "f": (*_UDP, *_HTTP),
}
_PHY = {
    "0": gbl4.PROBE_AUTO,
    "1": gbl4.PROBE_10MBIT,
    "2": gbl4.PROBE_100MBIT,
    "3": gbl4.PROBE_10MBIT | gbl4.PROBE_100MBIT,
}
_NUMBER = re.compile(r"\s*\+?(?P<number>[0-9]+(?P<fraction>\.[0-9]+)?)(?P<rest>.*)", re.ASCII | re.DOTALL)
_MASK_BITS = (8, 16, 24)  # of the address classes A, B, C


@dataclass(frozen=True)
class Options:
    """One call of ``bnfos``.

    ``argument`` is that of ``--flash``, ``--set`` and ``--get``. ``host`` None means broadcast; ``port`` None that of
    the config file, else 80. ``login`` is USER:PASSWORD, or USER alone when the password is to be asked for.
    ``timeout`` and ``wait`` are in seconds. ``netconf`` is what ``--netconf`` is to set. ``odd`` is what the call has
    that isn't as it should be, in words.
    """

    mode: str
    argument: str
    mac: str | None
    host: str | None
    port: int | None
    login: str | None
    device: str | None
    timeout: float
    wait: float
    repeat: bool
    background: bool
    syslog: bool
    write_config: bool
    netconf: NetConf
    odd: tuple[str, ...] = ()


def parse_options(arguments: Sequence[str]) -> Options | None:
    """The call that the arguments make; None for ``--help``.

    Raises:
        ParameterError: it makes no sense; the message is what the vendor's tool says, and what was expected.
    """
    long = [f"{mode}=" if mode in _WITH_ARGUMENT else mode for mode in _MODES]
    try:
        pairs, rest = getopt.gnu_getopt(list(arguments), _SHORT, [*long, "help"])
    except getopt.GetoptError as error:
        raise ParameterError(f"{_getopt_error(error.opt, arguments)}; see bnfos --help") from None
    mode, argument = "", ""
    given: dict[str, str] = {}
    for option, value in pairs:
        if option == "--help":
            return None
        if option.startswith("--"):
            if mode:
                raise ParameterError(f"Unexpected '{option}' argument! Expected one operation mode, it has --{mode}")
            mode, argument = option[2:], value
        elif option[1] in given:
            raise ParameterError(f"Argument '{option}' only allowed once!")
        else:
            given[option[1]] = value
    if not mode:
        raise ParameterError("No operation mode given! Expected --scan, --set KEY=VALUE or such; see bnfos --help")
    for letter in given:
        if mode not in _ALLOWED[letter]:
            raise ParameterError(f"No argument '-{letter}' allowed in this mode! See bnfos --help")
    _demand(mode, given)
    odd = ["Words beside the options are ignored"] if rest else []  # not repeated: one may be a password
    if mode == "set":
        argument = _clear_number(argument, odd)
    for letter in _NUMBERS & given.keys():
        given[letter] = _clear(given[letter], f"-{letter}", odd, letter in "tw")
    return _options(mode, argument, given, odd)


def _clear_number(argument: str, odd: list[str]) -> str:
    """``KEY=VALUE`` with a number as everybody reads it."""
    key, equals, text = argument.partition("=")
    setting = BY_KEYWORD.get(key.lower())
    if not equals or setting is None or setting.kind is not Kind.INT:
        return argument
    return f"{key}={_clear(text, setting.keyword, odd)}"


def _clear(text: str, what: str, odd: list[str], fraction: bool = False) -> str:
    """The number with which a text begins, as C's ``atoi`` reads it; without one the text itself, to be refused."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    number = match["number"] if fraction else match["number"].partition(".")[0]
    if number != text:
        odd.append(f"{what}: the number is followed by something, or not written as one; taken as {number}")
    return number


def _getopt_error(option: str, arguments: Sequence[str]) -> str:
    """What is wrong with an option, which getopt names without its hyphens."""
    shown = "".join(re.findall("^[A-Za-z-]{1,20}", option))  # what follows may be a password
    if len(option) == 1 and f"--{option}" not in {word.partition("=")[0] for word in arguments}:
        return f"Option -{shown} needs an argument" if f"{option}:" in _SHORT else f"Unknown option -{shown}"
    if option in (*_MODES, "help"):
        return f"Option --{shown} {'needs an' if option in _WITH_ARGUMENT else 'takes no'} argument"
    ambiguous = sum(mode.startswith(option) for mode in _MODES) > 1
    return f"Option --{shown} is ambiguous" if ambiguous else f"Unknown option --{shown}"


def _demand(mode: str, given: dict[str, str]) -> None:
    """Refuse a call that doesn't say which device it means."""
    if "f" in given or mode == "scan":
        return
    needed = {"flash": "mh"}.get(mode, "m" if mode in _UDP else "h")
    words = {"m": "-m MAC", "h": "-h HOST"}
    if any(letter not in given for letter in needed):
        wanted = " and ".join(words[letter] for letter in needed)
        raise ParameterError(f"Mandatory arguments missing: --{mode} needs {wanted}, or -f ID")


def _options(mode: str, argument: str, given: dict[str, str], odd: list[str]) -> Options:
    try:
        host, port = parse_host(given.get("h", BROADCAST))
    except ConfigError:
        host, port = None, 80
    if given.get("h", BROADCAST) != BROADCAST and (host is None or port != 80):
        raise ParameterError("Could not resolve hostname! Expected -h with an IPv4 address or a host name")
    mac = parse_mac(given["m"]) if "m" in given else None
    if "m" in given and mac is None:
        raise ParameterError("Invalid mac address format, expecting XX:XX:XX:XX:XX:XX notation!")
    if mac is not None and not is_mac(given["m"]):
        odd.append(f"-m: not in XX:XX:XX:XX:XX:XX notation; taken as {mac}")
    return Options(
        mode=mode,
        argument=argument,
        mac=mac,
        host=host,
        port=_number(given["p"], "Port", 1, 65535) if "p" in given else None,
        login=given.get("u"),
        device=given["f"].lower() if "f" in given else None,
        timeout=_seconds(given.get("t", "3"), "Timeout", 0.001),
        wait=_seconds(given.get("w", "2"), "Wait time", 0),
        repeat="c" in given,
        background="b" in given,
        syslog="s" in given or "b" in given,
        write_config="x" in given,
        netconf=_netconf(given),
        odd=tuple(odd),
    )


def _netconf(given: dict[str, str]) -> NetConf:
    address = _address(given.get("i", "0.0.0.0"), "ip")  # noqa: S104 - "none"
    netmask = _address(given["n"], "netmask") if "n" in given else _usual_netmask(address)
    if int(netmask) not in {int(IPv4Network(f"0.0.0.0/{bits}").netmask) for bits in range(33)}:
        raise ParameterError("Invalid netmask address! Expected one such as 255.255.255.0")
    if given.get("e", "0") not in _PHY:
        raise ParameterError("PHY configuration has invalid value! Expected 0 (auto), 1 (10 Mbit) or 2 (100 Mbit)")
    dhcp = _switch(given.get("d", "1"), "DHCP")
    if not dhcp and not int(address):
        raise ParameterError("Invalid ip address! Without dhcp (-d 0) the device needs one: -i ADDRESS")
    return NetConf(
        address=address,
        netmask=netmask,
        gateway=_address(given.get("g", "0.0.0.0"), "gateway"),  # noqa: S104
        phy=_PHY[given.get("e", "0")],
        dhcp=dhcp,
        http_login=_switch(given.get("a", "0"), "HTTP_AUTH"),
        http_port=_number(given.get("p", "80"), "Port", 1, 65535),
    )


def _usual_netmask(address: IPv4Address) -> IPv4Address:
    """By the address's class, as in the days before netmasks."""
    first = int(address) >> 24
    bits = _MASK_BITS[(first >= 128) + (first >= 192)]
    return IPv4Network(f"0.0.0.0/{bits}").netmask


def _address(text: str, what: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise ParameterError(f"Invalid {what} address! Expected one such as 192.168.0.2") from None


def _switch(text: str, what: str) -> bool:
    if text not in ("0", "1"):
        raise ParameterError(f"{what} status has invalid value! Expected 0 or 1")
    return text == "1"


def _number(text: str, what: str, low: int, high: int) -> int:
    number = whole_number(text, low, high)
    if number is None:
        raise ParameterError(f"{what} has invalid value! Expected {low} to {high}")
    return number


def _seconds(text: str, what: str, low: float) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text, re.ASCII) or not low <= float(text) <= 86400:
        raise ParameterError(
            f"{what} has invalid value! Expected seconds, {'more than 0' if low else 'from 0'} to 86400"
        )
    return float(text)


def usage() -> str:
    """The help text."""
    keys = "\n".join(f"  {_pair(setting):<22} {setting.meaning}{_limit(setting)}" for setting in SETTINGS)
    return f"""\
usage: bnfos MODE [ARGUMENT ...]

modes:
  --scan          look for devices    [-h HOST] [-x] [-c] [-w S] [-t S] [-s]
  --netconf       network settings    -m MAC [-h HOST] | -f ID  [-i -n -g -e -d -a -p -t -s]    flash mode only
  --ping          is it there         -m MAC [-h HOST] | -f ID  [-c] [-w S] [-t S] [-s]
  --kick          kick the watchdog   -m MAC [-h HOST] | -f ID  [-c] [-b] [-w S] [-t S] [-s]
  --reset         erase settings and firmware   -m MAC [-h HOST] | -f ID  [-s]                  flash mode only
  --flash FILE    upload firmware     -m MAC -h HOST | -f ID  [-t S] [-s]                       flash mode only
  --set KEY=VALUE change a setting    -h HOST | -f ID  [-p PORT] [-u USER] [-t S] [-s]
  --get KEY       show a setting      -h HOST | -f ID  [-p PORT] [-u USER] [-c] [-w S] [-t S] [-s]
  --show          show all settings   -h HOST | -f ID  [-p PORT] [-u USER] [-c] [-w S] [-t S] [-s]

which device:
  -f ID       its section in the config file (fos1, fos2, ...): MAC, host and login are taken from there
  -m MAC      its MAC, XX:XX:XX:XX:XX:XX
  -h HOST     its name or IP address (default {BROADCAST}: by broadcast, on every network)
  -p PORT     its HTTP port (default 80, or that of the config file)
  -u USER[:PASSWORD]
              login; a password given here can be seen in the list of processes. With USER alone it is read from
              the terminal, or is the first line of standard input. With -f none is needed: the file has it.

how:
  -t SECONDS  how long to wait for an answer (default 3)
  -c          again and again, until it is interrupted
  -w SECONDS  pause of -c (default 2)
  -s          messages go to syslog
  -b          to the background; implies -s, where it logs changes only. With -c it leaves its process ID in
              bnfos-ID.pid (or bnfos-MAC.pid) in /run, or where BNFOS_PID_DIR says, and ends on SIGTERM.
  -x          --scan: put what was found into the config file. Devices that are in it keep names and logins.

what --netconf sets:
  -i ADDRESS  IP address (default 0.0.0.0)      -n NETMASK  (default: by the address's class)
  -g ADDRESS  gateway (default 0.0.0.0)         -e PHY      0 auto, 1 10 Mbit, 2 100 Mbit, 3 both (default 0)
  -d 0|1      DHCP (default 1)                  -a 0|1      HTTP login (default 0)
  -p PORT     HTTP port (default 80)

keys of --set and --get:
{keys}
  The password is asked for, or read from standard input, when it is left out: bnfos --set apwd -f fos1

examples:
  bnfos --scan -x
  bnfos --set mode=1 -f fos1
  bnfos --kick -c -b -w 5 -f fos1

The config file is /etc/bnfos.conf, or where BNFOS_CONF says. Where a cluster is in charge of a device --set changes
nothing that moves its relay, unless BNFOS_FORCE=1 is in the environment. Exit status: 0 done, 1 anything else.
"""


def _pair(setting: Setting) -> str:
    forms = {Kind.BOOL: "={0|1}", Kind.INT: f"={{{setting.low}..{setting.high}}}", Kind.TRIGGER: ""}
    return setting.keyword + forms.get(setting.kind, f"=<{setting.kind.value}>")


def _limit(setting: Setting) -> str:
    if setting.read_key is None:
        return " (only --set)"
    return " (only --get)" if setting.write_query is None else ""
