"""What can go wrong, as one small tree that retries, exit codes and advice key on. Pure.

    BerofosError
    ├── ParameterError               a parameter or an option makes no sense
    │   └── ValueRefusedError        a value that a device's setting can't have
    ├── WiringError                  this node isn't wired
    ├── RecordingError               a device's recording can't serve
    ├── SavedSettingsError           a file of settings can't serve
    ├── ConfigError                  bnfos.conf can't serve
    │   ├── ConfigMissingError
    │   ├── ConfigUnreadableError
    │   └── ConfigUntrustedError
    └── DeviceError                  one device
        ├── AddressMissingError      bnfos.conf doesn't say how to reach it
        ├── DeviceTimeoutError       late, or silent
        │   ├── NameServerSlowError
        │   └── Gbl4SilentError
        ├── UnreachableError         no way to it
        │   ├── ConnectionRefusedByDeviceError
        │   ├── HostUnknownError
        │   ├── Gbl4ClosedError
        │   └── InFlashModeError
        ├── LoginRefusedError
        ├── BadAnswerError           not the protocol
        │   └── ConnectionLostError
        ├── EffectUnseenError        told, but it can't be read whether it did
        └── NoEffectError            it didn't do as told
            ├── KickUnansweredError
            └── NotInFlashModeError

An error is data: its type, what happened (``str(error)``), and what to do (``error.advice``). `explain` makes the
line that a person gets; nothing reads a text. No text ever holds a password.
"""

from __future__ import annotations

from typing import ClassVar

CONFIG = "{config}"  # in an advice: the path of bnfos.conf, which `explain` fills in


class BerofosError(Exception):
    """Root of every error that this library raises on purpose.

    ``what`` is what happened. ``advice`` is what to do about it, empty where that goes without saying; without one it
    is the type's.
    """

    ADVICE: ClassVar[str] = ""

    def __init__(self, what: str, advice: str | None = None) -> None:
        super().__init__(what)
        self.advice = self.ADVICE if advice is None else advice


class ParameterError(BerofosError):
    """A resource parameter or an option makes no sense, on whatever node it is used."""


class ValueRefusedError(ParameterError):
    """A setting can't have this value; ``expected`` is what it can. The value isn't quoted: it may be a password."""

    def __init__(self, keyword: str, expected: str) -> None:
        super().__init__(f"{keyword}: expected {expected}")
        self.expected = expected


class WiringError(BerofosError):
    """This node isn't wired to the relay."""


class RecordingError(BerofosError):
    """The file isn't a recording of a device as ``berofos record`` writes it."""

    ADVICE = "take it again with berofos record"


class SavedSettingsError(BerofosError):
    """The file holds no settings as ``berofos show --json`` writes them, or not those of the device that is meant."""

    ADVICE = "write it again with berofos show --json, while all is well"


class ConfigError(BerofosError):
    """``bnfos.conf`` can't serve: missing, malformed, or without what was asked for."""


class ConfigMissingError(ConfigError):
    """There is no ``bnfos.conf``: no berofos is used on this node."""

    ADVICE = "list the berofos devices there"


class ConfigUnreadableError(ConfigError):
    """``bnfos.conf`` is there, but this user may not read it."""

    ADVICE = "it must be readable by root"


class ConfigUntrustedError(ConfigError):
    """``bnfos.conf`` holds passwords, and somebody else than root or this user could have written it."""

    ADVICE = f"chown root {CONFIG}; chmod 0600 {CONFIG}"


class DeviceError(BerofosError):
    """One device couldn't be asked or didn't do as told. Base of all below.

    ``nothing_written``: it is certain that nothing was written to the device before.
    """

    ADVICE = "see berofos doctor"
    nothing_written = False


class AddressMissingError(DeviceError):
    """The config file lacks what the device is to be reached by."""

    ADVICE = "find it with berofos scan"


class DeviceTimeoutError(DeviceError):
    """No complete answer in time. Worth another try."""

    ADVICE = f"check its power, its network cable and its host in {CONFIG}"


class NameServerSlowError(DeviceTimeoutError):
    """The device's host name hasn't got an address in time: it wasn't even asked."""

    ADVICE = f"see to the name server, or put its address as host into {CONFIG}"

    def __init__(self, what: str = "name server is slow", advice: str | None = None) -> None:
        super().__init__(what, advice)


class Gbl4SilentError(DeviceTimeoutError):
    """No answer by GBL4 in time. The device drops what is meant for another MAC."""

    ADVICE = f"check its mac in {CONFIG}, and that UDP port 50123 isn't blocked"


class UnreachableError(DeviceError):
    """No way to the device: no route, or connection refused. Trying again at once is useless."""

    ADVICE = f"check its power, whether it is in flash mode, and its host in {CONFIG}"


class HostUnknownError(UnreachableError):
    """The device's host name has no address."""

    ADVICE = f"correct its host in {CONFIG}"

    def __init__(self, what: str = "host name can't be resolved", advice: str | None = None) -> None:
        super().__init__(what, advice)


class Gbl4ClosedError(UnreachableError):
    """What is at the device's address has no GBL4."""

    ADVICE = Gbl4SilentError.ADVICE


class InFlashModeError(UnreachableError):
    """The device is in flash mode: it answers by GBL4, but not by HTTP."""

    ADVICE = "switch it off and on again to bring it into operation"


class ConnectionRefusedByDeviceError(UnreachableError):
    """Something is at the device's address and takes no connection now: it may be serving another, or restart."""


class LoginRefusedError(DeviceError):
    """The device wants a login, or another one."""

    ADVICE = f"correct its login in {CONFIG}"


class BadAnswerError(DeviceError):
    """The device answered something that isn't the protocol. Worth another try."""

    ADVICE = f"check that a berofos is at its host in {CONFIG}"


class ConnectionLostError(BadAnswerError):
    """The device dropped the connection before its answer was complete: it may be serving another, or restart."""


class EffectUnseenError(DeviceError):
    """Something was written to the device, and then its settings couldn't be read."""

    ADVICE = BadAnswerError.ADVICE


class NoEffectError(DeviceError):
    """The device accepted a setting, but reading it back shows that it didn't take it."""

    ADVICE = "try again, and restart the device if that doesn't help"


class KickUnansweredError(NoEffectError):
    """The device didn't answer a watchdog kick, so its countdown goes on."""

    ADVICE = Gbl4SilentError.ADVICE

    def __init__(self, what: str = "watchdog kick to its mac not answered", advice: str | None = None) -> None:
        super().__init__(what, advice)


class NotInFlashModeError(NoEffectError):
    """The device refused what it does in flash mode only."""

    ADVICE = (
        "switch it on with its black button held until the red LEDs of port D begin to blink, "
        "which is flash mode, and try again"
    )


def explain(error: BerofosError, label: str = "", config: str = "the config file") -> str:
    """The line that a person gets: ``LABEL: what happened; what to do``. ``config`` is the path of bnfos.conf."""
    advice = advise(error, config)
    return (f"{label}: " if label else "") + str(error) + (f"; {advice}" if advice else "")


def advise(error: BerofosError, config: str) -> str:
    """What to do about the error, where ``config`` is the path of bnfos.conf; empty when that goes without saying."""
    return error.advice.replace(CONFIG, config)
