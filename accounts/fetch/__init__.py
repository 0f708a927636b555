"""Guarded fetch of addresses that users give: the server asks on their behalf, so it asks with care.

Only http and https, only public addresses (or what the operator put on FETCH_ALLOW). Each hop is looked up
once, every address found is judged, and the connection goes to exactly the judged one, so a name that
changes its answer gains nothing. Time and bytes have one limit over all hops. What arrives is recognised by
its first bytes. Knows no Django, keeps nothing, and says no in words for whoever gave the address.
"""

from __future__ import annotations

import errno
import ssl
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException, HTTPResponse, IncompleteRead
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Final

from accounts import dates
from accounts.fetch import kinds, wire
from accounts.fetch.addresses import (
    Address,
    Allow,
    Place,
    Resolver,
    allow_list,
    is_public,
    look_up,
    parse,
)
from accounts.fetch.errors import INSTEAD, FetchRefused
from accounts.fetch.wire import Deadline

__all__ = ["Allow", "FetchRefused", "Fetched", "allow_list", "check", "fetch", "is_public"]

MAX_REDIRECTS: Final = 5
# Still being made (202), too busy (409, 420), a wrong door of theirs (421); and every 5xx.
_PASSING: Final = frozenset({202, 408, 409, 420, 421, 423, 425, 429, 499})
_WITH_A_FILE: Final = frozenset({200, 203})  # 203: a proxy on the way may have made it lighter
_DIGITS: Final = 9  # of Retry-After that are read: thirty years
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched, at its start. Whoever gets it closes it, best with `with`."""

    file: IO[bytes]
    content_type: str  # by its first bytes
    final_url: str
    size: int
    ends: bool  # whether the server said where; if not, a file that was cut off looks whole

    def __enter__(self) -> Fetched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()


def check(url: str, *, allow: Allow) -> str:
    """What can be said of an address without asking anybody: its one spelling, or FetchRefused.

    Fit for a request; a name is looked up, and what it stands for judged, when it is fetched.
    """
    place = parse(url)
    place.check_port(allow)
    with suppress(ValueError):
        place.judge([str(ip_address(place.host))], allow)
    return place.url


def fetch(
    url: str,
    *,
    allow: Allow,
    max_bytes: int,
    deadline: float,
    accept: Collection[str],
    resolve: Resolver = look_up,
    tls: ssl.SSLContext | None = None,
) -> Fetched:
    """The file at this address, if it is one of the content types to `accept`. Raises FetchRefused; OSError
    when there is no room here to keep it.

    `deadline` is in seconds, for everything. `resolve` and `tls` stand in for the system's in tests.
    """
    clock = Deadline(deadline)
    place = parse(url)
    for _ in range(1 + MAX_REDIRECTS):
        with (
            _in_plain_words(place),
            wire.get(
                place,
                _judged(place, allow, resolve, clock),
                accept=", ".join(sorted(accept)),
                max_bytes=max_bytes,
                deadline=clock,
                tls=tls,
            ) as answer,
        ):
            if answer.status not in _REDIRECTS or not _location(answer):
                return _received(answer, place, max_bytes=max_bytes, accept=accept)
            place = place.follow(_location(answer))
    raise FetchRefused(
        "too_many_redirects",
        f"This address leads on and on: after {MAX_REDIRECTS} redirects there was still no picture. "
        f"Open it in a browser and copy the address that the picture has there. {INSTEAD}",
    )


def _judged(place: Place, allow: Allow, resolve: Resolver, clock: Deadline) -> list[Address]:
    """Look the host up, once, and refuse it unless all that was found may be reached.

    The system's resolver knows no deadline, so it works in a thread that is left behind when it is too slow.
    """
    place.check_port(allow)
    answers: SimpleQueue[list[str]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(resolve(place.host)))
        except (OSError, ValueError):  # no such name, or one that can't be a name
            answers.put([])

    threading.Thread(target=ask, name="fetch-look-up", daemon=True).start()
    try:
        found = answers.get(timeout=clock.left())
    except Empty:
        raise TimeoutError("The deadline was over before the name was looked up.") from None
    return place.judge(found, allow)


def _location(answer: HTTPResponse) -> str:
    """Where a redirect leads. Servers write UTF-8 here, which http.client reads as Latin-1."""
    return answer.headers.get("Location", "").encode("latin-1", "replace").decode("utf-8", "replace")


# Our own temporary folder refuses, not the server.
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


@contextmanager
def _in_plain_words(place: Place) -> Iterator[None]:
    """What Python raises, as FetchRefused. The order matters: each of these is a kind of a later one."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise FetchRefused(
            "certificate",
            f"{place.host} could not prove who it is: its certificate is invalid, too old or of another "
            f"name. Open the address in a browser and see if it warns you too. {INSTEAD}",
        ) from error
    except TimeoutError as error:
        raise FetchRefused(
            "timeout",
            f"{place.host} was too slow to send the picture.",
            passing=True,
        ) from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise
        raise FetchRefused(
            "unreachable",
            f"No connection to {place.host} came about, or it broke off.",
            passing=True,
        ) from error
    except IncompleteRead as error:
        raise FetchRefused(
            "cut_off",
            f"{place.host} stopped in the middle of the picture.",
            passing=True,
        ) from error
    except (HTTPException, ValueError) as error:
        raise FetchRefused(
            "bad_answer",
            f"{place.host} answered with something that is not the web's language. "
            f"Check the address. {INSTEAD}",
        ) from error


def _received(answer: HTTPResponse, place: Place, *, max_bytes: int, accept: Collection[str]) -> Fetched:
    """The body in a temporary file: small enough, complete, and one of the kinds to accept."""
    if answer.status not in _WITH_A_FILE:
        raise _unhappy(answer, place)
    ends = answer.length is not None or answer.chunked
    file = tempfile.TemporaryFile()  # noqa: SIM115  # handed on, or closed below
    try:
        start = _start(answer, place)
        kind = _accepted(start, answer, place, accept)
        size = _copy(start, answer, file, max_bytes=max_bytes)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Fetched(file, kind, place.url, size, ends)


def _start(answer: HTTPResponse, place: Place) -> bytes:
    """The first bytes. A compressed body has none to look at, and could grow without end."""
    encoded = {answer.headers.get("Content-Encoding", "identity").strip().lower()} - {"identity", ""}
    coded = {answer.headers.get("Transfer-Encoding", "chunked").strip().lower()} - {"chunked", "identity", ""}
    if not encoded and not coded:
        start = answer.read(kinds.ENOUGH)
        if len(start) < kinds.ENOUGH and answer.length:  # too little to tell what it was
            raise IncompleteRead(start, answer.length)
        return start
    if _says_page(answer):
        raise _page()
    raise FetchRefused(
        "compressed",
        f"{place.host} packs the picture up in a way that was not asked for, so it is not opened. "
        f"Use another address of the picture. {INSTEAD}",
    )


def _accepted(start: bytes, answer: HTTPResponse, place: Place, accept: Collection[str]) -> str:
    """What it is by its first bytes; refuses what the caller doesn't take."""
    kind = kinds.of(start)
    if kind in accept:
        return kind
    if not start:
        raise FetchRefused("empty", f"{place.host} sent an empty file.", passing=True)
    if kind == kinds.PAGE or (not kind and _says_page(answer)):
        raise _page()
    *most, last = (kinds.NAMES.get(each, each) for each in sorted(accept))
    taken = f"{', '.join(most)} or {last}" if most else last
    found = f"a file of the kind {kinds.NAMES[kind]}" if kind else "no picture that we know"
    raise FetchRefused(
        "kind",
        f"This address leads to {found}. Use one that leads to {taken}, or save the picture as one of these "
        "and upload it from your computer.",
    )


def _copy(start: bytes, answer: HTTPResponse, file: IO[bytes], *, max_bytes: int) -> int:
    """Write the body down, to its end or to `max_bytes`, whatever was announced. Its size."""
    if len(start) + (answer.length or 0) > max_bytes:
        raise _too_large(max_bytes)
    size, piece = 0, start
    while piece:
        size += len(piece)
        if size > max_bytes:
            raise _too_large(max_bytes)
        file.write(piece)
        piece = answer.read(wire.PIECE)
    if answer.length:  # what http.client says for chunks only
        raise IncompleteRead(b"", answer.length)
    return size


def _says_page(answer: HTTPResponse) -> bool:
    return answer.headers.get_content_type() in {kinds.PAGE, "application/xhtml+xml"}


def _page() -> FetchRefused:
    return FetchRefused(
        "web_page",
        "This address is a web page, not an image. Open the page, right-click the picture, choose "
        f"“Copy image address” and paste that here. {INSTEAD}",
    )


def _too_large(max_bytes: int) -> FetchRefused:
    return FetchRefused(
        "too_large",
        f"The file at this address weighs more than {max_bytes / 1024 / 1024:.3g} MB, the most we take. "
        "Save it with a lower quality or fewer pixels, and upload that.",
    )


def _unhappy(answer: HTTPResponse, place: Place) -> FetchRefused:
    """An answer that is no file: whose move is it now? Who says when to come back says that it passes."""
    status, pause = answer.status, _asked_pause(answer)
    if status in _PASSING or status >= 500 or pause is not None:
        return FetchRefused(
            "unavailable",
            f"{place.host} can't send the picture just now (it answered {status}).",
            passing=True,
            retry_after=pause,
        )
    if status in {401, 402, 403, 407, 451}:
        return FetchRefused(
            "forbidden",
            f"{place.host} doesn't give this picture to everybody (it answered {status}). Perhaps you are "
            f"signed in there, which we are not. {INSTEAD}",
        )
    if status in {404, 410}:
        return FetchRefused(
            "not_found",
            f"There is no picture at this address any more (the answer was {status}). "
            f"Check the address. {INSTEAD}",
        )
    return FetchRefused(
        "unexpected_answer",
        f"{place.host} answered with {status} instead of a picture. Open the address in a browser and copy "
        f"the one that the picture has there. {INSTEAD}",
    )


def _asked_pause(answer: HTTPResponse) -> float | None:
    """Retry-After in seconds, given as such or as a date by their clock; what can't be read is as absent."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:_DIGITS])
    if until := dates.read(said):
        there = dates.read(answer.headers.get("Date", "")) or datetime.now(UTC)
        return max(0.0, (until - there).total_seconds())
    return None
