"""The options against a split: fence devices, with their passwords from files, and a third machine's vote."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from berofos_ra.cli.common import complain
from berofos_ra.cluster.pacemaker import Pacemaker
from berofos_ra.crmconfig.protection import FenceDevice, Fencing, assign, file_of, is_secret, parse_fencing
from berofos_ra.errors import ParameterError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--fencing",
        metavar="AGENT[:OPTION=VALUE,...]",
        action="append",
        default=[],
        help="a fence device, once for each node, B's first (again for a second level): any agent that stonith_admin "
        "knows; a value @FILE is the file's first line, and a password must be one",
    )
    parser.add_argument(
        "--quorum-device",
        metavar="HOST",
        help="the third machine, with corosync-qnetd: its vote decides which node goes on when they don't see each "
        "other",
    )


def find_fencing(given: Sequence[str], nodes: Sequence[str]) -> tuple[FenceDevice, ...]:
    """The fence devices that the options mean. Says on standard error what becomes of their passwords.

    Raises:
        ParameterError: they make no sense, or a file can't be read.
    """
    fencing = [_with_files(parse_fencing(text)) for text in given]
    devices = assign(fencing, nodes)
    pacemaker = Pacemaker(20.0)  # a fence agent's metadata can take seconds
    for agent in dict.fromkeys(one.agent for one in fencing):
        options = pacemaker.fence_options(agent)
        if options is None:
            raise ParameterError(
                f"--fencing: Pacemaker finds no fence agent {agent} here; install it (fence-agents), "
                "stonith_admin --list-installed shows what there is"
            )
        for one in fencing:
            if one.agent == agent:
                names = frozenset(one.options)
                unknown, missing = options.unknown(names), options.missing(names)
                if unknown:
                    raise ParameterError(f"--fencing {agent}: has no option {', '.join(unknown)}")
                if missing:
                    raise ParameterError(f"--fencing {agent}: needs {', '.join(missing)}")
    secrets = sorted({name for one in fencing for name in one.options if is_secret(name)})
    if secrets:
        complain(
            f"the output has {', '.join(secrets)} in clear, and so will the cluster's configuration, which root and "
            "the group haclient can read; password_script=FILE, where the agent has it, keeps it out of there"
        )
    return devices


def _with_files(fencing: Fencing) -> Fencing:
    """The same with the contents of the files that it names."""
    values = {}
    for name, value in fencing.options.items():
        file = file_of(value)
        values[name] = value if file is None else _first_line(fencing.agent, name, file)
        if not values[name].isprintable():
            raise ParameterError(f"--fencing {fencing.agent}: {name} has characters that can't be printed")
    return Fencing(fencing.agent, values)


def _first_line(agent: str, name: str, file: str) -> str:
    try:
        with Path(file).open(encoding="utf-8") as stream:
            if is_secret(name) and os.fstat(stream.fileno()).st_mode & (stat.S_IRGRP | stat.S_IROTH):
                complain(f"{file}: others can read the {name} in it; chmod 0600 {file}")
            line = stream.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "isn't text"
        raise ParameterError(f"--fencing {agent}: {name}: {file or '@'}: {reason}") from None
    if not line:
        raise ParameterError(f"--fencing {agent}: {name}: the first line of {file} is empty")
    return line
