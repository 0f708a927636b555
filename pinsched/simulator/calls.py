"""The newest calls the simulator answered, for tests to read. In memory, bounded."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

KEPT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Record:
    """One call. `status` is None when the connection was closed without an answer; `at` is its arrival."""

    seq: int
    at: str
    method: str
    path: str
    query: str
    status: int | None
    username: str | None
    fault: str | None
    rid: str
    connection: int
    ms: float

    def as_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


class CallLog:
    """Numbers calls as they end, so that a reader who asks for what follows `seq` misses none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: deque[Record] = deque(maxlen=KEPT)
        self._seq = 0

    def add(
        self,
        *,
        at: str,
        method: str,
        path: str,
        query: str,
        status: int | None,
        username: str | None,
        fault: str | None,
        rid: str,
        connection: int,
        ms: float,
    ) -> None:
        with self._lock:
            self._seq += 1
            self._records.append(
                Record(self._seq, at, method, path, query, status, username, fault, rid, connection, ms)
            )

    def since(self, seq: int) -> tuple[list[Record], int]:
        """The calls numbered above `seq`, and the number to ask with next time."""
        with self._lock:
            oldest = self._seq - len(self._records)
            skipped = max(0, seq - oldest)
            return [record for record in list(self._records)[skipped:]], self._seq

    def clear(self) -> None:
        """Forgets the calls; numbering goes on, so that a reader's place stays true."""
        with self._lock:
            self._records.clear()
