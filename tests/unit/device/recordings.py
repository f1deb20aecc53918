"""A recording to take apart: of a device that somebody has given names, addresses and a mail server."""

from __future__ import annotations

from berofos_ra.device import gbl4
from berofos_ra.device.recording import (
    ANSWERED,
    KEPT,
    QUEUED,
    SILENT,
    Acceptance,
    Gbl4Answers,
    HttpManners,
    Recording,
    Reply,
    Taken,
)

# What tells whose device it is. Unmistakable, so that it can be searched for.
HOST_NAME, ADDRESS, GATEWAY, DNS, SYSLOG = "kanzlei-mueller", "10.34.1.50", "10.34.1.254", "10.99.7.3", "10.34.9.8"
SERVER, SENDER, RECIPIENT = "mx.mueller.example.net", "fos@mueller.example.net", "anna@mueller.example.net"
MAC = bytes.fromhex("00193212AB1D")
MARKERS = (
    HOST_NAME,
    ADDRESS,
    GATEWAY,
    DNS,
    SYSLOG,
    SERVER,
    SENDER,
    RECIPIENT,
    "mueller",
    "12AB1D",
    "12:AB:1D",
    "8077",
)

CONFIG = f"""bnfos_confmap_magic=0.1
1_sz=0
1_rm=checked
2_mhost={SERVER}
2_mfrom={SENDER}
2_mto={RECIPIENT}
1_szd00=Amt von {HOST_NAME}
3_dn={HOST_NAME}
3_ip={ADDRESS}
3_nm=255.255.255.0
3_gw={GATEWAY}
3_dns={DNS}
3_loghost={SYSLOG}
3_logport=514
3_port=8077
3_snmp={HOST_NAME}
7_new=
rubbish {ADDRESS}
4_mode=1
6_wen=1
6_wstate=1
2_wintv=60
0_wretv=42
"""


def scan_answer(mac: bytes = MAC, hardware: int = 0x50) -> bytes:
    """The datagram of a device with firmware 1.53."""
    addresses = b"".join(bytes(map(int, text.split("."))) for text in (ADDRESS, "255.255.255.0", GATEWAY))
    payload = mac + hardware.to_bytes(2, "big") + bytes((1, 2, 1, 53, 0)) + addresses + bytes((3, 7, 1))
    return gbl4.encode(1, payload + (8077).to_bytes(2, "big"))


def recording() -> Recording:
    """As it was told by the device: not redacted."""
    headers = (
        ("Server", f"lwIP/1.3.1 ({HOST_NAME})"),
        ("Date", "Thu, 01 Jan 1970 00:12:17 GMT"),
        ("Content-Type", "text/plain"),
        ("Content-Length", "body"),
        ("X-Serial", "4711"),
    )
    challenge = ("WWW-Authenticate", f'Digest realm="{HOST_NAME} {ADDRESS}", qop="auth", nonce="c0ffee12AB1D"')
    return Recording(
        Taken("2026-11-27", "berofos 0.1.0", False, (12, 7)),
        CONFIG,
        HttpManners(
            keep_alive=True,
            connections=QUEUED,
            latency=0.0,
            exchanges={
                **{name: Reply(ANSWERED, 404, "HTTP/1.1") for name in ("wrong-login", "wrong-url", "front-page")},
                "config": Reply(ANSWERED, 200, "HTTP/1.1", headers, True),
                "no-login": Reply(ANSWERED, 401, "HTTP/1.1", (*headers, challenge), False),
                "head": Reply(SILENT),
            },
        ),
        Gbl4Answers(scan_answer(), gbl4.encode(9, MAC + b"\x42\x43" + HOST_NAME.encode()), None),
        Acceptance("2026-11-28", {"click-is-seen": KEPT}, {"until-seen": 0.1}),
    )
