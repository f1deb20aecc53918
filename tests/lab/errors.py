"""What can go wrong in a lab."""


class LabError(Exception):
    """The lab can't do what was asked; the message says why."""


class CommandFailed(LabError):  # noqa: N818 - reads as what happened
    """A command in a node ended with another status than 0, or not in time."""


class NotYet(LabError):  # noqa: N818 - reads as what happened
    """A condition was not met before its deadline."""
