"""What can go wrong in a lab."""


class LabError(Exception):
    """The lab can't do what was asked; the message says why."""


class CommandFailed(LabError):  # noqa: N818 - reads as what happened
    """A command in a node ended with another status than 0, or not in time."""


class NodeEnded(LabError):  # noqa: N818 - reads as what happened
    """A node whose power is on has gone down by itself; the message has the end of its console."""


class NotYet(LabError):  # noqa: N818 - reads as what happened
    """A condition was not met before its deadline."""
