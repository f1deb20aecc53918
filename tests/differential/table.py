"""What the vendor's ``bnfos`` and XiVO's ``xivo-berofos`` do, as a table of facts: rows.tsv, with files.toml.

Columns of a row, ``?`` where a fact isn't known:

call        the command line. HOST is a device's address, MAC and mac its MAC in capitals or not, LOGIN its login,
            FIRMWARE an image of three pages
file        what bnfos.conf holds, by its name in files.toml; none: there is no such file
device      how the device is before: settings, "flash" mode, "off", "ignores" what it accepts, or what is the matter
            with its config.txt
status      exit status of the vendor's
effect      what the vendor's makes the device do, as it goes over the wire; -: nothing
config      what bnfos.conf holds afterwards; same: what it did
says        what is in its output; where the vendor's has all on standard error, ours has results on standard output
differs     why ours does otherwise, knowingly; then what ours does: our status, our effect, our config
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
UNKNOWN = "?"


class Does(NamedTuple):
    """What a command did."""

    status: str
    effect: str
    config: str


class Row(NamedTuple):
    """A call, under which circumstances, and what becomes of it with the vendor's tool and with ours."""

    call: str
    file: str
    device: str
    vendors: Does
    ours: Does
    says: str
    differs: str

    @property
    def name(self) -> str:
        """To call a test by."""
        return " | ".join(filter(None, (self.call, "" if self.file == "plain" else self.file, self.device)))


def rows() -> list[Row]:
    """The table."""
    lines = (HERE / "rows.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [_row(line) for line in lines if not line.startswith("#")]


def files() -> dict[str, str]:
    """What bnfos.conf may hold."""
    return tomllib.loads((HERE / "files.toml").read_text(encoding="utf-8"))


def _row(line: str) -> Row:
    cells = line.split("\t")
    call, file, device, status, effect, config, says, differs, *ours = cells + [""] * (11 - len(cells))
    vendors = Does(status, effect, config)
    return Row(
        call=call,
        file=file,
        device=device,
        vendors=vendors,
        ours=Does(*(own or its for own, its in zip(ours, vendors, strict=True))),
        says=says,
        differs=differs,
    )
