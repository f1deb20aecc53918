"""A name server that takes its time: a name is resolved once, by start; from then on the record has the address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.agent.conftest import NewSite
from tests.agent.site import Node, Site
from tests.agent.test_names_that_do_not_resolve import resolving
from tests.support.addresses import own_address

NAME = "fos1.example.net"
LATE = 4.0  # s


class NameServer:
    """Answers each question for an IPv4 address with this one, late."""

    def __init__(self, line: socket.socket, address: str, late: float) -> None:
        self.host = line.getsockname()[0]
        self.questions = 0
        self._line, self._address, self._late = line, address, late
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                query, client = self._line.recvfrom(512)
            except OSError:
                return
            self.questions += 1
            threading.Timer(self._late, self._answer, (query, client)).start()

    def _answer(self, query: bytes, client: tuple[str, int]) -> None:
        question = query[12 : query.index(b"\0", 12) + 5]
        is_ipv4 = question[-4:-2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(self._address) if is_ipv4 else b""
        header = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_ipv4 else b"\0\0") + b"\0\0\0\0"
        self._line.sendto(header + question + record, client)


@contextmanager
def name_server(site: Site, late: float = LATE) -> Iterator[NameServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((own_address(), 53))
        yield NameServer(line, site.fos1.address, late)


def named(site: Site) -> Node:
    site.config.write_text(site.config.read_text().replace(f"host = {site.fos1.address}", f"host = {NAME}"))
    return site.node()


def test_start_gets_over_it_and_the_monitors_need_no_name_server(pbx: Site) -> None:
    node = named(pbx)
    with name_server(pbx) as server:
        resolving(node, "", server.host)
        assert "name server is slow, 4 s for its host" in node.start().stderr
        asked = server.questions
        assert asked > 0
        pbx.forget_requests()
        node.monitor()
        node.monitor(depth=10)
        assert (server.questions, pbx.kicks() >= 2) == (asked, True)
        node.stop()
        assert (pbx.fos1.relay, server.questions) == ("A--D", asked)


def test_name_server_that_dies_costs_no_kick(pbx: Site) -> None:
    node = named(pbx)
    with name_server(pbx, late=0) as server:
        resolving(node, "", server.host)
        node.start()
    pbx.forget_requests()
    node.monitor()
    assert pbx.kicks() >= 1
    node.stop()
    assert pbx.fos1.relay == "A--D"


def test_the_other_device_does_not_wait_for_a_name(new_site: NewSite) -> None:
    site = new_site(("fos1", "fos2"))
    node = named(site)
    with name_server(site) as server:
        resolving(node, "", server.host)
        start = node.begin("start")
        site.fos2.wait_for_event(event="relay")
        assert site.fos1.requests == [], "nobody knows yet where it is"
        start.finish(0)
    assert [device.relay for device in site] == ["A--B", "A--B"]
