"""Errors to Sentry, where SENTRY_DSN is set: what broke and where, and nothing of people, tokens or Pins.

Bodies and local variables are never collected. What is left goes through `scrub`: of the request only its
method stays, values under telling names are hidden, and addresses, mail addresses, tokens and the rows that
database errors show are cut out of all texts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import sentry_sdk

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

HIDDEN: Final = "[hidden]"
TELLING: Final = re.compile(
    r"authori[sz]ation|token|secret|passw|cookie|session|api_?key|signature|csrf|dsn|e?mail|user(name)?$"
    r"|title|description|link|alt_text|query|fragment|^path$",
    re.IGNORECASE,
)
# Our tokens, Pinterest's, its codes, ours at rest (Fernet), and whatever follows "Bearer".
SECRET: Final = re.compile(
    r"\b(?:pina|pinr|pinc|ps)_[\w.~+/=-]+|\bgAAAA[\w=-]{20,}|\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE
)
ADDRESS: Final = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>)\]}]+", re.IGNORECASE)
MAIL: Final = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+")
# "Not Found: /accounts/password/reset/key/…"
PATH: Final = re.compile(r"(?<=: )/\S+")
# PostgreSQL shows the row that broke a rule, words and all.
ROW: Final = re.compile(r"(DETAIL|CONTEXT):.*", re.DOTALL)
# Names under which Sentry keeps places in our code: no content, and useless when cut.
PLACES: Final = frozenset({"abs_path", "filename", "module", "function", "logger", "type", "transaction"})


def start(dsn: str, *, known: str) -> None:
    """Report from now on. Of addresses at the `known` origin the path is kept; others are hidden."""
    origin = _origin(known)

    def before_send(event: Event, hint: Hint) -> Event:
        scrub(event, origin)  # type: ignore[arg-type]  # a TypedDict is a dict
        return event

    sentry_sdk.init(
        dsn=dsn,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        auto_session_tracking=False,
        # Pinterest gets no headers of ours.
        trace_propagation_targets=[],
        before_send=before_send,
    )


def scrub(event: dict[str, Any], origin: str) -> None:
    """Hide, in place, what is nobody's business outside this house."""
    event.pop("user", None)
    for key in event.keys() - {"modules"}:  # names of packages with their versions
        event[key] = _clean(event[key], key, origin)
    # Paths hold keys of mails that reset passwords; `transaction` names the route.
    event["request"] = {name: each for name, each in event.get("request", {}).items() if name == "method"}


def _clean(value: Any, key: str, origin: str) -> Any:
    match value:
        case dict():
            return {k: HIDDEN if _tells(k, v) else _clean(v, str(k), origin) for k, v in value.items()}
        case list() | tuple():
            return [_clean(each, key, origin) for each in value]
        case str() if key not in PLACES:
            return _clean_text(value, origin)
        case _:
            return value


def _tells(key: object, value: object) -> bool:
    return str(key) not in PLACES and bool(TELLING.search(str(key))) and value not in (None, "")


def _clean_text(text: str, origin: str) -> str:
    text = ROW.sub(rf"\1: {HIDDEN}", text)
    text = ADDRESS.sub(lambda found: _clean_address(found[0], origin), text)
    return PATH.sub(HIDDEN, MAIL.sub(HIDDEN, SECRET.sub(HIDDEN, text)))


def _clean_address(address: str, origin: str) -> str:
    return f"{origin}{urlsplit(address).path}" if _origin(address) == origin else HIDDEN


def _origin(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"
