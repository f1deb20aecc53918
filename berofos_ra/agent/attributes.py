"""The node attributes that administrators see with ``crm_mon -A``. Set only when they change, and never fatal."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from berofos_ra.agent import journal
from berofos_ra.agent.call import Call
from berofos_ra.agent.outcome import one_line
from berofos_ra.clock import boot_clock
from berofos_ra.cluster.attribute_names import NO_CONFIG, READY, READY_YES, of_config, ready_value, unready_reason
from berofos_ra.errors import BerofosError, ParameterError
from berofos_ra.files import read_ascii, replace_file
from berofos_ra.resource.record import Record
from berofos_ra.resource.record_file import all_records

_READY_SUFFIX = ".ready"  # of the file that keeps what one resource found, and how often it looks
_READY_PUBLISHED = "berofos.ready"  # the file that keeps what was published for all of them
_STALE = 3  # monitor intervals after which a resource isn't monitored here any more
_LEFT_SUFFIX = ".left"  # of the file with the names of attributes that couldn't be deleted
_CONFIG_SUFFIX = ".config"  # of the file that keeps what was published of the config file


def publish(call: Call, record: Record, shown: dict[str, str]) -> Record:
    """Set the attributes of devices and spans where they change; the record then knows what is set."""
    wanted = {name: one_line(text) for name, text in shown.items()}
    changed = {name: text for name, text in wanted.items() if record.attributes.get(name) != text}
    return record._replace(attributes={**record.attributes, **call.pacemaker.set_attributes(changed)})


def withdraw(call: Call, names: Iterable[str] = ()) -> None:
    """Take these attributes away again, and what an earlier stop left; what can't be deleted is tried again later."""
    file = call.record_path.with_suffix(_LEFT_SUFFIX)
    left = call.pacemaker.delete_attributes(tuple(dict.fromkeys((*names, *read_ascii(file).splitlines()))))
    with contextlib.suppress(OSError):
        if left:
            _note(file, "\n".join(left))
        else:
            file.unlink(missing_ok=True)


def restore_missing(call: Call, record: Record, peer: str | None) -> Record:
    """Bring back what the CIB has lost of these attributes, as after a crash; what `publish` is to set is left out.

    What Pacemaker's attribute daemon still has it must write again: setting a value that it knows changes nothing.
    That goes for the readiness of the standby, too, whose own monitor asks nobody.
    """
    node = (record.node or call.node).casefold()
    there = call.pacemaker.attributes_in_cib()
    missing = [name for name in (*record.attributes, READY) if node in there and name not in there[node]]
    lacking = peer.casefold() if peer is not None and READY not in there.get(peer.casefold(), {READY}) else None
    if (missing and _is_known(call, node, missing[0])) or (lacking is not None and _is_known(call, lacking, READY)):
        call.pacemaker.resend_attributes()
        return record
    if not missing:
        return record
    _forget(_published(call))
    return record._replace(attributes={name: text for name, text in record.attributes.items() if name not in missing})


def _is_known(call: Call, node: str, name: str) -> bool:
    """Whether Pacemaker's attribute daemon has a value of it for that node."""
    values = call.pacemaker.attribute_on_all_nodes(name)
    return any(host.casefold() == node and value for host, value in values.items())


def publish_readiness(call: Call, reason: str | None) -> None:
    """Set whether this node could hold the relay; ``reason`` says why not, None: it could, or has it.

    Several resources of this agent share the attribute: it is "yes" when all of them are that are still monitored
    here. A node that owns a relay is always ready: else a rule would move away what runs there.
    """
    file = call.record_path.with_suffix(_READY_SUFFIX)
    try:
        if not call.expects_stopped:
            file.unlink(missing_ok=True)
            _publish_ready(call, READY_YES)
            return
        value = ready_value(None if reason is None else one_line(reason))
        before, found = read_ascii(file), f"{call.interval:g}\n{value}"
        if found == before:
            _touch(file)
        else:
            _note(file, found)
    except OSError:
        return
    _publish_ready(call, _shared_readiness(call))
    if found == before:
        return
    if reason is not None:
        journal.warning(f"{call.node} couldn't hold the relay: {reason}")
    elif unready_reason(_value_noted(before)) is not None:
        journal.notice(f"{call.node} could hold the relay again")


def withdraw_readiness(call: Call) -> None:
    """A node that isn't wired has nothing to say."""
    with contextlib.suppress(OSError):
        call.record_path.with_suffix(_READY_SUFFIX).unlink(missing_ok=True)
        _publish_ready(call, _shared_readiness(call))


def _shared_readiness(call: Call) -> str:
    """What is to be published for all resources; empty when none has anything to say."""
    directory = call.record_path.parent
    if any(record.owned for _, record in all_records(directory)):
        return READY_YES
    found = [read_ascii(file) for file in sorted(directory.glob(f"berofos-*{_READY_SUFFIX}")) if _is_fresh(file)]
    values = [_value_noted(text) for text in found]
    return next((value for value in values if value != READY_YES), READY_YES if values else "")


def _publish_ready(call: Call, value: str) -> None:
    file = _published(call)
    if read_ascii(file) == value and (not value or not _is_forgotten(file)):
        return
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:  # nobody could tell whether it was told
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if value:
            done = bool(call.pacemaker.set_attributes({READY: value}))
        else:
            done = not call.pacemaker.delete_attributes((READY,))
        if done:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, value.encode("ascii"))
            _touch(file)
        else:
            _forget(file)
    except OSError:
        return  # another resource's monitor is at it, or there is no room; the next one will find what was missed
    finally:
        os.close(descriptor)


def _published(call: Call) -> Path:
    return call.record_path.with_name(_READY_PUBLISHED)


def _value_noted(text: str) -> str:
    return text.partition("\n")[2] or READY_YES


def publish_config_digest(call: Call) -> None:
    """Tell the other nodes which devices the config file lists here, so that ``berofos doctor`` can compare.

    No administrator needs to see it, and no scheduler to run for it: the attribute is private. No login is in it.
    """
    try:
        value = call.config.digest
    except ParameterError:
        return
    except BerofosError:
        value = NO_CONFIG
    file = call.record_path.with_suffix(_CONFIG_SUFFIX)
    if read_ascii(file) == value and not _is_forgotten(file):
        return
    if call.pacemaker.set_private_attribute(of_config(call.instance), value):
        with contextlib.suppress(OSError):
            _note(file, value)


def forget_published(call: Call) -> None:
    """Have readiness and config digest set anew next time: Pacemaker may have forgotten them."""
    for file in (_published(call), call.record_path.with_suffix(_CONFIG_SUFFIX)):
        _forget(file)


def _forget(file: Path) -> None:
    with contextlib.suppress(OSError):
        os.utime(file, (0, 0))


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
    """Whether the resource that noted this is still being monitored here."""
    try:
        return boot_clock() - file.stat().st_mtime <= _STALE * float(read_ascii(file).partition("\n")[0])
    except (OSError, ValueError):
        return False
