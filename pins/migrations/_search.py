"""What search looks in, which is none of the models' columns. pins/models/search.py asks it.

PostgreSQL has a generated column, SQLite an FTS5 table that triggers keep in step. Whatever remakes `pins_pin` on
SQLite (a changed field, a constraint) drops the triggers: a migration that does ends with `install_anew`.
"""

from __future__ import annotations

from typing import Any, Final

WORDS: Final = ("title", "description", "link", "alt_text")

# Frozen copies of MARKS, SIGNS and UNSPACED in pins/models/search.py, in the same letters.
MARKS: Final = r"[\u0300-\u036f]"
SIGNS: Final = (
    r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    r"\u2000-\u2bff\u3000-\u3004\u3008-\u3020\u3030\ufe00-\ufe0f\ufe30-\ufe4f\U0001f000-\U0001faff]"
)
UNSPACED: Final = (
    r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff])"
)

_TEXT: Final = " || ' ' || ".join(WORDS)
_READ: Final = (
    f"regexp_replace(regexp_replace(regexp_replace(normalize({_TEXT}, NFKD), '{MARKS}', '', 'g'), "
    rf"'{SIGNS}', ' ', 'g'), '{UNSPACED}', ' \1 ', 'g')"
)
POSTGRESQL: Final = (
    f"ALTER TABLE pins_pin ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', {_READ})) STORED",
    "CREATE INDEX pin_words ON pins_pin USING gin (words)",
)
POSTGRESQL_BACK: Final = ("ALTER TABLE pins_pin DROP COLUMN words",)

_COLUMNS: Final = ", ".join(WORDS)


def _values(row: str) -> str:
    return ", ".join(f"{row}.{name}" for name in WORDS)


_FORGET: Final = f"INSERT INTO pins_words(pins_words, rowid, {_COLUMNS}) VALUES ('delete', old.id, {_values('old')});"
_LEARN: Final = f"INSERT INTO pins_words(rowid, {_COLUMNS}) VALUES (new.id, {_values('new')});"
SQLITE_BACK: Final = (
    "DROP TRIGGER IF EXISTS pins_words_made",
    "DROP TRIGGER IF EXISTS pins_words_changed",
    "DROP TRIGGER IF EXISTS pins_words_gone",
    "DROP TABLE IF EXISTS pins_words",
)
SQLITE: Final = (
    *SQLITE_BACK,
    f"CREATE VIRTUAL TABLE pins_words USING fts5({_COLUMNS}, content='pins_pin', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 2')",
    f"CREATE TRIGGER pins_words_made AFTER INSERT ON pins_pin BEGIN {_LEARN} END",
    f"CREATE TRIGGER pins_words_changed AFTER UPDATE OF {_COLUMNS} ON pins_pin BEGIN {_FORGET} {_LEARN} END",
    f"CREATE TRIGGER pins_words_gone AFTER DELETE ON pins_pin BEGIN {_FORGET} END",
    "INSERT INTO pins_words(pins_words) VALUES ('rebuild')",
)


def install(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE)


def install_anew(apps: Any, schema_editor: Any) -> None:
    """After the table was remade, which only SQLite does."""
    if schema_editor.connection.vendor == "sqlite":
        _run(schema_editor, SQLITE)


def remove(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, POSTGRESQL_BACK if schema_editor.connection.vendor == "postgresql" else SQLITE_BACK)


def _run(schema_editor: Any, statements: tuple[str, ...]) -> None:
    for statement in statements:
        schema_editor.execute(statement, params=None)
