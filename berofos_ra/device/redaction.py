"""What may be told of somebody's device: redaction by allow-list. Pure.

What isn't known to be harmless is replaced: by a stand-in where something has to be there, else by `MASKED`. What is
redacted already stays as it is, so whatever a redaction would change has no place in a recording.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network

from berofos_ra.device import gbl4
from berofos_ra.errors import BadAnswerError
from berofos_ra.settings import BY_KEYWORD, BY_READ_KEY, CONFIG_MAGIC, Kind, Setting

MASKED = "masked"
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - what a device shows for none
# What a recording has in the place of a value that tells who or where somebody is, by keyword.
STAND_INS: Mapping[str, str] = {
    "hostname": "name",
    "address": "192.0.2.1",
    "gateway": "192.0.2.2",
    "dns": "192.0.2.3",
    "slgip": "192.0.2.4",
    "port": "80",
    "smtpserv": "mail.example",
    "smtpfrom": "from@example",
    "smtpto": "to@example",
}
MAC_HALF = b"\xfa\xce\x01"  # in the place of a MAC's device half; its first half is the vendor's
PING_SEQUENCE = 0x4243  # of a recorded ping, so that an answer shows whether it repeats it
OWN_BODY, OTHER_BODY = "body", "other"  # for Content-Length: it is that of the answer's body, or not

_MAGIC_KEY, _, _ = CONFIG_MAGIC.partition("=")
_BOOLEANS = {"", "0", "1", "2", "checked", "on", "off", "yes", "no", "true", "false"}
_NETMASKS = {str(IPv4Network((0, bits)).netmask) for bits in range(33)}
# Keys that some firmware has beside the settings; two have names that somebody may have chosen.
KEYS_TO_IGNORE = ("1_szd00", "1_szd01", "2_mail")
_KEY = re.compile("[0-9]{1,2}_[a-z]{1,12}[0-9]{0,2}", re.ASCII)
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_VALUE = re.compile(r"([ \t]*)(.*?)([ \t]*)")

_HEADER_NAME = re.compile("[A-Za-z][A-Za-z-]{0,39}", re.ASCII)
_MOVING_HEADERS = {"age", "date", "etag", "expires", "last-modified", "set-cookie", "location"}
_WORD = re.compile(r'[^ ()/;,="]+')
_VERSION = re.compile(r"(?<=/)[0-9]{1,2}(\.[0-9]{1,2}){1,2}(?![^ ()/;,=\"])", re.ASCII)
_SMALL_NUMBER = re.compile("[0-9]{1,3}", re.ASCII)
# Of servers for small devices, and of what headers are made of.
_WORDS = set(
    re.findall(
        r"\S+",
        """
        beronet berofos bnfos allegro-software-rompager appweb boa busybox embedded ethernut goahead goahead-webs http
        httpd lighttpd lwip mathopd microchip mini_httpd mongoose nginx rabbit rompager server shttpd thttpd uc-http
        uhttpd uip web webs webserver wiznet
        accept-ranges application auth auth-int basic bytes charset chunked close digest false gzip html identity
        iso-8859-1 keep-alive max max-age md5 md5-sess must-revalidate no-cache no-store no-transform none
        octet-stream plain pragma private proxy-revalidate public sha-256 text timeout true us-ascii utf-8
        admin algorithm area domain login nonce opaque protected qop realm stale
        masked
        """,
    )
)


def redact_config(text: str) -> str:
    """``config.txt`` with its lines, their order and ends, and the values that tell of nothing but the device.

    The seconds that a watchdog has left change by themselves: unless they are 0 they are the interval.
    """
    interval = re.search(r"^2_wintv=([0-9]{1,5})\r?$", text, re.MULTILINE)
    left = interval[1] if interval else "1"
    return "".join(_redact_line(line, left) + end for line, end in _LINE.findall(text))


def unknown_keys(text: str) -> tuple[str, ...]:
    """The keys in a redacted ``config.txt`` that aren't known to this project, each once."""
    keys = [line.partition("=")[0] for line, _ in _LINE.findall(text) if "=" in line]
    return tuple(dict.fromkeys(k for k in keys if k not in BY_READ_KEY and k not in (_MAGIC_KEY, *KEYS_TO_IGNORE)))


def stood_in_for(text: str) -> tuple[str, ...]:
    """The keywords of the settings in a redacted ``config.txt`` whose values are stand-ins."""
    shown = {line.partition("=")[0]: line.partition("=")[2].strip() for line, _ in _LINE.findall(text)}
    return tuple(keyword for keyword, it in STAND_INS.items() if shown.get(str(BY_KEYWORD[keyword].read_key)) == it)


def _redact_line(line: str, left: str) -> str:
    key, equals, value = line.partition("=")
    if not equals:
        return MASKED if line else ""
    before, value, after = _VALUE.fullmatch(value).groups()  # type: ignore[union-attr]  # it matches anything
    if key == _MAGIC_KEY:
        value = value if re.fullmatch(r"[0-9]{1,2}\.[0-9]{1,2}", value, re.ASCII) else MASKED
    elif key in BY_READ_KEY:
        value = _redact_value(BY_READ_KEY[key], value, left)
    elif key in KEYS_TO_IGNORE:
        value = value if value in {*_BOOLEANS, "fallback", "bypass"} else MASKED
    else:
        key, value = (key if _KEY.fullmatch(key) else MASKED), (MASKED if value else "")
    return f"{key}={before}{value}{after}"


def _redact_value(setting: Setting, value: str, left: str) -> str:
    if setting.keyword in STAND_INS:
        return value if value in ("", NO_ADDRESS) else STAND_INS[setting.keyword]
    if setting.keyword == "netmask":
        return value if value in _NETMASKS else MASKED
    if setting.kind is Kind.BOOL:
        return value if value in _BOOLEANS else MASKED
    if not re.fullmatch("[0-9]{1,5}", value, re.ASCII):
        return MASKED if value else ""
    return left if setting.keyword == "wdogrtime" and value.strip("0") else value


def redact_headers(headers: Sequence[tuple[str, str]], body_length: int) -> tuple[tuple[str, str], ...]:
    """An answer's headers; what isn't one of the known words is masked."""
    return tuple(_redact_header(name, value, body_length) for name, value in headers)


def _redact_header(name: str, value: str, body_length: int) -> tuple[str, str]:
    lowered = name.lower()
    if not _HEADER_NAME.fullmatch(name):
        name = MASKED
    if lowered == "content-length":
        told = OWN_BODY if value == str(body_length) else OTHER_BODY
        return name, value if value in (OWN_BODY, OTHER_BODY) else told
    if lowered in _MOVING_HEADERS:
        return name, MASKED if value else ""
    versions = {match.span() for match in _VERSION.finditer(value)}

    def redacted(word: re.Match[str]) -> str:
        is_number = lowered == "keep-alive" and _SMALL_NUMBER.fullmatch(word[0])
        return word[0] if word[0].lower() in _WORDS or word.span() in versions or is_number else MASKED

    return name, _WORD.sub(redacted, value)


def redact_scan_answer(payload: bytes) -> bytes:
    """A scan's answer: what the device is, not which one, nor where. Other lengths than the known one are masked."""
    try:
        answer = gbl4.parse_scan_answer(payload)
    except BadAnswerError:
        return bytes(len(payload))
    told = answer.netconf
    addresses = (
        _stand_in_bytes("address", told.address.packed),
        told.netmask.packed if str(told.netmask) in _NETMASKS else bytes(4),
        _stand_in_bytes("gateway", told.gateway.packed),
    )
    port = int(STAND_INS["port"]).to_bytes(2, "big")
    return b"".join((payload[:3], MAC_HALF, payload[6:13], *addresses, payload[25:28], port))


def redact_ping_answer(payload: bytes, mac: bytes | None) -> bytes:
    """A ping's answer by the device with this MAC: its shape, and whether it repeats MAC and sequence."""
    head = b"" if mac is None else mac[:3] + MAC_HALF
    if mac is None or payload[:6] not in (mac, head):
        return bytes(len(payload))
    sequence = PING_SEQUENCE.to_bytes(2, "big")
    kept = sequence if payload[6:].startswith(sequence) else b""
    return head + kept + bytes(len(payload) - len(head + kept))


def _stand_in_bytes(keyword: str, address: bytes) -> bytes:
    return address if address == bytes(4) else IPv4Address(STAND_INS[keyword]).packed
