"""The WSGI application: finds who calls, plays the fault that is due, logs the call. No operation is here."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request

from pinsched.simulator import api, consent, control, oauth, people, uploads
from pinsched.simulator.faults import Kind, Rule
from pinsched.simulator.oauth import Grant
from pinsched.simulator.person import Person
from pinsched.simulator.replies import ApiError, Dropped, Reply, unauthenticated
from pinsched.simulator.world import World, as_datetime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = logging.getLogger(__name__)

CONNECTION: Final = "pinsched.connection"  # the environ key under which the server numbers connections
BODY_MOST: Final = 140 * 1024 * 1024  # five images of 20 MB in base64
GARBLED: Final = b'{"id": "8137'  # for a reply that has no body to cut


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as far as it can be told before anything is checked."""

    grant: Grant | None = None
    person: Person | None = None
    named: str | None = None  # a username on the consent page, perhaps a new one

    @property
    def username(self) -> str | None:
        return self.person.username if self.person else self.named


class Simulator:
    def __init__(self, world: World) -> None:
        self.world = world

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Raises Dropped when the connection is to be closed without an answer."""
        request = Request(environ)
        reply = self._reply(request)
        length = () if reply.status in (204, 304) else (("Content-Length", str(len(reply.body))),)
        status = f"{reply.status} {HTTPStatus(reply.status).phrase if reply.status in STATUSES else 'Status'}"
        start_response(status, [*self._date(reply), *reply.headers, *length])
        return [] if request.method == "HEAD" else [reply.body]

    def _date(self, reply: Reply) -> list[tuple[str, str]]:
        """By the simulator's clock, which a test may have moved; none beside one that a fault set."""
        if any(name.lower() == "date" for name, _ in reply.headers):
            return []
        return [("Date", format_datetime(self.world.now(), usegmt=True))]

    def _reply(self, request: Request) -> Reply:
        try:
            match request.path.split("/"):
                case ["", "_control", *_]:
                    return control.answer(self.world, request)
                case ["", "images", size, name]:
                    return self.world.pictures.serve(size, name)
                case ["", ""]:
                    return consent.front(self.world, request)
            return self._logged(request)
        except (Dropped, ClientDisconnected):
            raise Dropped from None
        except Exception:
            if self.world.store.closed:  # the process is ending under this call
                raise Dropped from None
            logger.exception("simulator.failed")
            return ApiError(500, 500, "The simulator itself failed; its log says how.").reply()

    def _logged(self, request: Request) -> Reply:
        began, at = time.perf_counter(), self.world.now_us()
        rid = str(random.randint(10**15, 10**16 - 1))
        caller, rule, status = Caller(), None, None
        try:
            if too_large := _read(request):
                status = too_large.status
                return _with_rid(too_large, rid)
            caller = self._caller(request)
            rule = self.world.faults.fire(request.method, request.path, caller.username)
            reply = self._played(rule, request, caller)
            status = reply.status
            return _with_rid(reply, rid)
        finally:
            self.world.calls.add(
                at=as_datetime(at).isoformat(timespec="microseconds"),
                method=request.method,
                path=request.path,
                query=request.query_string.decode("latin-1"),
                status=status,
                username=caller.username,
                fault=rule.kind.value if rule else None,
                rid=rid,
                connection=request.environ.get(CONNECTION, 0),
                ms=round((time.perf_counter() - began) * 1000, 3),
            )

    def _caller(self, request: Request) -> Caller:
        if request.path.startswith("/v5/oauth/"):
            return Caller(person=oauth.person_in_form(self.world, request))
        if request.path.startswith("/v5/"):
            grant = oauth.grant_of(self.world, request)
            return Caller(grant=grant, person=grant.person if grant else None)
        if request.path.rstrip("/") == "/oauth" and request.method == "POST":
            name = consent.username_in_form(request) or ""
            return Caller(person=people.by_username(self.world.store, name), named=name or None)
        return Caller()

    def _played(self, rule: Rule | None, request: Request, caller: Caller) -> Reply:
        def processed() -> Reply:
            return self._processed(request, caller)

        if rule is None:
            return processed()
        match rule.kind:
            case Kind.DROP_BEFORE:
                raise Dropped
            case Kind.DROP_AFTER:
                processed()
                raise Dropped
            case Kind.SLOW | Kind.GARBLE | Kind.UNKNOWN:
                return _answered(rule, processed)
            case Kind.EXPIRE:
                oauth.kill_access_token(self.world, request)
                return self._forged(unauthenticated().reply(), request, caller)
            case Kind.STATUS:
                if rule.commit:
                    processed()
                return self._forged(rule.reply(), request, caller)

    def _forged(self, reply: Reply, request: Request, caller: Caller) -> Reply:
        if not request.path.startswith("/v5/"):
            return reply
        stamped = api.stamped(self.world, request, caller.person, Reply(reply.status))
        chosen = {name.lower() for name, _ in reply.headers}  # a rule may set rate-limit headers of its own
        added = (header for header in stamped.headers if header[0].lower() not in chosen)
        return replace(reply, headers=(*reply.headers, *added))

    def _processed(self, request: Request, caller: Caller) -> Reply:
        if request.path.startswith("/v5/"):
            if self.world.settings.latency_ms:
                time.sleep(self.world.settings.latency_ms / 1000)
            return api.answer(self.world, request, caller.grant, caller.person)
        if request.path.rstrip("/") == "/oauth":
            return consent.show(self.world, request)
        if request.path == "/upload/":
            return uploads.take_file(self.world, request)
        return ApiError(404, 404, "There is nothing here. The API is below /v5.").reply()


STATUSES: Final = frozenset(map(int, HTTPStatus))


def _read(request: Request) -> Reply | None:
    """Takes the whole body in, so that a connection dropped later was dropped after it arrived. Files of a
    form are left for their reader to stream."""
    if request.mimetype == "multipart/form-data":
        return None
    if (request.content_length or 0) > BODY_MOST:
        return ApiError(413, 413, "The request body is too large.").reply()
    request.get_data(cache=True)
    return None


def _answered(rule: Rule, processed: Callable[[], Reply]) -> Reply:
    """Late, cut off, or with numbers missing."""
    if rule.kind == Kind.SLOW:
        return _slowly(rule, processed)
    return _garbled(processed()) if rule.kind == Kind.GARBLE else rule.blanked(processed())


def _slowly(rule: Rule, processed: Callable[[], Reply]) -> Reply:
    if rule.commit:
        reply = processed()
        time.sleep(rule.seconds)
        return reply
    time.sleep(rule.seconds)
    return processed()


def _garbled(reply: Reply) -> Reply:
    """Half of it, with a length that hides the loss: the client must notice by reading."""
    if not reply.body:
        return replace(reply, status=200, body=GARBLED)
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _with_rid(reply: Reply, rid: str) -> Reply:
    return replace(reply, headers=(*reply.headers, ("x-pinterest-rid", rid)))
