"""`python3 -m tests.lab`: see `cli`."""

import sys

try:
    from tests.lab.cli import main
except ModuleNotFoundError as error:
    sys.exit(f"lab: {sys.executable} lacks {error.name}; use /usr/bin/python3, with apt-get install python3-lxml")

sys.exit(main())
