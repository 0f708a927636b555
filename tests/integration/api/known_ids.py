"""Loaded by schemathesis: the ids and cursors that it sends are those of rows that exist (KNOWN_IDS).

Others it sends too, as requests that must be refused. Without this nearly every call would end there.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlencode

import schemathesis

KNOWN = json.loads(os.environ["KNOWN_IDS"])
LONGEST_LINE = 3_500  # characters; gunicorn itself refuses a request line of more than 4,094 bytes


@schemathesis.hook
def before_load_schema(context: Any, document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in KNOWN:
                    parameter["schema"] = _one_of(KNOWN[parameter["name"]])
    for shape in ("NewPin", "PinChanges"):
        fields = document["components"]["schemas"][shape]["properties"]
        for name in ("account", "board", "section"):
            fields[name] = _one_of(KNOWN[name])
        fields["media"] = {"type": "array", "items": _one_of(KNOWN["media_id"]), "maxItems": 1}
        fields["link"] = {"anyOf": [_one_of(["", "https://alderandoat.example/desks"]), fields["link"]]}


def _one_of(values: list[str]) -> dict[str, Any]:
    return {"type": "string", "enum": values}


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    return len(urlencode(dict(case.query or {}), doseq=True)) < LONGEST_LINE
