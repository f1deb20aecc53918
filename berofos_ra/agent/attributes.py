"""The node attributes that administrators see with ``crm_mon -A``. Set only when they change, and never fatal."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import one_line
from berofos_ra.clock import boot_clock
from berofos_ra.cluster import attribute_names
from berofos_ra.errors import BerofosError, ParameterError
from berofos_ra.files import replace_file
from berofos_ra.resource.record import Record

_READY_SUFFIX = ".ready"  # of the file that keeps what one resource found
_READY_LASTS = 600.0  # seconds, many times any sensible monitor interval
_CONFIG_SUFFIX = ".config"  # of the file that keeps what was published of the config file


def publish(call: Call, record: Record, shown: dict[str, str]) -> Record:
    """Set the attributes of devices and spans where they change; the record then knows what is set."""
    wanted = {name: one_line(text) for name, text in shown.items()}
    changed = {name: text for name, text in wanted.items() if record.attributes.get(name) != text}
    if not changed:
        return record
    return record._replace(attributes={**record.attributes, **call.pacemaker.set_attributes(changed)})


def withdraw(call: Call, record: Record) -> None:
    """Take these attributes away again."""
    call.pacemaker.delete_attributes(record.attributes)


def publish_readiness(call: Call, reason: str | None) -> None:
    """Set whether this node could hold the relay; ``reason`` says why not, None: it could.

    Several resources of this agent share the attribute: it is "yes" when all of them are.
    """
    value = attribute_names.ready_value(None if reason is None else one_line(reason))
    file = call.record_path.with_suffix(_READY_SUFFIX)
    known = _read(file)
    try:
        if known == value and not _is_forgotten(file):
            _touch(file)
            return
        _note(file, value)
    except OSError:
        return
    everyone = [_read(other) for other in sorted(file.parent.glob(f"berofos-*{_READY_SUFFIX}")) if _is_fresh(other)]
    unready = [other for other in everyone if other != attribute_names.READY_YES]
    shared = unready[0] if unready else attribute_names.READY_YES
    if not call.pacemaker.set_attributes({attribute_names.READY: shared}):
        with contextlib.suppress(OSError):
            file.unlink()  # so that it is set again next time
    elif known == value:
        return  # no news, published once more
    elif reason is not None:
        journal.warning(f"{call.node} couldn't hold the relay: {reason}")
    elif known:
        journal.notice(f"{call.node} could hold the relay again")


def publish_config_digest(call: Call) -> None:
    """Tell the other nodes which devices the config file lists here, so that ``berofos doctor`` can compare.

    No administrator needs to see it, and no scheduler to run for it: the attribute is private. No login is in it.
    """
    try:
        value = call.config.digest
    except ParameterError:
        return
    except BerofosError:
        value = attribute_names.NO_CONFIG
    file = call.record_path.with_suffix(_CONFIG_SUFFIX)
    if _read(file) == value and not _is_forgotten(file):
        return
    if call.pacemaker.set_private_attribute(attribute_names.of_config(call.instance), value):
        with contextlib.suppress(OSError):
            _note(file, value)


def forget_published(call: Call) -> None:
    """Have readiness and config digest set anew next time: Pacemaker may have forgotten them."""
    for suffix in (_READY_SUFFIX, _CONFIG_SUFFIX):
        with contextlib.suppress(OSError):
            call.record_path.with_suffix(suffix).unlink(missing_ok=True)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def _note(file: Path, value: str) -> None:
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    replace_file(file, value)
    _touch(file)


def _touch(file: Path) -> None:
    """Note that its resource is being monitored: by the boot clock, as the time of day may jump."""
    now = boot_clock()
    os.utime(file, (now, now))


def _is_forgotten(file: Path) -> bool:
    """Whether Pacemaker was started after this was published, and so knows nothing of it.

    Often it is a probe that tells of that, see `forget_published`, but a node that stands by may
    get a recurring monitor first.
    """
    try:
        # Pacemaker's executor is the parent of every action. The 20th field after the name is when it was started.
        fields = Path(f"/proc/{os.getppid()}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        started = int(fields.split()[19]) / os.sysconf("SC_CLK_TCK")
        return file.stat().st_mtime < started
    except (OSError, ValueError, IndexError):
        return False


def _is_fresh(file: Path) -> bool:
    """Whether its resource is still being monitored."""
    try:
        return boot_clock() - file.stat().st_mtime < _READY_LASTS
    except OSError:
        return False
