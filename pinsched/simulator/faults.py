"""Rules that make a call go wrong on purpose. Says which rule fires; `app` plays it."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from pinsched.simulator.replies import RATE_LIMIT_MESSAGE, Reply, json_reply


class Kind(StrEnum):
    STATUS = "status"  # answers with a status of the rule's choice
    DROP_BEFORE = "drop_before"  # closes the connection, nothing is done
    DROP_AFTER = "drop_after"  # does it, then closes the connection
    SLOW = "slow"  # keeps the client waiting
    GARBLE = "garble"  # does it, then answers with half a body
    EXPIRE = "expire"  # the access token dies
    UNKNOWN = "unknown"  # answers, and leaves numbers unknown: null, missing or what the rule says


MESSAGES: Final[Mapping[int, tuple[int, str]]] = {
    401: (2, "Authentication failed."),
    403: (29, "You are not permitted to access that resource."),
    429: (8, RATE_LIMIT_MESSAGE),
}
NAMES: Final = frozenset(
    {
        *("kind", "method", "path", "username", "times", "probability", "seed"),
        *("status", "body", "headers", "commit", "seconds", "commit_first", "metrics", "value"),
    }
)
REFUSED: Final = "This request can not be fulfilled."
FAILED: Final = "Something went wrong on our end. Sorry about that."


class WrongRule(ValueError):
    """The words say what is wrong with it."""


@dataclass(slots=True)
class Rule:
    """`times` None means always; `probability` is drawn from a generator seeded by `seed`.

    Of `metrics` (all if none is named) an unknown number says `value`, or is missing where none was given.
    """

    id: int
    kind: Kind
    method: str | None = None
    path: re.Pattern[str] | None = None
    username: str | None = None
    status: int = 500
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()
    seconds: float = 1.0
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    commit: bool = False
    metrics: tuple[str, ...] = ()
    values: tuple[object, ...] = ()  # one at most
    hits: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def wants(self, method: str, path: str, username: str | None) -> bool:
        return (
            (self.times is None or self.hits < self.times)
            and (self.method is None or self.method == method)
            and (self.path is None or self.path.search(path) is not None)
            and (self.username is None or self.username == username)
            and (self.probability >= 1 or self.dice.random() < self.probability)
        )

    def reply(self) -> Reply:
        if isinstance(self.body, str):
            return Reply(self.status, self.body.encode(), self.headers)
        words = FAILED if self.status >= 500 else REFUSED
        code, message = MESSAGES.get(self.status, (self.status, words))
        payload = {"code": code, "message": message} if self.body is None else self.body
        return json_reply(payload, self.status, self.headers)

    def blanked(self, reply: Reply) -> Reply:
        """With the numbers of its daily metrics unknown."""
        if reply.status != HTTPStatus.OK:
            return reply
        return replace(reply, body=json.dumps(self._blanked(json.loads(reply.body))).encode())

    def _blanked(self, answer: Any) -> Any:
        if isinstance(answer, list):
            return [self._blanked(item) for item in answer]
        if not isinstance(answer, dict):
            return answer
        return {
            name: self._unknown(value) if name == "metrics" else self._blanked(value)
            for name, value in answer.items()
        }

    def _unknown(self, numbers: Mapping[str, object]) -> dict[str, object]:
        lost = set(self.metrics or numbers)
        kept = {name: number for name, number in numbers.items() if name not in lost}
        return kept | {name: value for name in lost for value in self.values}

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "kind": self.kind.value,
            "method": self.method,
            "path": self.path.pattern if self.path else None,
            "username": self.username,
            "status": self.status,
            "body": self.body,
            "headers": dict(self.headers),
            "seconds": self.seconds,
            "times": self.times,
            "probability": self.probability,
            "seed": self.seed,
            "commit": self.commit,
            "metrics": list(self.metrics),
            "hits": self.hits,
        }


class Faults:
    """The rules in force, oldest first; the first one that wants a call gets it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._made = 0

    def add(self, wish: Mapping[str, object]) -> Rule:
        with self._lock:
            rule = _read(wish, self._made + 1)
            self._made += 1
            self._rules.append(rule)
            return rule

    def fire(self, method: str, path: str, username: str | None) -> Rule | None:
        if not self._rules:  # the usual case, and a race here only misses a rule just being added
            return None
        with self._lock:
            for rule in self._rules:
                if rule.wants(method, path, username):
                    rule.hits += 1
                    return rule
        return None

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def as_json(self) -> list[dict[str, object]]:
        with self._lock:
            return [rule.as_json() for rule in self._rules]


def _read(wish: Mapping[str, object], number: int) -> Rule:
    if unknown := sorted(set(wish) - NAMES):
        raise WrongRule(f"unknown field {unknown[0]}; there are {', '.join(sorted(NAMES))}")
    given = {name: value for name, value in wish.items() if value is not None}
    seed = int(_number(given, "seed", 0))
    return Rule(
        id=number,
        kind=_kind(given.get("kind")),
        method=_text(given, "method", upper=True),
        path=_pattern(_text(given, "path")),
        username=_text(given, "username"),
        status=int(_number(given, "status", 500)),
        body=given.get("body"),
        headers=_headers(given.get("headers")),
        seconds=_number(given, "seconds", 1.0),
        times=int(_number(given, "times", 0)) if "times" in given else None,
        probability=_number(given, "probability", 1.0),
        seed=seed,
        commit=bool(given.get("commit") or given.get("commit_first")),
        metrics=_names(given.get("metrics")),
        values=(wish["value"],) if "value" in wish else (),
        dice=random.Random(seed),
    )


def _kind(value: object) -> Kind:
    try:
        return Kind(str(value))
    except ValueError:
        raise WrongRule(f"kind must be one of {', '.join(Kind)}") from None


def _text(wish: Mapping[str, object], name: str, *, upper: bool = False) -> str | None:
    value = wish.get(name)
    if value is not None and not isinstance(value, str):
        raise WrongRule(f"{name} must be a string")
    return value.upper() if value and upper else value


def _number(wish: Mapping[str, object], name: str, default: float) -> float:
    value = wish.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise WrongRule(f"{name} must be a number")
    return value


def _pattern(value: str | None) -> re.Pattern[str] | None:
    try:
        return re.compile(value) if value else None
    except re.error as error:
        raise WrongRule(f"path is not a regular expression: {error}") from None


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise WrongRule("metrics must be a list of names")
    return tuple(map(str, value))


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise WrongRule("headers must be an object")
    return tuple((str(name), str(text)) for name, text in value.items())
