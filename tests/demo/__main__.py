"""`python3 -m tests.demo`: see `main`."""

import os
import signal
import sys


def _run() -> int:
    # Ended by another program: everything is taken down just as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        try:
            from tests.demo.main import main
        except ImportError as error:
            needed = "apt-get install python3-rich python3-lxml python3-requests"
            print(f"demo: {error}; on Debian: {needed}", file=sys.stderr)
            return 1
        return main(sys.argv[1:])
    except KeyboardInterrupt:
        print("demo: interrupted, everything is taken down", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read along (| head) has left. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


sys.exit(_run())
