"""The lab's command line: `python3 -m tests.lab`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.lab import asterisk, state
from tests.lab.errors import LabError
from tests.lab.lab import Lab

_AROUND = """\
The cluster is up. To look around:
  {lab} exec xivo-1 crm_mon              what Pacemaker sees, live (Ctrl-C ends it)
  {lab} exec xivo-1 tail -f /var/log/syslog
  {lab} exec xivo-1 bash                 a shell in a node
  {lab} devices                          the simulated devices and their relays
  {lab} kill xivo-1                      cut a node's power; start xivo-1 switches it on again
  {lab} cut xivo-1 nodes                 let a node lose sight of the other nodes; heal xivo-1 undoes it
  {lab} down                             take everything down"""


def _up(arguments: argparse.Namespace) -> int:
    if state.find(arguments.name) is not None:
        raise LabError(
            f"lab {arguments.name} is up already; `down` takes it down, --name starts another one beside it"
        )
    config = Path(arguments.config).read_text(encoding="utf-8") if arguments.config else None
    # The examples run asterisk, which Debian 12 and 13 don't have.
    lab = Lab(arguments.nodes, arguments.devices, asterisk.files(), lasting=True)
    try:
        if config is not None:
            lab.configure(config)
        state.remember(arguments.name, lab.link)
    except BaseException:
        lab.down()
        raise
    print(_AROUND.format(lab=_command_line(arguments.name)))
    return 0


def _down(arguments: argparse.Namespace) -> int:
    link = state.find(arguments.name)
    if link is not None:
        link.end()
    state.forget(arguments.name)
    print(f"lab {arguments.name} is down" if link else f"lab {arguments.name} was not up")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    lab = _lab(arguments.name)
    running = {node.name for node in lab.running_nodes()}
    for node in lab.nodes.values():
        print(f"{node.name:<10} {node.address:<12} {'on' if node.name in running else 'off'}")
    _print_devices(lab)
    for sender, receiver in lab.link.order("status")["cuts"]:
        print(f"cut: {sender} -> {receiver}")
    print(lab.crm_mon_text())
    return 0


def _exec(arguments: argparse.Namespace) -> int:
    _lab(arguments.name).node(arguments.node).replace_process_with(arguments.command)
    return 127


def _kill(arguments: argparse.Namespace) -> int:
    _lab(arguments.name).node(arguments.node).kill()
    return 0


def _start(arguments: argparse.Namespace) -> int:
    _lab(arguments.name).node(arguments.node).start()
    return 0


def _cut(arguments: argparse.Namespace) -> int:
    _lab(arguments.name).cut(arguments.port, *arguments.others)
    return 0


def _heal(arguments: argparse.Namespace) -> int:
    _lab(arguments.name).heal(*arguments.ports)
    return 0


def _devices(arguments: argparse.Namespace) -> int:
    _print_devices(_lab(arguments.name))
    return 0


def _logs(arguments: argparse.Namespace) -> int:
    _lab(arguments.name).collect_logs(Path(arguments.directory))
    print(f"logs are in {arguments.directory}")
    return 0


def _print_devices(lab: Lab) -> None:
    for device in lab.devices.states() if lab.devices.names else ():
        power = "on" if device["powered"] else "off"
        faults = "".join(f", {fault['kind']}" for fault in device["faults"])
        print(f"{device['name']:<10} {device['address']:<12} {power:<4} {device['relay']}{faults}")


def _lab(name: str) -> Lab:
    link = state.find(name)
    if link is None:
        raise LabError(f"no lab {name} is up; `{_command_line(name)} up` starts it")
    return Lab.attached(link)


def _command_line(name: str) -> str:
    # The Python that runs this: another one may lack Debian's lxml.
    return f"{sys.executable} -m tests.lab" + ("" if name == "lab" else f" --name {name}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.lab", description="A real Pacemaker cluster with simulated devices, on this machine."
    )
    parser.add_argument("--name", default="lab", help="which lab, when there are several (default: lab)")
    commands = parser.add_subparsers(dest="action", metavar="COMMAND", required=True)
    up = commands.add_parser("up", help="start a lab and leave it running")
    up.add_argument("--nodes", type=int, default=2)
    up.add_argument("--devices", type=int, default=2)
    up.add_argument("--config", metavar="FILE", help="configuration in crmsh's language to load")
    up.set_defaults(do=_up)
    commands.add_parser("down", help="take it down").set_defaults(do=_down)
    commands.add_parser("status", help="nodes, devices, cuts and crm_mon").set_defaults(do=_status)
    commands.add_parser("devices", help="the devices").set_defaults(do=_devices)
    execute = commands.add_parser("exec", help="run a command in a node")
    execute.add_argument("node")
    execute.add_argument("command", nargs=argparse.REMAINDER)
    execute.set_defaults(do=_exec)
    for name, do, text in (("kill", _kill, "cut a node's power"), ("start", _start, "switch a node's power on")):
        command = commands.add_parser(name, help=text)
        command.add_argument("node")
        command.set_defaults(do=do)
    cut = commands.add_parser("cut", help="cut a node or device off from others, or from everything")
    cut.add_argument("port", metavar="NAME")
    cut.add_argument("others", nargs="*", metavar="OTHER", help="names, or `nodes`, or `devices`")
    cut.set_defaults(do=_cut)
    heal = commands.add_parser("heal", help="undo every cut of these nodes and devices, or all cuts")
    heal.add_argument("ports", nargs="*", metavar="NAME")
    heal.set_defaults(do=_heal)
    logs_command = commands.add_parser("logs", help="copy all logs into a directory")
    logs_command.add_argument("directory", metavar="DIR")
    logs_command.set_defaults(do=_logs)
    return parser


def main() -> int:
    """Do what the command line says; returns the exit status."""
    arguments = _parser().parse_args()
    if arguments.action == "exec" and not arguments.command:
        arguments.command = ["bash"]
    try:
        status: int = arguments.do(arguments)
    except (LabError, OSError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status
