"""What a verb of this package may raise, split by what the caller does next.

PinError
├── Invalid      show each problem at its field and let the person mend it
└── WrongState   the Pin isn't where the caller thought: read it again and say so
"""

from __future__ import annotations

from collections.abc import Sequence

from pins.rules.preflight import Problem


class PinError(Exception):
    """Root of this package's errors."""


class Invalid(PinError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in problems))
        self.problems = tuple(problems)

    @classmethod
    def at(cls, field: str, code: str, message: str) -> Invalid:
        return cls([Problem(field, code, message)])


class WrongState(PinError):
    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
