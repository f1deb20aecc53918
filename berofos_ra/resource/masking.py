"""What of a site may be told to others: texts without addresses, MACs, mail addresses and logins, and the CIB. Pure.

In the CIB a value stays only if its name is known to be harmless; every other one is masked, whatever it is called.
Names of nodes, resources and devices (fos1) stay: without them nobody could make sense of the rest.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from berofos_ra.cluster.xml import parse_xml
from berofos_ra.device.config import DeviceConfig
from berofos_ra.device.values import Value

MASKED = "masked"
_MIN_SECRET = 4  # characters; a shorter one can't be told from any other text

_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])")
_IPV4 = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\.?\w)")
_IPV6 = re.compile(
    r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){1,7}(?::[0-9A-Fa-f:]*|[0-9A-Fa-f]{1,4})(?![\w:])|(?<![\w:])::\w+"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PLAIN_ADDRESS = re.compile(r"0\.0\.0\.0|127\..*|255\..*")
_NAMING_SETTINGS = ("hostname", "smtpserv", "smtpfrom", "smtpto", "address", "gateway", "dns", "slgip")

_HARMLESS = {
    *("target-role", "is-managed", "maintenance", "critical", "priority", "resource-stickiness", "ip", "nic"),
    *("failure-timeout", "allow-migrate", "multiple-active", "requires", "interleave", "clone-max", "clone-node-max"),
    *("notify", "ordered", "globally-unique", "promotable", "promoted-max", "record-pending", "on-fail", "enabled"),
    *("interval", "timeout", "start-delay", "have-watchdog", "dc-version", "cluster-infrastructure", "cluster-name"),
    *("stonith-enabled", "stonith-action", "stonith-timeout", "stonith-watchdog-timeout", "no-quorum-policy"),
    *("fencing-enabled", "fencing-action", "fencing-timeout", "fencing-watchdog-timeout", "symmetric-cluster"),
    *("maintenance-mode", "migration-threshold", "concurrent-fencing", "startup-fencing", "cidr_netmask"),
    *("start-failure-is-fatal", "batch-limit", "cluster-delay", "cluster-recheck-interval", "dc-deadtime"),
    *("last-lrm-refresh", "placement-strategy", "standby", "shutdown", "probe_complete", "terminate"),
    *("#uname", "#ra-version", "#feature-set", "#cluster-name"),
}
_HARMLESS_BEGINNINGS = ("berofos-", "fail-count-", "last-failure-")


class Known(NamedTuple):
    """What this site has that nobody else is to know: ``secrets`` go without a trace, ``names`` get stand-ins."""

    secrets: tuple[str, ...]
    names: tuple[str, ...]


def known(devices: Iterable[DeviceConfig], settings: Iterable[Mapping[str, Value]]) -> Known:
    """The logins and addresses of the devices, and what these show of themselves."""
    secrets: set[str] = set()
    names: set[str] = set()
    for device in devices:
        names |= {text for text in (device.host, device.mac) if text is not None}
        if device.mac is not None:
            bare = device.mac.replace(":", "")
            names |= {bare, bare.lower()}
        if device.password is not None:
            login = f"{device.user}:{device.password}"
            for secret in (device.password, login):
                encoded = base64.b64encode(secret.encode()).decode()
                secrets |= {secret, _url_encoded(secret), encoded, encoded.rstrip("=")}
                secrets |= {escape(secret), json.dumps(secret)[1:-1]}
    for values in settings:
        names |= {str(values.get(keyword, "")) for keyword in _NAMING_SETTINGS}
    kept = {name for name in names if len(name) >= _MIN_SECRET and name != "berofos"}
    return Known(tuple(_longest_first(secrets)), tuple(_longest_first(kept)))


def mask_text(text: str, site: Known, stand_ins: dict[str, str]) -> str:
    """The text without them. ``stand_ins`` has those given so far, and gets more: the same gets the same again."""
    for secret in site.secrets:
        if len(secret) >= _MIN_SECRET:
            text = text.replace(secret, MASKED)
    for name in site.names:
        if not _PLAIN_ADDRESS.fullmatch(name):
            text = re.sub(rf"(?<![\w]){re.escape(name)}(?![\w])", lambda found: _stand_in(found[0], stand_ins), text)
    for pattern in (_MAIL, _MAC, _IPV4, _IPV6):
        text = pattern.sub(lambda found: _stand_in(found[0], stand_ins), text)
    return text


def mask_cib(text: str, parameters: Collection[str]) -> str | None:
    """The CIB with the values that are known to be harmless, those of our own ``parameters`` among them.

    None: it isn't XML, so nothing of it can be told.
    """
    root = parse_xml(text)
    if root is None:
        return None
    for pair in root.iter("nvpair"):
        name = pair.get("name", "")
        is_harmless = name in _HARMLESS or name in parameters or name.startswith(_HARMLESS_BEGINNINGS)
        if "value" in pair.attrib and not is_harmless:
            pair.set("value", MASKED)
    for recipient in root.iter("recipient"):
        recipient.set("value", MASKED)
    for resource in root.iter("lrm_resource"):
        if resource.get("provider") != "xivo":
            for operation in resource.iter("lrm_rsc_op"):
                operation.attrib.pop("exit-reason", None)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _stand_in(found: str, stand_ins: dict[str, str]) -> str:
    if _MAC.fullmatch(found):
        return _numbered("mac", found.upper().replace("-", ":"), stand_ins)
    if "@" in found:
        return _numbered("mail", found, stand_ins)
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        # What only looks like an address, such as a time or a version, stays; a name of the site's own doesn't.
        return found if _IPV4.fullmatch(found) or _IPV6.fullmatch(found) else _numbered("name", found, stand_ins)
    return found if _PLAIN_ADDRESS.fullmatch(found) or address.is_loopback else _numbered("address", found, stand_ins)


def _url_encoded(text: str) -> str:
    return "".join(
        chr(b) if b < 128 and (chr(b).isalnum() or chr(b) in "-._~") else f"%{b:02X}" for b in text.encode()
    )


def _numbered(kind: str, found: str, stand_ins: dict[str, str]) -> str:
    number = 1 + sum(each.startswith(f"{kind}-") for each in stand_ins.values())
    return stand_ins.setdefault(found, f"{kind}-{number}")


def _longest_first(texts: Iterable[str]) -> list[str]:
    return sorted(texts, key=lambda text: (-len(text), text))
