"""docs/devices.md: the devices that this project has been seen to work with, by their recordings in tests/devices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from berofos_ra.device.recording import BROKEN, KEPT, Recording, parse_recording
from berofos_ra.device.traits import differences

FOLDER = Path(__file__).parents[1] / "tests" / "devices"

_HEAD = """\
# Devices

<!-- Generated from tests/devices by make docs. -->

What this project knows of the berofos comes from the vendor's tool and manual and from other clients. What it has
seen of real devices is here, by their recordings. A recording of a simulated device says so and doesn't count.
"""
_NONE = """\
**There is no recording of a real device yet.** Everything is tested against simulated ones. Have you got a berofos?
Then your recording would be the first.
"""
_TABLE = (
    "| firmware | boot loader | shown by | on | differs from the simulated device |\n| --- | --- | --- | --- | --- |"
)
_FOOT = """\
## Send a recording

It takes some seconds, in which others have to wait for the device. It reads only: nothing is changed, no relay moves.

<!-- run by: tests/cli/test_berofos_record.py::test_a_recording_is_a_file_that_says_what_is_in_it -->
```sh
berofos record
```

Each device of `/etc/bnfos.conf` has a file then, `fos1.json` and so on; `--device` chooses. A file has the lines of
`config.txt`, the headers of some answers, how connections are handled, and the answers to search and ping. It has no
login; names, addresses, mail addresses and the device's half of the MAC are replaced, and the value of whatever isn't
known to this project is masked. It is a text: have a look. One that was changed afterwards is refused, since it would
tell of a device that there isn't.

Attach it to a bug report, or to one that says that all is well. It becomes a test: put into `tests/devices`, the
agent's tests run against a simulated device that behaves so. You can do that yourself, with the devices of any config
file whose addresses are on this machine:

<!-- run by: tests/cli/test_berofos_record.py::test_a_simulation_of_a_recording_is_that_device -->
```sh
berofos --config ./bnfos.conf simulate --from fos1.json
```
"""


def recordings() -> dict[str, Recording]:
    """All that are kept, by file name."""
    files = sorted(FOLDER.glob("*.json"))
    return {file.name: parse_recording(file.read_text(encoding="utf-8"), file.name) for file in files}


def devices_page(known: Mapping[str, Recording]) -> str:
    """docs/devices.md with a row for each recording that was taken from hardware."""
    rows = [_row(name, recording) for name, recording in known.items() if not recording.taken.simulated]
    return "\n".join([_HEAD, "\n".join([_TABLE, *rows, ""]) if rows else _NONE, _FOOT])


def _row(name: str, recording: Recording) -> str:
    scan = recording.scan
    versions = ["unknown"] * 2 if scan is None else [".".join(map(str, v)) for v in (scan.firmware, scan.bootloader)]
    shown, on = f"[recording](../tests/devices/{name})", recording.taken.on
    if recording.acceptance is not None:
        outcomes = list(recording.acceptance.outcomes.values())
        broken = f", {outcomes.count(BROKEN)} not" if BROKEN in outcomes else ""
        shown += f", acceptance: {outcomes.count(KEPT)} promises kept{broken}"
        on = recording.acceptance.on
    return f"| {' | '.join([*versions, shown, on, '; '.join(differences(recording)) or 'nowhere'])} |"
