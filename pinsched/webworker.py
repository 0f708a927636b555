"""gunicorn's worker of threads, in which no client holds a thread by sending or taking bytes slowly.

Three things differ from gunicorn's own: a thread is given to a connection only when its first byte is there;
every wait for a client is counted (pinsched/patience.py); and to say goodbye the event loop waits for the
client's last word among all others, where gunicorn stands still for up to two seconds for each.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import time
from collections import deque
from functools import partial
from typing import Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

from pinsched.patience import PatientSocket, Room

logger = logging.getLogger(__name__)

# Of the threads: the rest answers whoever doesn't keep us waiting, whatever all others do.
READING: Final = 6
WRITING: Final = 6
GOODBYE: Final = 2.0  # seconds in which a client may read our last words before the connection is gone
MOST_DRAINED: Final = 64 * 1024  # bytes that it may still send meanwhile


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reading = Room(READING, ends=socket.SHUT_RD)
        self.writing = Room(WRITING, ends=socket.SHUT_RDWR)
        self.leaving: deque[TConn] = deque()

    def enqueue_req(self, conn: TConn) -> None:
        if not conn.initialized and not isinstance(conn.sock, PatientSocket):
            conn.sock = PatientSocket.around(conn.sock, reading=self.reading, writing=self.writing)
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
        else:
            self._watch(conn, self.pending_conns, self.on_pending_socket_readable, self.cfg.keepalive)

    def handle(self, conn: TConn) -> Any:
        client: PatientSocket = conn.sock
        client.begin()
        keep = super().handle(conn)
        if client.refusal is None:
            return keep
        logger.info("web.client_refused", extra={"reason": client.refusal.strerror})
        return False

    def finish_request(self, conn: TConn, fs: Any) -> None:
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
            return
        with contextlib.suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)
        conn.drained = 0
        if conn.sock.fileno() < 0:  # closed already
            self._gone(conn)
        else:
            self._watch(conn, self.leaving, self._drain, GOODBYE)

    def murder_pending(self) -> None:
        super().murder_pending()
        while self.leaving and self.leaving[0].timeout <= time.monotonic():
            self._gone(self.leaving.popleft())

    def _watch(self, conn: TConn, queue: deque[TConn], then: Any, seconds: float) -> None:
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + seconds
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(then, conn))
        queue.append(conn)

    def _drain(self, conn: TConn, client: PatientSocket) -> None:
        """Read what a client sends that was answered already: closed upon it, it would lose our answer."""
        try:
            found = len(client.recv(MOST_DRAINED))
        except BlockingIOError:
            return
        except OSError:
            found = 0
        conn.drained += found
        if not found or conn.drained >= MOST_DRAINED:
            self.leaving.remove(conn)
            self._gone(conn)

    def _gone(self, conn: TConn) -> None:
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()
