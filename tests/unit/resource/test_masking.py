"""What may leave a site: texts and the CIB without logins, addresses and whatever isn't known to be harmless."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from berofos_ra.device.config import DeviceConfig
from berofos_ra.resource.masking import MASKED, known, mask_cib, mask_text

PASSWORD = 'Pw"7%<mark>:er'
DEVICE = DeviceConfig("fos1", "relay.example.org", 80, "00:19:32:00:12:1D", "admin", PASSWORD)
SITE = known(
    [DEVICE], [{"hostname": "rack-four", "smtpto": "noc@example.org", "address": "10.34.1.20", "mode": True}]
)


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD,
        f"admin:{PASSWORD}",
        quote(PASSWORD, safe=""),
        base64.b64encode(f"admin:{PASSWORD}".encode()).decode(),
        base64.b64encode(PASSWORD.encode()).decode(),
        json.dumps({"a": PASSWORD}),
    ],
)
def test_no_form_of_a_login_is_left(form: str) -> None:
    masked = mask_text(f"before {form} after", SITE, {})
    assert MASKED in masked
    assert "mark" not in masked
    assert form not in masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.34.1.20", "address-1"),
        ("fos1 (10.34.1.20:8080): ok", "fos1 (address-1:8080): ok"),
        ("http://10.34.1.99/?cmd=4", "http://address-1/?cmd=4"),
        ("mac 00:19:32:00:12:1d", "mac mac-1"),
        ("mac 00-19-32-00-12-1D", "mac mac-1"),
        ("mac 001932 00121D 00193200121D", "mac 001932 00121D name-1"),
        ("to noc@example.org.", "to mail-1."),
        ("relay.example.org has rack-four", "name-1 has name-2"),
        ("fe80::1ff:fe23:4567:890a up", "address-1 up"),
        ("at 14:02:10, 0.0.0.0 and 127.0.0.1, 255.255.255.0", "at 14:02:10, 0.0.0.0 and 127.0.0.1, 255.255.255.0"),
        ("Pacemaker 2.1.5-8, 300.1.1.1", "Pacemaker 2.1.5-8, 300.1.1.1"),
        ("ocf::heartbeat:IPaddr2 0:0;5:3:0:4c1f", "ocf::heartbeat:IPaddr2 0:0;5:3:0:4c1f"),
        ("10.0.0.1 10.0.0.2 10.0.0.1", "address-1 address-2 address-1"),
    ],
)
def test_who_and_where_get_stand_ins_and_nothing_else_does(text: str, expected: str) -> None:
    assert mask_text(text, SITE, {}) == expected


def test_the_same_has_the_same_stand_in_everywhere() -> None:
    stand_ins: dict[str, str] = {}
    assert mask_text("10.0.0.1 a@b.org", SITE, stand_ins) == "address-1 mail-1"
    assert mask_text("10.0.0.2 10.0.0.1", SITE, stand_ins) == "address-2 address-1"


def test_as_delivered_a_device_is_called_what_everything_here_is() -> None:
    assert mask_text("berofos-relay", known([], [{"hostname": "berofos"}]), {}) == "berofos-relay"


def cib(pairs: dict[str, str]) -> str:
    given = "".join(f'<nvpair id="{name}" name="{name}" value="{value}"/>' for name, value in pairs.items())
    return f'<cib><primitive id="x"><instance_attributes id="i">{given}</instance_attributes></primitive></cib>'


def test_in_the_cib_only_values_stay_whose_names_are_known() -> None:
    masked = mask_cib(
        cib({"topology": "two-xivo", "passwd": "mark", "ipaddr": "mark", "anything": "mark"}), ["topology"]
    )
    assert masked is not None
    assert "mark" not in masked.replace(MASKED, "")
    assert 'value="two-xivo"' in masked
    assert masked.count(f'value="{MASKED}"') == 3


def test_what_other_agents_said_and_whom_alerts_mail_is_not_told() -> None:
    text = (
        '<cib><alert id="a"><recipient id="r" value="mark"/></alert>'
        '<lrm_resource id="x" provider="heartbeat"><lrm_rsc_op id="1" exit-reason="mark"/></lrm_resource>'
        '<lrm_resource id="y" provider="xivo"><lrm_rsc_op id="2" exit-reason="ours"/></lrm_resource></cib>'
    )
    masked = mask_cib(text, ())
    assert masked is not None
    assert "mark" not in masked.replace(MASKED, "")
    assert 'exit-reason="ours"' in masked


def test_what_is_no_cib_is_not_told_at_all() -> None:
    assert mask_cib("passwd=mark", ()) is None
