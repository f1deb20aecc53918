"""Passwords from the terminal or from standard input, never from an argument."""

from __future__ import annotations

import getpass
import sys

from berofos_ra.errors import ParameterError


def read_secret(what: str, twice: bool = True) -> str:
    """The secret, typed without echo on a terminal (a new one twice), else the first line of standard input."""
    if not sys.stdin.isatty():
        try:
            line = sys.stdin.readline()
        except (OSError, UnicodeDecodeError):
            raise ParameterError(f"{what}: standard input can't be read") from None
        if not line.rstrip("\r\n"):
            raise ParameterError(f"{what}: no terminal to type it on, and nothing on standard input")
        return line.rstrip("\r\n")
    try:
        secret = getpass.getpass(f"{what}: ")
        again = getpass.getpass(f"{what} again: ") if twice else secret
    except (EOFError, OSError, UnicodeDecodeError):
        raise ParameterError(f"{what}: not given") from None
    if secret != again:
        raise ParameterError(f"{what}: the two differ, nothing was changed")
    if not secret:
        raise ParameterError(f"{what}: empty, nothing was changed")
    return secret
