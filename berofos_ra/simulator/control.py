"""The simulator's control interface: HTTP and JSON, on an address of its own, never a device's.

==========================================  ===============================================================
``GET /devices``                            the state of all, a list
``GET /devices/NAME``                       the state of one
``PUT /devices/NAME/power``                 ``{"on": false}``; ``{"on": true, "flash": true}`` into flash mode;
                                            ``{"on": true, "factory": true}`` with the settings as delivered
``PUT /devices/NAME/settings``              ``{"mode": 1}``: by hand, at the device; by the tool's keywords
``GET /devices/NAME/faults``                the faults, a list
``POST /devices/NAME/faults``               ``{"kind": "late", "count": 2, "seconds": 5}``
``DELETE /devices/NAME/faults[?kind=K]``    all gone, or those of a kind
``GET /faults``                             the kinds of faults, by name, see ``fault_kinds``
``GET /devices/NAME/requests``              what it was asked, a list, passwords masked
``DELETE /devices/NAME/requests``           forget them
``GET /events[?since=N]``                   the events after number N, a list
==========================================  ===============================================================

Everything but a GET answers the device's state. An error is answered as ``{"error": "one line"}`` with status
400 (makes no sense), 404 (no such thing) or 405 (not that method). There is no login: who can reach it may do
all this.
"""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from berofos_ra.errors import ParameterError
from berofos_ra.simulator.events import EventLog
from berofos_ra.simulator.fault_kinds import KINDS
from berofos_ra.simulator.http_face import cannot_listen
from berofos_ra.simulator.running import RunningDevice
from berofos_ra.simulator.spec import SimulatorError

_MAX_BODY = 64 * 1024  # bytes


_Socket = socket.socket | tuple[bytes, socket.socket]  # the second is for UDP servers


class _HttpError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Server(socketserver.ThreadingTCPServer):  # an HTTPServer would ask DNS for this host's name
    allow_reuse_address = True
    daemon_threads = False  # so that closing waits for them

    def __init__(self, at: tuple[str, int], devices: Mapping[str, RunningDevice], events: EventLog) -> None:
        self.devices = devices
        self.log = events
        self._open: set[object] = set()
        super().__init__(at, _Handler)

    def process_request(self, request: _Socket, client_address: object) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Socket) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        for connection in list(self._open):
            if isinstance(connection, socket.socket):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: _Socket, client_address: object) -> None:
        pass  # a client that went away is no news


class ControlServer:
    """The interface from creation to ``close``. Raises SimulatorError when the address can't be had."""

    def __init__(self, at: tuple[str, int], devices: Mapping[str, RunningDevice], events: EventLog) -> None:
        try:
            self._server = _Server(at, devices, events)
        except OSError as error:
            raise SimulatorError(cannot_listen("control interface", *at, error)) from None
        self.where = f"{at[0]}:{self._server.server_address[1]}"
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.05,), name="simulator control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait for every thread."""
        self._server.shutdown()
        self._thread.join()
        self._server.cut_connections()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:
        self._serve()

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        try:
            status, answer = 200, self._do()
        except _HttpError as error:
            status, answer = error.status, {"error": str(error)}
        except ParameterError as error:
            status, answer = 400, {"error": str(error)}
        body = json.dumps(answer).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _do(self) -> object:
        try:
            url = urlsplit(self.path)
        except ValueError:
            raise _HttpError(400, "not a URL") from None
        query = parse_qs(url.query)
        words = [unquote(word) for word in url.path.strip("/").split("/")]
        if words == ["devices"]:
            self._only("GET")
            return [device.state() for device in self.server.devices.values()]
        if words == ["faults"]:
            self._only("GET")
            return {name: kind._asdict() for name, kind in KINDS.items()}
        if words == ["events"]:
            self._only("GET")
            since = query.get("since", ["0"])[0]
            if not since.isdecimal() or len(since) > 15:
                raise _HttpError(400, "since is the number of an event")
            return self.server.log.since(int(since))
        if words[0] != "devices" or len(words) > 3:
            raise _HttpError(404, f"no such thing: /{'/'.join(words)}")
        device = self.server.devices.get(words[1])
        if device is None:
            raise _HttpError(404, f"no device {words[1]!r}")
        return self._do_device(device, words[2] if len(words) == 3 else "", query.get("kind", [None])[0])

    def _do_device(self, device: RunningDevice, what: str, kind: str | None) -> object:
        if what == "":
            self._only("GET")
        elif what == "power":
            self._only("PUT")
            _set_power(device, self._body())
        elif what == "settings":
            self._only("PUT")
            device.set_settings(self._body())
        elif what == "faults":
            self._only("GET", "POST", "DELETE")
            if self.command == "GET":
                return device.state()["faults"]
            if self.command == "POST":
                options = self._body()
                device.add_fault(options.pop("kind", None), **options)
            elif kind is not None and kind not in KINDS:
                raise _HttpError(400, f"fault {kind!r} is none of: {', '.join(KINDS)}")
            else:
                device.clear_faults(kind)
        elif what == "requests":
            self._only("GET", "DELETE")
            if self.command == "GET":
                return device.requests_as_dicts()
            device.clear_requests()
        else:
            raise _HttpError(404, f"a device has no {what!r}")
        return device.state()

    def _only(self, *methods: str) -> None:
        if self.command not in methods:
            raise _HttpError(405, f"only {' or '.join(methods)} here")

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 6 or int(length) > _MAX_BODY:
            raise _HttpError(400, f"a Content-Length of at most {_MAX_BODY} bytes is needed")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise _HttpError(400, "the body is not JSON") from None
        if not isinstance(body, dict):
            raise _HttpError(400, "the body is not a JSON object")
        return body


def _set_power(device: RunningDevice, body: Mapping[str, Any]) -> None:
    on, flash, factory = body.get("on"), body.get("flash", False), body.get("factory", False)
    if not all(isinstance(value, bool) for value in (on, flash, factory)) or body.keys() - {"on", "flash", "factory"}:
        raise _HttpError(400, 'power is {"on": true or false}, with "flash": true or "factory": true')
    if on:
        device.power_on(flash, factory)
    else:
        device.power_off()
