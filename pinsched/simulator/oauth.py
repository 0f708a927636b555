"""Codes and tokens, and POST /oauth/token. The page on which people consent is in `consent`."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from werkzeug.wrappers import Request

from pinsched.simulator import people
from pinsched.simulator.person import Person
from pinsched.simulator.replies import Reply, forbidden, invalid, json_reply, unauthenticated
from pinsched.simulator.store import Row
from pinsched.simulator.world import SECOND_US, App, World

CODE_SECONDS: Final = 600
SCOPES: Final = {
    "user_accounts:read": "See your user accounts and followers",
    "user_accounts:write": "Update your user accounts and followers",
    "boards:read": "See your public boards, including group boards you join",
    "boards:read_secret": "See your secret boards",
    "boards:write": "Create, update, or delete your public boards",
    "boards:write_secret": "Create, update, or delete your secret boards",
    "pins:read": "See your public Pins",
    "pins:read_secret": "See your secret Pins",
    "pins:write": "Create, update, or delete your public Pins",
    "pins:write_secret": "Create, update, or delete your secret Pins",
    "ads:read": "See all of your advertising data, including ads, ad groups, campaigns etc.",
    "ads:write": "Create, update, or delete ads, ad groups, campaigns etc.",
    "billing:read": "See all of your billing data, billing profile, etc.",
    "billing:write": "Create, update, or delete billing data, billing profiles, etc.",
    "biz_access:read": "See business access data",
    "biz_access:write": "Create, update, or delete business access data",
    "catalogs:read": "See all of your catalogs data",
    "catalogs:write": "Create, update, or delete your catalogs data",
    "msot:write": "Create measurement source of truth events",
}
ALL_OF_A_PERSON: Final = (
    "user_accounts:read boards:read boards:write pins:read pins:write boards:read_secret boards:write_secret "
    "pins:read_secret pins:write_secret ads:read"
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token stands for."""

    person: Person
    scopes: frozenset[str]


# Rows.


def scopes_in(raw: str) -> list[str]:
    return list(dict.fromkeys(raw.replace(",", " ").split()))


def new_code(world: World, person: Person, *, scope: str, redirect_uri: str) -> str:
    code = secrets.token_hex(20)
    expires = world.now_us() + CODE_SECONDS * SECOND_US
    world.store.run("INSERT INTO codes VALUES (?,?,?,?,?)", (code, person.id, scope, redirect_uri, expires))
    return code


def new_tokens(world: World, person_id: str, scope: str) -> dict[str, object]:
    """A pair of tokens, in the words of the token call's answer."""
    access, refresh = f"pina_{secrets.token_hex(32)}", f"pinr_{secrets.token_hex(32)}"
    now, settings = world.now_us(), world.settings
    lives = {"access": settings.access_token_seconds, "refresh": settings.refresh_token_seconds}
    with world.store.write():
        for token, kind in ((access, "access"), (refresh, "refresh")):
            expires = now + lives[kind] * SECOND_US
            world.store.run("INSERT INTO tokens VALUES (?,?,?,?,?)", (token, kind, person_id, scope, expires))
    return {
        "access_token": access,
        "refresh_token": refresh,
        "token_type": "bearer",
        "expires_in": lives["access"],
        "refresh_token_expires_in": lives["refresh"],
        "refresh_token_expires_at": now // SECOND_US + lives["refresh"],
        "scope": scope,
    }


def grant_of(world: World, request: Request) -> Grant | None:
    """Whose access token came along, if it still lives."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    row = world.store.one(
        "SELECT people.*, tokens.scope FROM tokens JOIN people ON people.id = tokens.person_id "
        "WHERE token = ? AND kind = 'access' AND expires_us > ?",
        (token.strip(), world.now_us()),
    )
    return Grant(people.person(row), frozenset(row["scope"].split())) if row else None


def kill_access_token(world: World, request: Request) -> None:
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    world.store.run("DELETE FROM tokens WHERE token = ? AND kind = 'access'", (token,))


def kill_tokens(world: World, person: Person, kind: str) -> int:
    return world.store.run("DELETE FROM tokens WHERE person_id = ? AND kind = ?", (person.id, kind))


def person_in_form(world: World, request: Request) -> Person | None:
    """Whom a token call is about, good or not: what the call log and the limits go by."""
    row = world.store.one(
        "SELECT person_id FROM codes WHERE code = ? UNION SELECT person_id FROM tokens WHERE token = ?",
        (request.form.get("code", ""), request.form.get("refresh_token", "")),
    )
    return people.by_id(world.store, row["person_id"]) if row else None


# The calls.


def token(world: World, request: Request) -> Reply:
    _authenticate(world.app, request)
    match request.form.get("grant_type"):
        case "authorization_code":
            return _from_code(world, request)
        case "refresh_token":
            return _refreshed(world, request)
        case "client_credentials":
            raise forbidden()
        case other:
            raise invalid(f"Invalid request: [body.grant_type] {other!r} is not a grant type")


def revoke(world: World, request: Request) -> Reply:
    """Serves the tokens of system users only, and the simulator has none."""
    _authenticate(world.app, request)
    raise forbidden()


def _authenticate(app: App, request: Request) -> None:
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True) if kind.lower() == "basic" else b""
    except binascii.Error:
        given = b""
    if not hmac.compare_digest(given, f"{app.id}:{app.secret}".encode()):
        raise unauthenticated()


def _needed(request: Request, name: str) -> str:
    value = request.form.get(name)
    if not value:
        raise invalid(f"Invalid request: [body] '{name}' is a required property")
    return value


def _from_code(world: World, request: Request) -> Reply:
    code, redirect_uri = _needed(request, "code"), _needed(request, "redirect_uri")
    with world.store.write():  # reading and using up the code must be one step
        row = world.store.one("SELECT * FROM codes WHERE code = ?", (code,))
        if row is None or row["expires_us"] <= world.now_us():
            raise invalid("The authorization code is invalid, expired or was used before.")
        if row["redirect_uri"] != redirect_uri:
            raise invalid("The redirect_uri does not match the one the authorization code was issued for.")
        world.store.run("DELETE FROM codes WHERE code = ?", (code,))
        tokens = new_tokens(world, row["person_id"], row["scope"])
    return json_reply({"response_type": "authorization_code", **tokens})


def _refreshed(world: World, request: Request) -> Reply:
    """The old refresh token dies as the new pair is born; access tokens live on until they expire."""
    old = _needed(request, "refresh_token")
    with world.store.write():
        row = world.store.one("SELECT * FROM tokens WHERE token = ? AND kind = 'refresh'", (old,))
        if row is None or row["expires_us"] <= world.now_us():
            raise unauthenticated()
        scope = _narrowed(row, request.form.get("scope"))
        world.store.run("DELETE FROM tokens WHERE token = ?", (old,))
        tokens = new_tokens(world, row["person_id"], scope)
    return json_reply({"response_type": "refresh_token", **tokens})


def _narrowed(row: Row, asked: str | None) -> str:
    granted = row["scope"].split()
    wanted = scopes_in(asked) if asked else granted
    if beyond := [scope for scope in wanted if scope not in granted]:
        raise invalid(f"Invalid request: [body.scope] {beyond[0]} was not granted")
    return " ".join(wanted)
