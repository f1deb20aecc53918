"""The node attributes that administrators see with ``crm_mon -A``. Set only when they change, and never fatal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from berofos_ra import cluster
from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import one_line
from berofos_ra.ownership import Record

READY = "berofos-ready"
_READY_YES = "yes"


def show_devices(call: Call, record: Record, shown: dict[str, str]) -> Record:
    """Set an attribute per device (by name, ``fos1``); the record then knows what is set."""
    wanted = {f"berofos-{name}": one_line(text) for name, text in shown.items()}
    changed = {name: text for name, text in wanted.items() if record.attributes.get(name) != text}
    if not changed or not cluster.set_attributes(changed, call.tools_patience):
        return record
    return replace(record, attributes={**record.attributes, **wanted})


def hide_devices(call: Call, record: Record) -> None:
    """Take the devices' attributes away again."""
    cluster.delete_attributes(record.attributes, call.tools_patience)


def show_ready(call: Call, trouble: str | None) -> None:
    """Set whether this node could hold the relay, and if not, why."""
    value = _READY_YES if trouble is None else f"no: {one_line(trouble)}"
    file = _ready_file(call)
    try:
        known = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        known = ""
    if known == value or not cluster.set_attributes({READY: value}, call.tools_patience):
        return
    if trouble is not None:
        journal.warning(f"{call.node} couldn't hold the relay: {trouble}")
    elif known:
        journal.notice(f"{call.node} could hold the relay again")
    try:
        file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        file.write_text(value, encoding="ascii")
    except OSError:
        return  # then it is set again next time


def forget_ready(call: Call) -> None:
    """Make the next `show_ready` set it, whatever it was: Pacemaker may have forgotten it."""
    try:
        _ready_file(call).unlink(missing_ok=True)
    except OSError:
        return


def _ready_file(call: Call) -> Path:
    return call.record.with_suffix(".ready")
