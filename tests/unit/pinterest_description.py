"""What Pinterest's official description allows, and everything about a request that it doesn't."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

RULES: Final = json.loads((Path(__file__).parents[1] / "fixtures" / "pinterest_rules.json").read_text())
OPERATIONS: Final[dict[str, Any]] = RULES["operations"]
SHAPES: Final[dict[str, Any]] = RULES["shapes"]


def breaches(value: object, rule: Any, where: str) -> Iterator[str]:
    """Everything about `value` that `rule` forbids."""
    if isinstance(rule, str):
        rule = SHAPES[rule]
    if value is None:
        if not rule.get("null"):
            yield f"{where} is null"
        return
    yield from {"text": _text, "whole": _whole, "list": _list, "object": _object}[rule["is"]](
        value, rule, where
    )


def _text(value: object, rule: Any, where: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{where} is no text"
        return
    if not rule.get("least", 0) <= len(value) <= rule.get("most", len(value)):
        yield f"{where} has {len(value)} characters"
    if "pattern" in rule and not re.fullmatch(rule["pattern"], value):
        yield f"{where} looks wrong"
    if "one_of" in rule and value not in rule["one_of"]:
        yield f"{where} is {value}"


def _whole(value: object, rule: Any, where: str) -> Iterator[str]:
    if type(value) is not int:
        yield f"{where} is no whole number"
    elif not rule.get("least", value) <= value <= rule.get("most", value):
        yield f"{where} is {value}"


def _list(value: object, rule: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where} is no list"
        return
    if not rule.get("least", 0) <= len(value) <= rule.get("most", len(value)):
        yield f"{where} has {len(value)} items"
    if sum(bool(set(group) & set(map(str, value))) for group in rule.get("never_together", ())) > 1:
        yield f"{where} mixes what may not be asked together"
    for number, item in enumerate(value):
        yield from breaches(item, rule["of"], f"{where}.{number}")


def _object(value: object, rule: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    if "by" in rule:
        kind = value.get(rule["by"])
        if kind not in rule["cases"]:
            yield f"{where}.{rule['by']} is {kind}"
            return
        rule = rule["cases"][kind]
        value = {name: one for name, one in value.items() if name != "source_type"}
    yield from (f"{where}.{name} is missing" for name in rule.get("required", ()) if name not in value)
    if "one_needed" in rule and not set(rule["one_needed"]) & set(value):
        yield f"{where} has none of {', '.join(rule['one_needed'])}"
    for name, one in value.items():
        if name not in rule["fields"]:
            yield f"{where}.{name} is not known"
        else:
            yield from breaches(one, rule["fields"][name], f"{where}.{name}")


def breaches_of_query(pairs: Sequence[tuple[str, str]], rule: Any) -> Iterator[str]:
    names = [name for name, _ in pairs]
    yield from (f"query.{name} is missing" for name in rule.get("query_required", ()) if name not in names)
    for name in dict.fromkeys(names):
        shape = rule["query"].get(name)
        if shape is None:
            yield f"query.{name} is not known"
            continue
        shape = SHAPES[shape] if isinstance(shape, str) else shape
        values: list[str] = [value for known, value in pairs if known == name]
        if shape.get("written") != "repeated" and len(values) > 1:
            yield f"query.{name} is there {len(values)} times"
        if shape["is"] == "list":
            split = values[0].split(",") if shape["written"] == "joined" else values
            yield from breaches(split, shape, f"query.{name}")
        elif shape["is"] == "whole":
            whole = int(values[0]) if re.fullmatch("[0-9]{1,9}", values[0]) else values[0]
            yield from breaches(whole, shape, f"query.{name}")
        else:
            yield from breaches(values[0], shape, f"query.{name}")


@dataclass(frozen=True)
class Sent:
    """One request as it arrived."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def read(cls, raw: bytes) -> Sent:
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        parts = urlsplit(target)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        return cls(method, parts.path, query, headers, body)


def in_path(sent: Sent, template: str) -> dict[str, str] | None:
    """What stands for the braces of a path's template, or None for another path."""
    pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template)
    match = re.fullmatch(f"/v5{pattern}", sent.path)
    return {name: unquote(value) for name, value in match.groupdict().items()} if match else None


def breaches_of_request(sent: Sent, rule: Any) -> list[str]:
    places = in_path(sent, rule["path"])
    if sent.method != rule["method"] or places is None:
        return [f"{sent.method} {sent.path} is not {rule['method']} {rule['path']}"]
    found = [*breaches_of_query(sent.query, rule)]
    for name, value in places.items():
        found += breaches(value, rule["in_path"][name], f"path.{name}")
    if sent.headers.get("authorization") != "Bearer pina_test":
        found.append("The token is missing")
    if "body" not in rule:
        return found + ["A body where there is none"] * bool(sent.body)
    if sent.headers.get("content-type") != "application/json":
        found.append("The body is not announced as JSON")
    return [*found, *breaches(json.loads(sent.body), rule["body"], "body")]
