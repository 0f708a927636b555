"""Checks of JSON bodies and query strings against the official description. Words violations like a JSON
schema validator does, since that is how the live API's 400 messages read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pinsched.simulator.replies import ApiError, invalid

DIGITS: Final = r"^\d+$"
SHOWN: Final = 60  # characters of a refused value that an error message repeats
PAGE_SIZE_DEFAULT: Final = 25
PAGE_SIZE_MAX: Final = 250

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Text:
    most: int | None = None
    least: int = 0
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    nullable: bool = True

    def wrong(self, value: object) -> str | None:
        if value is None:
            return None if self.nullable else "None is not of type 'string'"
        if not isinstance(value, str):
            return f"{shown(value)} is not of type 'string'"
        if self.most is not None and len(value) > self.most:
            return f"{shown(value)} is too long"
        if len(value) < self.least:
            return f"{shown(value)} is too short"
        # fullmatch: `$` alone would let a trailing newline through.
        if self.pattern is not None and not re.fullmatch(self.pattern.strip("^$"), value, re.ASCII):
            return f"{shown(value)} does not match {self.pattern!r}"
        if self.choices and value not in self.choices:
            return f"{shown(value)} is not one of {list(self.choices)}"
        return None


@dataclass(frozen=True, slots=True)
class Number:
    least: int = 0
    nullable: bool = True

    def wrong(self, value: object) -> str | None:
        if value is None:
            return None if self.nullable else "None is not of type 'integer'"
        if not isinstance(value, int) or isinstance(value, bool):
            return f"{shown(value)} is not of type 'integer'"
        if value < self.least:
            return f"{value} is less than the minimum of {self.least}"
        return None


Field = Text | Number


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def violation(where: str, words: str) -> ApiError:
    return invalid(f"Invalid request: [{where}] {words}")


def check(body: Body, fields: Mapping[str, Field], required: Sequence[str] = (), where: str = "body") -> None:
    for name in required:
        if body.get(name) is None:
            raise violation(where, f"'{name}' is a required property")
    for name, field in fields.items():
        if name in body and (words := field.wrong(body[name])):
            raise violation(f"{where}.{name}", words)


def text(body: Body, name: str) -> str | None:
    """The string under `name`, or None; call it after `check`."""
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def number(body: Body, name: str) -> int | None:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def json_object(raw: bytes) -> dict[str, object]:
    try:
        body = json.loads(raw)
    except ValueError:
        raise invalid("Invalid request: the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise violation("body", f"{shown(body)} is not of type 'object'")
    return body


def sub_objects(body: Body, name: str, *, least: int, most: int, where: str = "body") -> list[Body]:
    items = body.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise violation(f"{where}.{name}", "is not an array of objects")
    if not least <= len(items) <= most:
        raise violation(f"{where}.{name}", f"has {len(items)} items; {least} to {most} are allowed")
    return items


def id_in_path(value: str, name: str) -> str:
    if not re.fullmatch(r"\d+", value, re.ASCII):
        raise violation(f"path.{name}", f"{shown(value)} does not match {DIGITS!r}")
    return value


def page_size(query: Mapping[str, str]) -> int:
    raw = query.get("page_size", str(PAGE_SIZE_DEFAULT))
    if not re.fullmatch(r"\d{1,6}", raw, re.ASCII) or not 1 <= int(raw) <= PAGE_SIZE_MAX:
        raise violation("query.page_size", f"{shown(raw)} is not an integer from 1 to {PAGE_SIZE_MAX}")
    return int(raw)


def flag(query: Mapping[str, str], name: str) -> bool:
    raw = query.get(name, "false").lower()
    if raw not in ("true", "false"):
        raise violation(f"query.{name}", f"{shown(raw)} is not of type 'boolean'")
    return raw == "true"


def choice(query: Mapping[str, str], name: str, choices: Sequence[str], default: str | None) -> str | None:
    raw = query.get(name, default)
    if raw is not None and raw not in choices:
        raise violation(f"query.{name}", f"{shown(raw)} is not one of {list(choices)}")
    return raw
