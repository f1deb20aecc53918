"""What all tests share: where ocf.py is, and Hypothesis without a clock."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# As in agents/ocf/berofos.
OCF_ROOT = os.environ.get("OCF_ROOT") or "/usr/lib/ocf"
sys.path.append(os.environ.get("OCF_FUNCTIONS_DIR") or str(Path(OCF_ROOT, "lib", "heartbeat")))

# A busy machine is no defect.
settings.register_profile("berofos", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("berofos")
