"""A web server that writes down what it is asked: for probes and reports that leave the house."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listening:
    """An HTTP server that answers `status` to everything; gives its address and what it got."""

    def __init__(self, status: int = 200) -> None:
        got: list[tuple[str, bytes]] = []

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                unpacked = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                got.append((self.path, unpacked))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.got = got
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self) -> tuple[str, list[tuple[str, bytes]]]:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_address[1]}", self.got

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
