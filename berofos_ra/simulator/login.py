"""The device's side of an HTTP login: Basic (RFC 7617) and Digest with MD5 and qop auth (RFC 7616)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections import deque

CHALLENGES = {
    "basic": 'Basic realm="berofos"',
    "digest": 'Digest realm="berofos", qop="auth", algorithm=MD5, nonce=""',
}
_NONCE = re.compile(r'(?<=nonce=")[^"]*')
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


class Login:
    """Checks ``Authorization`` headers for one device. Not thread safe."""

    def __init__(self, scheme: str, user: str, challenge: str | None = None) -> None:
        """``challenge`` is what it asks with, None: as usual; a nonce in it is replaced by a fresh one each time."""
        self._scheme = scheme
        self._user = user
        self._challenge = challenge or CHALLENGES[scheme]
        asked = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(self._challenge)}
        self._realm = asked.get("realm", "")
        self._nonces: deque[str] = deque(maxlen=32)

    def challenge(self) -> str:
        """The value of ``WWW-Authenticate``, with a fresh nonce for Digest."""
        if self._scheme == "basic":
            return self._challenge
        self._nonces.append(secrets.token_hex(16))
        return _NONCE.sub(self._nonces[-1], self._challenge)

    def accepts(self, authorization: str, method: str, target: str, password: str) -> bool:
        """Whether the header's value proves knowledge of ``password`` for this request."""
        scheme, _, rest = authorization.strip().partition(" ")
        if scheme.lower() != self._scheme:
            return False
        if self._scheme == "basic":
            return self._basic(rest, password)
        return self._digest(rest, method, target, password)

    def _basic(self, encoded: str, password: str) -> bool:
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        expected = f"{self._user}:{password}".encode()
        # Clients differ in how they send letters beyond ASCII.
        return any(
            hmac.compare_digest(given.decode(charset, "replace").encode(), expected)
            for charset in ("utf-8", "latin-1")
        )

    def _digest(self, text: str, method: str, target: str, password: str) -> bool:
        given = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(text)}
        if given.get("nonce") not in self._nonces or given.get("username") != self._user:
            return False
        if given.get("realm") != self._realm or given.get("uri") != target:
            return False
        secret = _md5(f"{self._user}:{self._realm}:{password}")
        request = _md5(f"{method}:{target}")
        if given.get("qop") == "auth":
            middle = f"{given['nonce']}:{given.get('nc', '')}:{given.get('cnonce', '')}:auth"
        elif "qop" in given:
            return False
        else:
            middle = given["nonce"]  # RFC 2069, from clients older than qop
        expected = _md5(f"{secret}:{middle}:{request}")
        return hmac.compare_digest(expected.encode(), given.get("response", "").lower().encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
