"""One call of API v5, from route to reply: limits, token, scopes, tier, then the operation's own answer."""

from __future__ import annotations

import time
from collections.abc import Mapping

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.wrappers import Request

from pinsched.simulator import limits, routes
from pinsched.simulator.limits import Verdict
from pinsched.simulator.oauth import Grant
from pinsched.simulator.person import Person
from pinsched.simulator.replies import (
    ApiError,
    Reply,
    beta_only,
    not_in_sandbox,
    rate_limited,
    scope_missing,
    trial_only,
    unauthenticated,
)
from pinsched.simulator.routes import Operation
from pinsched.simulator.world import Call, World

NOBODY = "nobody"
UNROUTED = "org_read"  # the category whose headers a call to nowhere gets


def answer(world: World, request: Request, grant: Grant | None, person: Person | None) -> Reply:
    """`grant` comes from a bearer token, `person` may also be known from the form of a token call."""
    try:
        operation, args = _route(request)
    except ApiError as error:
        return stamped(world, request, person, error.reply())
    counted = person is not None or operation.scopes is None
    rules = limits.rules_for(world.settings, person.id if person else NOBODY, operation.category)
    verdict = (world.limits.take if counted else world.limits.look)(rules, time.monotonic())
    try:
        if not verdict.allowed:
            raise rate_limited()
        reply = _run(world, request, grant, operation, args)
    except ApiError as error:
        reply = error.reply()
    extra = () if verdict.allowed else limits.retry_after(world.settings, verdict)
    return _with_headers(world, reply, verdict, extra)


def stamped(world: World, request: Request, person: Person | None, reply: Reply) -> Reply:
    """A reply that no operation gave, with the rate-limit headers it would have had."""
    try:
        category = _route(request)[0].category
    except ApiError:
        category = UNROUTED
    rules = limits.rules_for(world.settings, person.id if person else NOBODY, category)
    return _with_headers(world, reply, world.limits.look(rules, time.monotonic()))


def _route(request: Request) -> tuple[Operation, Mapping[str, str]]:
    try:
        operation, args = routes.MAP.match(request.path, method=request.method)
    except NotFound:
        raise ApiError(404, 404, "The requested resource could not be found on this server.") from None
    except MethodNotAllowed:
        raise ApiError(405, 405, "The method is not allowed for the requested URL.") from None
    if not isinstance(operation, Operation):
        raise TypeError(operation)
    return operation, args


def _run(
    world: World, request: Request, grant: Grant | None, operation: Operation, args: Mapping[str, str]
) -> Reply:
    if operation.scopes is None:
        return operation.answer(world, request, **args)
    if grant is None:
        raise unauthenticated()
    if not operation.scopes <= grant.scopes:
        raise scope_missing()
    if operation.beta and not world.settings.beta:
        raise beta_only()
    if not operation.trial and world.settings.tier == "trial":
        raise trial_only()
    if not operation.sandbox and world.settings.tier == "sandbox":
        raise not_in_sandbox()
    return operation.answer(Call(world, request, grant.person, grant.scopes), **args)


def _with_headers(world: World, reply: Reply, verdict: Verdict, extra: limits.Headers = ()) -> Reply:
    added = (*limits.headers(world.settings, verdict), *extra)
    return Reply(reply.status, reply.body, (*reply.headers, *added))
