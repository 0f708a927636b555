"""What an answer's page says."""

from __future__ import annotations

import re
from typing import Any


def body(answer: Any) -> str:
    return str(answer.content.decode())


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body(answer)))
