"""``berofos wiring``: what is to be plugged in where, and how the relay joins it now."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli import topology_options
from berofos_ra.cli.common import add_device_options, complain, say, select
from berofos_ra.errors import BerofosError, ConfigMissingError, ParameterError
from berofos_ra.wiring import diagram
from berofos_ra.wiring.diagram import Drawing
from berofos_ra.wiring.topology import CHAIN, Wiring

if TYPE_CHECKING:
    from berofos_ra.operations.survey import DeviceSnapshot

_BEHIND = "two-xivo-pbx"  # what the second device of a chain is wired as
_CHAINED = frozenset({"xivo-pbx", _BEHIND})
SUMMARY = "draw the wiring of a topology, port by port, with the relay as it is now"
EXAMPLE = """\
  berofos wiring --topology two-xivo
  berofos wiring --topology xivo-pbx --port-b-node xivo-1 --svg wiring.svg
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    topology_options.add_topology(
        parser,
        required=False,
        more={CHAIN: "two devices in a row, the first as xivo-pbx, the second as two-xivo-pbx"},
    )
    topology_options.add_nodes(parser)
    parser.add_argument(
        "--svg", metavar="FILE", help="write an SVG picture instead, for documents (- : standard output)"
    )
    add_device_options(parser)


def run(args: argparse.Namespace) -> int:
    """Draw it; devices that can't be asked are no error here."""
    if args.topology is None:
        known = topology_options.topologies_of_cluster()
        args.topology = CHAIN if known == _CHAINED else topology_options.the_one(known)
    topology = _BEHIND if args.topology == CHAIN else args.topology
    site_wiring, _ = topology_options.find_wiring(topology, args)
    seen = _survey(args)
    drawing = _chain(site_wiring, seen) if args.topology == CHAIN else _alike(site_wiring, seen)
    drawing.legend.extend(_relay_now(one) for one in seen)
    if args.svg is None:
        from berofos_ra.wiring.diagram_text import render_text

        ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
        for line in [*render_text(drawing, ascii_only), "", *drawing.legend]:
            say(line)
        return 0
    from berofos_ra.wiring.diagram_svg import render_svg

    picture = render_svg(drawing, f"Wiring {args.topology}")
    if args.svg == "-":
        sys.stdout.write(picture)
        return 0
    try:
        Path(args.svg).write_text(picture, encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        complain(f"{args.svg}: can't be written: {reason}")
        return 1
    say(f"{args.svg} written")
    return 0


def _alike(site_wiring: Wiring, seen: Sequence[DeviceSnapshot]) -> Drawing:
    modes = {one.state.mode for one in seen if one.state is not None}
    names = ", ".join(one.device.name for one in seen) if 0 < len(seen) <= 4 else "berofos"
    return diagram.draw(site_wiring, names, modes.pop() if len(modes) == 1 else None)


def _chain(site_wiring: Wiring, seen: Sequence[DeviceSnapshot]) -> Drawing:
    if not seen:
        return diagram.draw_chain(site_wiring)
    if len(seen) != 2:
        raise ParameterError(
            f"--topology: {CHAIN} is a row of two devices, and there are {len(seen)}; "
            "name them, the one in front first: --device fos1 --device fos2"
        )
    front, behind = ((one.device.name, None if one.state is None else one.state.mode) for one in seen)
    return diagram.draw_chain(site_wiring, (front[0], behind[0]), (front[1], behind[1]))


def _survey(args: argparse.Namespace) -> Sequence[DeviceSnapshot]:
    from berofos_ra.operations.survey import survey

    try:
        config = read_config(args.config)
        if not config.devices and not args.devices:
            return ()
        return survey(select(config, args.devices), args.timeout)
    except ConfigMissingError:
        if args.devices:
            raise
        return ()  # before anything is installed, the drawing is worth having all the same


def _relay_now(seen: DeviceSnapshot) -> str:
    if seen.state is None:
        return f"{seen.device.label}: {seen.error or BerofosError('no answer')}"
    return f"{seen.device.label}: relay {seen.state.position} now"
