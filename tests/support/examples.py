"""The configurations in crm-examples, as they stand and with short intervals."""

from __future__ import annotations

import re

from tests.support.checkout import CHECKOUT

EXAMPLES = CHECKOUT / "crm-examples"

# What the examples say -> what lets a test see things soon.
_QUICKER = {
    r"(?<=topology=)\S+": r"\g<0> timeout=2",
    r"(?<=op monitor )interval=(5|10|20)s": "interval=1s",
    r"interval=30s(?= timeout=20s role=Stopped)": "interval=2s",
    r"failure-timeout=30s": "failure-timeout=3s",
}


def example(name: str) -> str:
    """An example in crmsh's language, such as "two-xivo"."""
    return EXAMPLES.joinpath(f"{name}.crm").read_text(encoding="utf-8")


def quick_example(name: str = "two-xivo", watchdog_interval: int = 60) -> str:
    """The same with short intervals."""
    text = example(name)
    for said, quicker in _QUICKER.items():
        text, found = re.subn(said, quicker, text)
        assert found, f"the example no longer has {said}"
    return re.sub(r"watchdog_interval=\d+", f"watchdog_interval={watchdog_interval}", text)
