"""What a bnfos.conf looks like."""

from __future__ import annotations

MAC = "00:19:32:00:12:1D"
EXAMPLE = """\
# the berofos of the ground floor
[fos1]
mac = 00:19:32:00:12:1D
host = 10.34.1.50
login = admin:secret
; the one of the cellar
[fos2]
host=fos-2.example.org:8080
"""
