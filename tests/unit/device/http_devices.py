"""How devices ask for a login, and how tests ask devices."""

from __future__ import annotations

import base64
import hashlib
import re

from berofos_ra.device.http import Answer, HttpClient
from tests.support.wire import Reply, TcpServer, answer, header, target

USER, PASSWORD = "admin", "Geheim7"
PATIENCE = 10.0  # far more than an answer takes
IMPATIENCE = 0.2
WANTS_BASIC = answer(b"", b"401 Unauthorized", b'WWW-Authenticate: Basic realm="berofos"')
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
REFUSED = b"401 Unauthorized"


def client(server: TcpServer, user: str | None = USER, password: str | None = PASSWORD) -> HttpClient:
    return HttpClient("127.0.0.1", server.port, user, password)


def get(server: TcpServer, path: str = "/config.txt", timeout: float = PATIENCE) -> Answer:
    with client(server) as http:
        return http.get(path, timeout)


def basic(user: str, password: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{user}:{password}".encode())


def login_text(request: bytes) -> str:
    return (header(request, b"Authorization") or b"").decode("latin-1")


class DigestDevice:
    """Lets in who answers its challenge, RFC 7616; each nonce serves ``nonce_lives`` requests."""

    def __init__(self, password: str, challenge: str = 'qop="auth"', nonce_lives: int = 100) -> None:
        self._password = password
        self._challenge = challenge
        self._nonce_lives = nonce_lives
        self._nonces = 0
        self._lives = 0
        self._counts: set[str] = set()

    def __call__(self, request: bytes) -> Reply:
        if self._lives > 0 and self._is_right(request):
            self._lives -= 1
            return answer(b"in")
        self._nonces += 1
        self._lives = self._nonce_lives
        challenge = f'WWW-Authenticate: Digest realm="be:ro, fos", nonce="n{self._nonces}", {self._challenge}'
        return answer(b"who?", REFUSED, challenge.encode())

    def _is_right(self, request: bytes) -> bool:
        scheme, _, rest = login_text(request).partition(" ")
        given = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', rest)}
        if scheme != "Digest" or given["nonce"] != f"n{self._nonces}" or given["uri"] != target(request):
            return False
        hashed = hashlib.sha256 if "SHA-256" in self._challenge else hashlib.md5

        def h(*parts: str) -> str:
            return hashed(":".join(parts).encode()).hexdigest()

        ha1, ha2 = h(USER, "be:ro, fos", self._password), h("GET", given["uri"])
        if "qop" not in self._challenge:
            return bool(given["response"] == h(ha1, given["nonce"], ha2))
        fresh = given["nc"] not in self._counts if self._lives < self._nonce_lives else True
        self._counts = {given["nc"]} if self._lives == self._nonce_lives else self._counts | {given["nc"]}
        return fresh and bool(given["response"] == h(ha1, given["nonce"], given["nc"], given["cnonce"], "auth", ha2))
