#!/usr/bin/python3
"""Fence agent for the lab's power switch, as /usr/sbin/fence_lab in every node.

It also stands in for fence_ipmilan and fence_apc, whose options it takes: here a node's management controller and a
power strip are the same switch at other addresses. A controller switches its own node, whatever plug it is told.

It speaks the FenceAgentAPI of ClusterLabs' fence-agents: options as NAME=VALUE lines on standard input, an exit
status of 0 for done (and for "on"), 2 for "off", 1 for failed. The switch takes one line over TCP, such as
"off xivo-1", and answers with one word: "on" or "off", or what is wrong.
"""

from __future__ import annotations

import socket
import sys

METADATA = """<?xml version="1.0" ?>
<resource-agent name="fence_lab" shortdesc="Fence agent for the lab's power switch">
<longdesc>Cuts the power of a node of the lab, and gives it back.</longdesc>
<vendor-url>http://localhost/</vendor-url>
<parameters>
<parameter name="action" unique="0" required="1"><content type="string" default="reboot"/>
<shortdesc lang="en">Fencing action</shortdesc></parameter>
<parameter name="ip" unique="0" required="1"><content type="string"/>
<shortdesc lang="en">Address of the power switch</shortdesc></parameter>
<parameter name="ipport" unique="0" required="0"><content type="integer" default="7000"/>
<shortdesc lang="en">Its TCP port</shortdesc></parameter>
<parameter name="username" unique="0" required="0" obsoletes="login"><content type="string"/>
<shortdesc lang="en">Not looked at</shortdesc></parameter>
<parameter name="password" unique="0" required="0" obsoletes="passwd"><content type="string"/>
<shortdesc lang="en">Not looked at</shortdesc></parameter>
<parameter name="password_script" unique="0" required="0" obsoletes="passwd_script"><content type="string"/>
<shortdesc lang="en">Not looked at</shortdesc></parameter>
<parameter name="plug" unique="0" required="1" obsoletes="port"><content type="string"/>
<shortdesc lang="en">Name of the node, or its number</shortdesc></parameter>
</parameters>
<actions>
<action name="on" automatic="0"/><action name="off"/><action name="reboot"/><action name="status"/>
<action name="monitor"/><action name="list"/><action name="metadata"/><action name="validate-all"/>
</actions>
</resource-agent>
"""
PATIENCE = 50.0  # s; Pacemaker has a minute


def ask(options: dict[str, str], request: str) -> str:
    """The switch's answer to one line."""
    where = (options["ip"], int(options.get("ipport", "7000")))
    with socket.create_connection(where, timeout=PATIENCE) as connection, connection.makefile("rw") as stream:
        connection.settimeout(PATIENCE)
        stream.write(f"{request}\n")
        stream.flush()
        return stream.readline().strip()


def main() -> int:
    """Carry out what standard input asks for; the exit status."""
    lines = (line.strip() for line in sys.stdin)
    options = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    action = options.get("action", "reboot")
    if action == "metadata":
        sys.stdout.write(METADATA)
        return 0
    plug = options.get("plug") or options.get("port", "")
    try:
        if action in ("on", "off", "reboot"):
            wanted = ("off", "on") if action == "reboot" else (action,)
            return 0 if all(ask(options, f"{each} {plug}") == each for each in wanted) else 1
        if action == "status":
            return {"on": 0, "off": 2}.get(ask(options, f"status {plug}"), 1)
        if action in ("list", "monitor"):
            names = ask(options, "list")
            sys.stdout.write("".join(f"{name},\n" for name in names.split()))
            return 0 if names else 1
    except (OSError, KeyError, ValueError) as error:
        sys.stderr.write(f"fence_lab: {action}: {error}\n")
        return 1
    return 0 if action == "validate-all" else 1


if __name__ == "__main__":
    sys.exit(main())
