"""What the manuals share with the code is made from the code's own definitions, so that it can't be wrong.

python3 -m docs.generate man DIRECTORY        every page, as DIRECTORY/man8/berofos.8 and so on
python3 -m docs.generate parameters FILE      docs/parameters.md
python3 -m docs.generate devices FILE         docs/devices.md
python3 -m docs.generate differences FILE     what stands between the marks in docs/migration.md
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.append(os.environ.get("OCF_FUNCTIONS_DIR") or "/usr/lib/ocf/lib/heartbeat")  # ocf.py is there

from berofos_ra.resource.parameters import PARAMETERS, Parameter
from docs.descriptions import allowed, facts, literals, operations
from docs.devices import devices_page, recordings
from docs.man_pages import SOURCES, Page

if TYPE_CHECKING:
    from tests.differential.table import Does


def parameters_page() -> str:
    """docs/parameters.md."""
    page = [
        "# Parameters of ocf:xivo:berofos",
        "<!-- Generated from berofos_ra/resource/parameters.py by make docs. -->",
        markdown(
            "The same as `man 7 ocf_xivo_berofos`, `crm ra info ocf:xivo:berofos` and `pcs resource describe "
            "ocf:xivo:berofos` show. A *reloadable* parameter can be changed while the resource runs: the agent "
            "takes it over without touching the relay. A change of any other one stops and starts the resource. The "
            "wirings behind `topology` are drawn in [wirings](wirings.md)."
        ),
        "| parameter | values | default | reloadable | meaning |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(_row(parameter) for parameter in PARAMETERS),
    ]
    for parameter in PARAMETERS:
        text = "".join(f"`{piece}`" if typed else piece for piece, typed in literals(parameter.longdesc))
        page += [f"## {parameter.name}", markdown(text), f"*{facts(parameter)}*"]
    page += [
        "## Operations",
        "What to give the resource. The last monitor runs on the nodes on which the resource doesn't.",
        "```\n" + "\n".join(f"op {words}" for words in operations()) + "\n```",
    ]
    return "\n\n".join(page) + "\n"


def _row(parameter: Parameter) -> str:
    default = f"`{parameter.default}`" if parameter.default else "by topology" if parameter.choices else ""
    cells = (
        f"[`{parameter.name}`](#{parameter.name})",
        allowed(parameter),
        default,
        "yes" if parameter.reloadable else "",
        parameter.shortdesc,
    )
    return f"| {' | '.join(cells)} |"


def with_differences(page: str) -> str:
    """docs/migration.md with what ours does differently, by the table of what the vendor's commands do."""
    from tests.differential.table import rows  # not in a package build

    table = rows()
    reasons = dict.fromkeys(row.differs for row in table if row.differs)
    count = sum(bool(row.differs) for row in table)
    text = markdown(f"Of {len(table)} calls in the table {count} differ:")
    text += "\n\n| why | such as | vendor's or XiVO's | here |\n| --- | --- | --- | --- |\n"
    for reason in reasons:
        first, *more = (row for row in table if row.differs == reason)
        call = f"`{first.call}`{f' and {len(more)} more' if more else ''}"
        theirs, own = (
            _in_words(does, other) for does, other in ((first.vendors, first.ours), (first.ours, first.vendors))
        )
        text += f"| {reason} | {call} | {theirs} | {own} |\n"
    begin, end = "<!-- differences: generated from tests/differential/rows.tsv by make docs -->", "<!-- end -->"
    return re.sub(rf"(?<={begin}\n).*?(?={end})", lambda _: text, page, flags=re.DOTALL)


def _in_words(does: Does, other: Does) -> str:
    """What one of the two does, as far as the other does otherwise."""
    config = {"same": "the file stays as it is", "scanned": "the file is written anew"}.get(does.config, does.config)
    effect = "nothing is sent" if does.effect == "-" else does.effect if " " in does.effect else f"`{does.effect}`"
    words = zip((f"exit status {does.status}", effect, config), does, other, strict=True)
    return ", ".join(said for said, its, others in words if its not in ("?", others))


def markdown(text: str) -> str:
    """A paragraph in lines as long as those that people write here."""
    return textwrap.fill(text, 118, break_on_hyphens=False, break_long_words=False)


def main(arguments: Sequence[str]) -> int:
    """Write what is asked for."""
    what, where = arguments
    if what in ("parameters", "devices"):
        text = parameters_page() if what == "parameters" else devices_page(recordings())
        Path(where).write_text(text, encoding="utf-8")
        return 0
    if what == "differences":
        Path(where).write_text(with_differences(Path(where).read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    for source in sorted(SOURCES.glob("*.in")):
        page = Page(source.stem)
        file = Path(where, f"man{page.name[-1]}", page.name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page.text(), encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
