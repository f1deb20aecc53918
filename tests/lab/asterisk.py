"""A stand-in for the asterisk binary, which Debian 12 and 13 lack: enough for the real ocf:heartbeat:asterisk agent.

It runs in the background under a pid file and answers ``asterisk -r -x COMMAND`` while it lives.
"""

from __future__ import annotations

from pathlib import Path

_BINARY = """\
#!/bin/sh
# Stand-in for asterisk: "asterisk -r ... -x COMMAND" asks the running one, anything else starts it.
pidfile=/run/asterisk/asterisk.pid
case " $* " in
*" -r "* | *" -rx "*)
    kill -0 "$(cat $pidfile)" 2>/dev/null && echo "0 active channels"
    ;;
*)
    setsid sleep infinity </dev/null >/dev/null 2>&1 &
    echo $! > $pidfile
    ;;
esac
"""

_CONFIG = """\
[directories]
astrundir => /run/asterisk
astlogdir => /var/log/asterisk
"""


def files() -> dict[str, tuple[str, int]]:
    """What a node needs to run the stand-in: path -> (content, permissions)."""
    return {
        "/usr/sbin/asterisk": (_BINARY, 0o755),
        "/etc/asterisk/asterisk.conf": (_CONFIG, 0o644),
        "/etc/passwd": (_with_line("/etc/passwd", "asterisk:*:5060:5060::/nonexistent:/bin/false"), 0o644),
        "/etc/group": (_with_line("/etc/group", "asterisk:*:5060:"), 0o644),
    }


def _with_line(path: str, line: str) -> str:
    present = Path(path).read_text(encoding="utf-8")
    name = line.split(":", 1)[0]
    return present if f"\n{name}:" in present else f"{present}{line}\n"
