"""HTTP/1.1 around the application: werkzeug's threaded server, with connections that stay open."""

from __future__ import annotations

import itertools
import socket
import threading
from typing import IO, TYPE_CHECKING, Final, cast

from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wsgi import LimitedStream

from pinsched.simulator.app import CONNECTION
from pinsched.simulator.replies import Dropped

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BACKLOG: Final = 128
DRAINED_MOST: Final = 1024 * 1024  # unread bytes worth reading to keep a connection
POLL_SECONDS: Final = 0.1  # how long a shutdown may go unnoticed

numbers = itertools.count(1)


class Handler(WSGIRequestHandler):
    """werkzeug's own `run_wsgi` closes every connection after one answer; real Pinterest keeps them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.number = next(numbers)

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.environ = environ = self.make_environ()
        environ[CONNECTION] = self.number
        if "wsgi.input_terminated" not in environ:  # a chunked body already is
            length = _length(self.headers.get("Content-Length"))
            environ["wsgi.input"] = LimitedStream(cast(IO[bytes], self.rfile), length)
            environ["wsgi.input_terminated"] = True
        head: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
            head.append(f"HTTP/1.1 {status}\r\nServer: simulator\r\n")
            head.extend(f"{name}: {value}\r\n" for name, value in headers)
            return None

        try:
            body = b"".join(self.server.app(environ, start_response))  # type: ignore[arg-type]  # no write()
            self._drain(environ["wsgi.input"])
        except (Dropped, ClientDisconnected):
            self.close_connection = True
            return
        if self.close_connection:
            head.append("Connection: close\r\n")
        self.wfile.write("".join([*head, "\r\n"]).encode("latin-1") + body)

    def _drain(self, body: object) -> None:
        """Reads what the application left of the body, for the next request begins behind it."""
        if not isinstance(body, LimitedStream) or body.limit - body.tell() > DRAINED_MOST:
            self.close_connection = True
        else:
            body.exhaust()

    def log(self, type: str, message: str, *args: object) -> None:
        """Silence: `/_control/calls` is the log."""


def _length(raw: str | None) -> int:
    return int(raw) if raw and raw.isascii() and raw.isdigit() else 0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError, with the system's words, when there can't be one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def serve(app: WSGIApplication, listener: socket.socket, stop: threading.Event) -> None:
    """Answers until `stop` is set. Calls still being answered then end with the process."""
    host, port = listener.getsockname()[:2]
    server = ThreadedWSGIServer(host, port, app, Handler, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    stop.wait()
    server.shutdown()
    thread.join()
