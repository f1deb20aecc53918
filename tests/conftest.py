"""What all tests share: where ocf.py is, Hypothesis without a clock, and signals for the commands that tests run."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# As in agents/ocf/berofos.
OCF_ROOT = os.environ.get("OCF_ROOT") or "/usr/lib/ocf"
sys.path.append(os.environ.get("OCF_FUNCTIONS_DIR") or str(Path(OCF_ROOT, "lib", "heartbeat")))

# A busy machine is no defect.
settings.register_profile("berofos", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("berofos")

# A shell has what runs in its background ignore Ctrl-C, nohup a lost terminal; every command would inherit that.
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
