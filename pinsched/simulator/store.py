"""The simulator's database: one SQLite connection behind one lock. Knows the schema, no rule."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SCHEMA_VERSION: Final = 1
SCHEMA: Final = """
CREATE TABLE people (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, username TEXT NOT NULL UNIQUE,
    business_name TEXT, account_type TEXT NOT NULL, created_us INTEGER NOT NULL
);
CREATE TABLE boards (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, person_id TEXT NOT NULL,
    name TEXT NOT NULL, description TEXT, privacy TEXT NOT NULL, created_us INTEGER NOT NULL,
    UNIQUE (person_id, name)
);
CREATE TABLE sections (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, board_id TEXT NOT NULL,
    name TEXT NOT NULL, UNIQUE (board_id, name)
);
CREATE TABLE pins (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, person_id TEXT NOT NULL,
    board_id TEXT NOT NULL, section_id TEXT, title TEXT, description TEXT, link TEXT, alt_text TEXT,
    dominant_color TEXT, parent_pin_id TEXT, created_us INTEGER NOT NULL, shuffle INTEGER NOT NULL,
    source_type TEXT NOT NULL, creative_type TEXT NOT NULL, pictures TEXT NOT NULL, media_id TEXT,
    saved INTEGER NOT NULL
);
CREATE INDEX pins_of_person ON pins (person_id, created_us, seq);
CREATE INDEX pins_of_board ON pins (board_id, created_us, seq);
CREATE INDEX pins_of_section ON pins (section_id, created_us, seq);
CREATE TABLE uploads (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, person_id TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE, uploaded_us INTEGER, size INTEGER, sound INTEGER
);
CREATE TABLE codes (
    code TEXT PRIMARY KEY, person_id TEXT NOT NULL, scope TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    expires_us INTEGER NOT NULL
);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, kind TEXT NOT NULL, person_id TEXT NOT NULL, scope TEXT NOT NULL,
    expires_us INTEGER NOT NULL
);
CREATE INDEX tokens_of_person ON tokens (person_id, kind);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
TABLES: Final = ("people", "boards", "sections", "pins", "uploads", "codes", "tokens", "settings")

Value = str | int | float | bytes | None
Row = sqlite3.Row


class IncompatibleStore(Exception):
    """The data folder was written by another version of the simulator."""


class Store:
    """All threads share the connection; `write` is also what makes a check and its change one step."""

    def __init__(self, path: Path | None) -> None:
        self.closed = False
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        # A stand-in may lose its last moments with the machine, not with its process.
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._migrate(path)

    def _migrate(self, path: Path | None) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            self._db.close()
            raise IncompatibleStore(f"{path} holds data of another version; remove its folder to start anew")

    def one(self, sql: str, args: Sequence[Value] = ()) -> Row | None:
        with self._lock:
            row: Row | None = self._db.execute(sql, args).fetchone()
            return row

    def all(self, sql: str, args: Sequence[Value] = ()) -> list[Row]:
        with self._lock:
            return self._db.execute(sql, args).fetchall()

    def count(self, sql: str, args: Sequence[Value] = ()) -> int:
        row = self.one(sql, args)
        return int(row[0]) if row else 0

    def run(self, sql: str, args: Sequence[Value] = ()) -> int:
        """Changes rows and tells how many."""
        with self._lock:
            return self._db.execute(sql, args).rowcount

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction; inside another one, a part of it."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def wipe(self) -> None:
        with self.write():
            for table in TABLES:
                self.run(f"DELETE FROM {table}")  # noqa: S608  # names from the tuple above
            self.run("DELETE FROM sqlite_sequence")

    def close(self) -> None:
        with self._lock:
            self.closed = True
            self._db.close()


def new_id() -> str:
    """Eighteen digits like Pinterest's, in no order: nobody may read age out of an id."""
    return str(random.randint(10**17, 10**18 - 1))
