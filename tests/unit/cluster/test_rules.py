"""Rules of moves by hand, as crm_resource of Pacemaker 2.1.5 and 3.0 writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from berofos_ra.cluster.rules import MoveRule, parse_move_rules

CIB = """<cib><configuration><constraints>
<rsc_location id="cli-prefer-xivo" rsc="xivo" role="Started">
 <rule id="cli-prefer-rule-xivo" score="INFINITY" boolean-op="and">
  <expression id="cli-prefer-expr-xivo" attribute="#uname" operation="eq" value="xivo-2" type="string"/>
  <date_expression id="cli-prefer-lifetime-end-xivo" operation="lt" end="2026-11-27 19:45:48Z"/>
 </rule>
</rsc_location>
<rsc_location id="cli-ban-mail-on-xivo-1" rsc="mail" role="Started" node="xivo-1" score="-INFINITY"/>
<rsc_location id="xivo-where-berofos-ready" rsc="xivo">
 <rule id="r" score="500"><expression id="e" attribute="berofos-ready" operation="not_defined"/></rule>
</rsc_location>
</constraints></configuration></cib>"""
END = datetime(2026, 11, 27, 19, 45, 48, tzinfo=UTC)


def test_rules_of_moves_are_told_from_others() -> None:
    assert parse_move_rules(CIB) == (
        MoveRule("cli-prefer-xivo", "xivo", "xivo-2", is_ban=False, end=END),
        MoveRule("cli-ban-mail-on-xivo-1", "mail", "xivo-1", is_ban=True, end=None),
    )


def test_a_rule_is_over_when_its_end_has_come() -> None:
    prefer, ban = parse_move_rules(CIB) or ()
    assert not prefer.is_over(END - timedelta(seconds=1))
    assert prefer.is_over(END)
    assert not ban.is_over(END)


def test_the_command_that_removes_it_is_exact() -> None:
    prefer, ban = parse_move_rules(CIB) or ()
    assert prefer.clear_command == "crm_resource --clear --resource xivo --node xivo-2"
    assert ban.clear_command == "crm_resource --clear --resource mail --node xivo-1"


def test_an_end_that_makes_no_sense_is_none() -> None:
    rules = parse_move_rules(CIB.replace("2026-11-27 19:45:48Z", "soon")) or ()
    assert rules[0].end is None


def test_what_is_no_xml_has_no_rules() -> None:
    assert parse_move_rules("Connection refused") is None
