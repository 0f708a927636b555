"""Somebody with an account on the simulated Pinterest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    username: str
    business_name: str | None
    account_type: str
    created_us: int

    @property
    def name(self) -> str:
        return self.business_name or self.username
