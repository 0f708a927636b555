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


class Sealed(str):
    """A token in Python: prints as dots, so that it can't reach a log or a traceback by accident.

    `reveal()` is the only way to the text.
    """

    __slots__ = ()

    def reveal(self) -> str:
        return str.__str__(self)

    def __repr__(self) -> str:
        return "Sealed('•••')" if len(self) else "Sealed('')"

    def __str__(self) -> str:
        return "•••" if len(self) else ""

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


if TYPE_CHECKING:
    _Text = models.TextField[str, Sealed]
else:
    _Text = models.TextField  # only its stub takes type arguments


class EncryptedTextField(_Text):
    """Stores ciphertext; reads as Sealed. Empty stays empty, so "no token" can be asked in SQL."""

    def from_db_value(self, value: str | None, expression: object, connection: BaseDatabaseWrapper) -> Sealed:
        return Sealed(decrypt(value)) if value else Sealed("")

    def to_python(self, value: Any) -> Sealed:
        return value if isinstance(value, Sealed) else Sealed(value or "")

    def get_prep_value(self, value: Any) -> str:
        plain = value.reveal() if isinstance(value, Sealed) else (value or "")
        return encrypt(plain) if plain else ""

    def value_to_string(self, obj: models.Model) -> str:
        """Never serialised: a fixture or dump holds nothing instead of a token."""
        return ""
