"""Loopback addresses that no other process uses: workers, and several runs of the tests, go on side by side."""

from __future__ import annotations

import itertools
import socket

_ADDRESSES = 250 * 250  # of one process, before the first is used again


def _claim() -> tuple[int, socket.socket]:
    """A block 127.N.0.0/16, and what keeps others from claiming it, too: the kernel forgets it with this process."""
    for block in range(1, 255):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0berofos tests 127.{block}")
        except OSError:
            claim.close()
        else:
            return block, claim
    raise AssertionError("254 processes run these tests already")


_block, _claimed = _claim()
_numbers = itertools.count()


def own_address() -> str:
    """An address that nobody else uses, and no test of this process for a long time."""
    high, low = divmod(next(_numbers) % _ADDRESSES, 250)
    return f"127.{_block}.{1 + high}.{1 + low}"


def closed_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> tuple[str, int]:
    """An address and a port there on which nothing listens, nor will unless this process wants it."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((own_address(), 0))
        address, port = probe.getsockname()
        return address, port
