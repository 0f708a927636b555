"""Everything that can go wrong with a call to Pinterest, split by what the caller does next.

    PinterestError
    ├── RateLimited        too many calls           wait `retry_after` seconds, then the same call again
    ├── Spam               taken for spam           stop, hold the account, tell its owner
    ├── Suspended          the account is shut      the same
    ├── AuthExpired        token no longer taken    refresh it, or ask for a reconnect
    │   └── DeadGrant      refresh token refused    only a reconnect helps
    ├── RestrictedFeature  app lacks a beta         take the way that needs no grant
    ├── TrialTier          app is on Trial access   hold the account, point to the Sandbox setting
    ├── Refused            a word in the request    show `message` at `field`
    │   └── MissingScope   a permission is missing  hold the account, ask for a reconnect
    ├── Unavailable        nothing was made         try again later
    │   └── NoConnection   not a byte was sent      try again soon
    └── OutcomeUnknown     a write may have landed  look before trying again

All but OutcomeUnknown prove that a write made nothing. `from_response` is the only place that reads
Pinterest's codes and wording. What stops a whole account, and what only passes, is told by these whatever
the status: the same words were seen with 400, 403 and 429. Of a write, only a 4xx proves anything: a 5xx may
speak of spam or limits when the Pin is made already. A 4xx with words that are no JSON is a gateway's: it
refuses nobody's Pin, ends nobody's permission, and says of no Pin that it is gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from accounts import dates
from accounts.pinterest import limits
from accounts.pinterest.types.reading import storable
from accounts.pinterest.types.reading import text as text_of

DEFAULT_WAIT: Final = 60.0  # seconds, when a 429 says nothing: a Standard app's windows are a minute
LONGEST_WAIT: Final = 86_400.0  # seconds; Trial limits are counted by the day, nothing by more
LARGEST_CODE: Final = 10**9  # a code is kept in a column of ten digits
LONGEST_MESSAGE: Final = 1_000  # characters kept of Pinterest's message
BETWEEN: Final = "A proxy or firewall between PinSched and Pinterest answered %s."


class PinterestError(Exception):
    """The root. `message` is Pinterest's own wording, ours when it said nothing; `plain` is for people."""

    plain: str = "Pinterest could not do this just now."

    def __init__(
        self,
        message: str = "",
        *,
        http_status: int | None = None,
        code: int | None = None,
        request_id: str = "",
    ) -> None:
        self.message = (message or self.plain)[:LONGEST_MESSAGE]
        self.http_status = http_status
        self.code = code
        self.request_id = request_id
        super().__init__(self.message)

    def __str__(self) -> str:
        facts = [f"HTTP {self.http_status}"] if self.http_status else []
        facts += [f"code {self.code}"] if self.code is not None else []
        facts += [f"request {self.request_id}"] if self.request_id else []
        return f"{self.message} ({', '.join(facts)})" if facts else self.message


class RateLimited(PinterestError):
    plain = "Pinterest asks for a pause: this account has used up its calls for the moment."

    def __init__(self, message: str = "", *, retry_after: float = DEFAULT_WAIT, **facts: object) -> None:
        super().__init__(message, **facts)  # type: ignore[arg-type]  # the four facts of the root
        self.retry_after = retry_after


class Spam(PinterestError):
    plain = "Pinterest took what this account posts for spam and accepts nothing more from it for now."


class Suspended(PinterestError):
    plain = "Pinterest has suspended or restricted this account."


class AuthExpired(PinterestError):
    plain = "Pinterest no longer accepts this account's permission. Reconnect the account."


class DeadGrant(AuthExpired):
    plain = "Pinterest ended this account's permission. Reconnect the account."


class RestrictedFeature(PinterestError):
    plain = "Pinterest has not opened this feature for your app."


class TrialTier(PinterestError):
    plain = (
        "Your Pinterest app has Trial access, which may not create Pins in production. "
        "Until Pinterest grants Standard access, set PINTEREST_API_URL to the API Sandbox."
    )


class Refused(PinterestError):
    """`field` is ours: title, description, link, alt_text, board, section, media, pin, name, or empty."""

    plain = "Pinterest refused this."

    def __init__(self, message: str = "", *, field: str = "", **facts: object) -> None:
        super().__init__(message, **facts)  # type: ignore[arg-type]  # the four facts of the root
        self.field = field


class MissingScope(Refused):
    plain = (
        "This account gave PinSched a permission that doesn’t cover this any more. Reconnect the account and "
        "allow everything that is asked for."
    )


class Unavailable(PinterestError):
    plain = "Pinterest could not be reached. Nothing was changed."


class NoConnection(Unavailable):
    """No connection was opened, or no time was left to send: Pinterest knows nothing of the call."""


class OutcomeUnknown(PinterestError):
    plain = "Pinterest's answer was lost: it may or may not have done what was asked."


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: the first whose status (None: any), code and words all match decides."""

    status: int | None
    raises: type[PinterestError]
    code: int | None = None
    words: str = ""
    field: str = ""

    def fits(self, status: int, code: int | None, text: str) -> bool:
        return (
            self.status in (None, status)
            and (self.code is None or self.code == code)
            and (not self.words or re.search(self.words, text, re.IGNORECASE) is not None)
        )


# One link or text that is blocked, or leads to spam, is that Pin's fault: "spam" and code 9 are said of it
THIS_TEXT: Final = r"(?:this|that|the|your) (?:%s)\b"
BLOCKED_TEXT: Final = rf"\bblocked {THIS_TEXT}|\b{THIS_TEXT}(?: \S+){{0,4}} spam\b"
_LINK: Final = "link|url|website|site|domain"
# "You've hit a block (Pins) we have in place to combat spam", "We've had to block actions (logins) …"
SPAM: Final = r"\bspam|\bhit a block\b|\bblock(?:ed)? actions\b|\b(?:suspicious|unusual) activity\b"
_SHUT: Final = r"(?:suspended|deactivated|disabled|restricted|locked|banned)"
SUSPENDED: Final = (
    rf"\b(?:account|profile|user)\b(?: \S+){{0,4}} {_SHUT}\b|\b{_SHUT} (?:account|profile|user)\b"
    # "User has blocked you" is said of one Pin: a block counts only where the account is its object.
    r"|\b(?:account|profile)\b(?: \S+){0,4} (?:is|was|been) (?:blocked|closed|limited|terminated)\b"
    r"|\baccount\b(?: \S+){0,4} (?:safe mode|violat(?:es|ed|ing))\b"
)
TOO_MANY: Final = (
    r"\brate.?limit(?:ed| exceeded)\b|\bexceeded (?:a|the|your) rate limit|\btoo many (?:requests|calls)\b"
    r"|\btoo (?:fast|quickly)\b|\bslow down\b|\b(?:created|made|saved) too many\b"
)
# "Sorry! Something went wrong on our end." was answered between two calls with the same Pin that went well.
PASSING: Final = (
    r"\bon our (?:end|side)\b|\btry again (?:later|soon|shortly|in\b)|\btemporar(?:y|ily)\b|\btimed? ?out\b"
    r"|\binternal (?:server )?error\b|\bservice unavailable\b"
    r"|\bcould not complete (?:that|this|your) request\b|\bmaintenance\b|\boverloaded\b"
    r"|\bwent wrong\W+(?:please )?try again\b"
)

TABLE: Final = (
    Rule(None, Refused, words=BLOCKED_TEXT % (_LINK, _LINK), field="link"),
    Rule(None, Refused, words=BLOCKED_TEXT % ("description", "description"), field="description"),
    Rule(None, Spam, code=9),
    Rule(None, Spam, words=SPAM),
    Rule(None, Suspended, words=SUSPENDED),
    Rule(429, RateLimited),
    Rule(None, RateLimited, code=8),
    Rule(None, RateLimited, words=TOO_MANY),
    # The same code, 3, as for a feature that the whole app lacks.
    Rule(401, MissingScope, words=r"\bscopes?\b"),
    Rule(403, MissingScope, words=r"\bscopes?\b"),
    Rule(401, RestrictedFeature, code=3),
    Rule(401, AuthExpired),
    Rule(403, TrialTier, words=r"\btrial\b"),
    # Said by whoever could not finish: what was begun may be there. Of a read it is Unavailable.
    Rule(None, OutcomeUnknown, code=2787),
    # "Could not get exclusive access to the board": said before anything is written.
    Rule(409, Unavailable),
    Rule(None, OutcomeUnknown, words=PASSING),
    # "You are not permitted to access that resource": the resource is the board, or the Pin.
    Rule(403, Refused, code=29),
    Rule(404, Refused, code=40, field="board"),
    Rule(404, Refused, code=50, field="pin"),
    Rule(404, Refused, code=2031, field="section"),
)
# What a message quotes is the person's own words. An apostrophe within a word ends no quotation.
_QUOTED: Final = re.compile(r"(?<!\w)(?:'.*?'|\".*?\"|`.*?`)(?!\w)|[“‘«].*?[”’»]", re.DOTALL)
# Whoever answered so may have passed a write on, or will take it in a moment: none is a word of Pinterest's.
PASSING_STATUSES: Final = frozenset({407, 408, 421, 423, 425, 499})
# Of a request's size and form any server may speak; of all else Pinterest alone does, and in JSON.
_OF_THE_REQUEST: Final = frozenset({411, 413, 414, 415, 431})

# Which of our fields a message speaks of: names as the schema spells them first, then plain words.
FIELDS: Final = (
    (r"['\"`/.\[]title\b", "title"),
    (r"['\"`/.\[]description\b", "description"),
    (r"['\"`/.\[]link\b", "link"),
    (r"\balt_text\b", "alt_text"),
    (r"\bboard_section_id\b", "section"),
    (r"\bboard_id\b", "board"),
    (r"\bparent_pin_id\b", "pin"),
    (r"\bmedia_source\b|\bcontent_type\b|\bsource_type\b", "media"),
    (r"['\"`/.\[]name\b", "name"),
    (r"\balt text\b", "alt_text"),
    (r"\blinks?\b|\burl shorten", "link"),
    (r"\bdescription\b", "description"),
    (r"\btitle\b", "title"),
    (r"\bimages?\b|\bvideos?\b|\bmedia\b|\bbase64\b", "media"),
    (r"\bsection\b", "section"),
    (r"\bboard\b", "board"),
    (r"\bname\b", "name"),
)


def from_response(
    status: int,
    body: bytes,
    *,
    headers: Mapping[str, str],
    is_write: bool,
    now: datetime | None = None,
) -> PinterestError:
    """The error that a response other than 2xx stands for."""
    answer = _object(body)
    said = answer or {}
    code, message, detail = _code(said), text_of(said, "message"), text_of(said, "message_detail")
    request_id = storable(headers.get("x-pinterest-rid", ""))
    text = _QUOTED.sub("", f"{message} {detail}")
    rule = next((rule for rule in TABLE if rule.fits(status, code, text)), None)
    raises = rule.raises if rule else _by_status(status)
    if answer is None and body and 400 <= status < 500 and status not in _OF_THE_REQUEST | {429}:
        raises, message = OutcomeUnknown, BETWEEN % status
    if is_write and not 400 <= status < 500:
        raises = OutcomeUnknown
    if raises is OutcomeUnknown and not is_write:
        raises = Unavailable
    facts: dict[str, object] = {"http_status": status, "code": code, "request_id": request_id}
    if issubclass(raises, RateLimited):
        return raises(message, retry_after=_wait(headers, now), **facts)
    if issubclass(raises, Refused):
        field = rule.field if rule else field_of(message)
        return raises(message or f"Pinterest answered {status}.", field=field, **facts)
    return raises(message, **facts)  # type: ignore[arg-type]  # the four facts of the root


def from_upload(status: int, body: bytes) -> PinterestError:
    """The error that an upload address answers with: a bucket, which speaks XML and knows no codes.

    An upload that failed made nothing that anyone sees: it is never OutcomeUnknown.
    """
    if status in (408, 429) or not 400 <= status < 500:
        return Unavailable(f"The upload address answered {status}.", http_status=status)
    said = re.search(rb"<Message>([^<]{1,500})</Message>", body)
    message = said.group(1).decode("utf-8", "replace") if said else f"The upload address answered {status}."
    return Refused(storable(message), field="media", http_status=status)


def field_of(message: str) -> str:
    """Which of our fields a refusal speaks of, or nothing."""
    return next((field for words, field in FIELDS if re.search(words, message, re.IGNORECASE)), "")


def _by_status(status: int) -> type[PinterestError]:
    """What no row names. A redirect is no refusal: whoever answered may have passed the write on."""
    return Refused if 400 <= status < 500 and status not in PASSING_STATUSES else OutcomeUnknown


def _object(body: bytes) -> dict[str, Any] | None:
    """What Pinterest says; None of a body that isn't Pinterest's JSON."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _code(answer: Mapping[str, Any]) -> int | None:
    """A number, or one in quotes."""
    said = answer.get("code")
    if isinstance(said, str) and re.fullmatch(r"[0-9]{1,9}", said):
        return int(said)
    return said if type(said) is int and abs(said) < LARGEST_CODE else None


def _wait(headers: Mapping[str, str], now: datetime | None) -> float:
    """Seconds to wait: Retry-After as seconds or as a date, else when the window resets, else a minute.

    A date is theirs, so it is counted from their `Date`; one that is over says nothing.
    """
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", said):
        return min(float(said), LONGEST_WAIT)
    if until := dates.read(said):
        there = dates.read(headers.get("date", "")) or now or datetime.now(UTC)
        if until > there:
            return min((until - there).total_seconds(), LONGEST_WAIT)
    known = limits.parse(headers)
    reset = known.reset_seconds if known else None
    return min(reset, LONGEST_WAIT) if reset is not None else DEFAULT_WAIT
