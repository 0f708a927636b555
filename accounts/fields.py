"""A text column that is ciphertext in the database and plain text in Python.

Keys come from TOKEN_ENCRYPTION_KEYS, newest first (MultiFernet): the first one encrypts, all decrypt.
`manage.py rotate_token_keys` re-encrypts every row with the newest.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class UndecryptableToken(Exception):
    """No configured key opens this ciphertext: a key was removed before `rotate_token_keys` had run."""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(plain: str) -> str:
    return _fernet(tuple(settings.TOKEN_ENCRYPTION_KEYS)).encrypt(plain.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """The plain text. Raises UndecryptableToken when no key fits."""
    try:
        return _fernet(tuple(settings.TOKEN_ENCRYPTION_KEYS)).decrypt(ciphertext.encode()).decode()
    except InvalidToken as error:
        raise UndecryptableToken("No key in TOKEN_ENCRYPTION_KEYS opens a stored token.") from error


class Sealed:
    """A token in Python: prints as dots, so that it can't reach a log or a traceback by accident.

    `reveal()` is the only way to the text. What came from the database is decrypted only then, so that a lost
    key spoils no query that merely loads the row. Raises UndecryptableToken.
    """

    __slots__ = ("_ciphertext", "_plain")

    def __init__(self, plain: str = "", *, ciphertext: str = "") -> None:
        self._plain, self._ciphertext = plain, ciphertext

    def reveal(self) -> str:
        return decrypt(self._ciphertext) if self._ciphertext else self._plain

    def stored(self) -> str:
        """What the column holds: the ciphertext it was read from, or a new one."""
        return self._ciphertext or (encrypt(self._plain) if self._plain else "")

    def __bool__(self) -> bool:
        return bool(self._ciphertext or self._plain)

    def __repr__(self) -> str:
        return f"Sealed('{self}')"

    def __str__(self) -> str:
        return "•••" if self else ""


if TYPE_CHECKING:
    _Text = models.TextField[str, Sealed]
else:
    _Text = models.TextField  # only its stub takes type arguments


class EncryptedTextField(_Text):
    """Stores ciphertext; reads as Sealed. Empty stays empty, so "no token" can be asked in SQL."""

    def from_db_value(self, value: str | None, expression: object, connection: BaseDatabaseWrapper) -> Sealed:
        return Sealed(ciphertext=value or "")

    def to_python(self, value: Any) -> Sealed:
        return value if isinstance(value, Sealed) else Sealed(value or "")

    def get_prep_value(self, value: Any) -> str:
        return self.to_python(value).stored()

    def value_to_string(self, obj: models.Model) -> str:
        """Never serialised: a fixture or dump holds nothing instead of a token."""
        return ""
