"""What can go wrong, as one small tree that retries and exit codes key on. Pure.

A message is one line for a person and never holds a password.
"""

from __future__ import annotations


class BerofosError(Exception):
    """Root of every error that this library raises on purpose."""


class ConfigError(BerofosError):
    """``bnfos.conf`` can't serve: missing, malformed, or without what was asked for."""


class ConfigMissingError(ConfigError):
    """There is no ``bnfos.conf``: no berofos is used on this node."""


class ConfigUnreadableError(ConfigError):
    """``bnfos.conf`` is there, but this user may not read it."""


class ConfigUntrustedError(ConfigError):
    """``bnfos.conf`` holds passwords, and somebody else than root or this user could have written it."""


class ParameterError(BerofosError):
    """A resource parameter or an option makes no sense, on whatever node it is used."""


class WiringError(BerofosError):
    """This node isn't wired to the relay."""


class DeviceError(BerofosError):
    """One device couldn't be asked or didn't do as told. Base of all below.

    ``nothing_written``: it is certain that nothing was written to the device before.
    """

    nothing_written = False


class DeviceTimeoutError(DeviceError):
    """No complete answer in time. Worth another try."""


class UnreachableError(DeviceError):
    """No way to the device: no route, connection refused, name unknown. Trying again at once is useless."""


class LoginRefusedError(DeviceError):
    """The device wants a login, or another one."""


class BadAnswerError(DeviceError):
    """The device answered something that isn't the protocol. Worth another try."""


class NoEffectError(DeviceError):
    """The device accepted a setting, but reading it back shows that it didn't take it."""
