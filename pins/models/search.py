"""From what people type to Pins that say it: each word, or how it begins, wherever it stands.

PostgreSQL reads a generated column by a GIN index, SQLite an FTS5 table (pins/migrations/_search.py). What is
written without blanks between its words (花瓶) is a row of letters to the one, and looked for as it stands by
the other. Signs part words. Where nothing else is typed they are looked for as they stand, and a picture (🌿)
always is: that reads the rows themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from django.db.models import F, Lookup, Q

from accounts import unseen

MOST: Final = 24  # words that are looked for; a pasted title has fewer
FEW: Final = 1_000  # Pins found that are named; of more a page meets enough, even among 100,000
LONGEST: Final = 200  # letters of one; the rest is passed over

# The generated column is made by these too: what changes here needs a migration.
MARKS: Final = re.compile(r"[\u0300-\u036f]")
SIGNS: Final = re.compile(
    r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7"
    r"\u2000-\u2bff\u3000-\u3004\u3008-\u3020\u3030\ufe00-\ufe0f\ufe30-\ufe4f\U0001f000-\U0001faff]"
)
UNSPACED: Final = re.compile(
    r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff])"
)


class Says(Lookup):
    """`Says(F("pk"), words)`: whether a Pin has words that begin like all of these."""

    prepare_rhs = False
    rhs: tuple[str, ...]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        return f"{self.column(table)} @@ to_tsquery('simple', %s)", [" & ".join(map(_begins, self.rhs))]

    def column(self, table: str) -> str:
        return f"{table}.words"

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        pk, params = self.process_lhs(compiler, connection)
        found = "SELECT rowid FROM pins_words WHERE pins_words MATCH %s"
        return f"{pk} IN ({found})", [*params, " ".join(f'"{word}"*' for word in self.rhs)]


class SaysWhenMet(Says):
    """The same, asked of rows that are read anyway. PostgreSQL can't tell how many words begin like one, and
    would gather all of them from the index, to sort them for a page of fifty."""

    def column(self, table: str) -> str:
        return f"COALESCE({table}.words)"


def _begins(word: str) -> str:
    """No sign is left in it that means something to `to_tsquery`."""
    spaced = UNSPACED.sub(r" \1 ", word)
    return f"'{spaced}':*"


def saying(typed: str, *, fields: Sequence[str], vendor: str, says: type[Says] = Says) -> Q:
    """The condition on Pins; none when nothing is typed. `fields` are those that the index is of, `vendor` is
    the database's."""
    read = _as_fts5 if vendor == "sqlite" else _as_column
    pieces = unseen.without(typed.replace("\x00", "")).split()[:MOST]
    words = [word[:LONGEST] for piece in pieces for word in read(piece).split()][:MOST]
    literal = {word for word in words if vendor == "sqlite" and UNSPACED.search(word)}
    literal |= {piece for piece in pieces if not words or _is_picture(piece)}
    indexed = tuple(word for word in words if word not in literal)
    found = Q(says(F("pk"), indexed)) if indexed else Q()
    for text in sorted(literal):
        found &= Q(*((f"{name}__contains", text) for name in fields), _connector=Q.OR)
    return found


def _as_column(text: str) -> str:
    """As PostgreSQL's generated column reads it, but for what is written without blanks."""
    return SIGNS.sub(" ", MARKS.sub("", unicodedata.normalize("NFKD", text)))


def _as_fts5(text: str) -> str:
    """As its tokenizer unicode61 parts words; it folds letters itself."""
    return "".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in text)


def _is_picture(piece: str) -> bool:
    """An emoji that stands alone."""
    return not SIGNS.sub(" ", piece).split() and any(unicodedata.category(sign) == "So" for sign in piece)
