"""The consent page: GET shows it, POST sends the browser back with a code or with a no."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from werkzeug.wrappers import Request

from pinsched.simulator import oauth, people
from pinsched.simulator.person import Person
from pinsched.simulator.replies import Reply, html_reply
from pinsched.simulator.world import World

TEMPLATES: Final = Path(__file__).parent / "templates"
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Refused(Exception):
    """The app's request is wrong; the words are for the person in front of the page."""


@dataclass(frozen=True, slots=True)
class Wish:
    redirect_uri: str
    scopes: list[str]
    state: str | None


def filled(template: str, **words: str) -> str:
    """A template of this package; every word must be HTML already."""
    return Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)


def page(template: str, title: str, **words: str) -> str:
    return filled("layout.html", title=title, body=filled(template, **words))


def show(world: World, request: Request) -> Reply:
    try:
        if request.method == "POST":
            return _decide(world, request)
        return html_reply(_page(world, _wish(world, request)))
    except Refused as refusal:
        return html_reply(page("refused.html", "Something is wrong", reason=html.escape(str(refusal))), 400)


def front(world: World, request: Request) -> Reply:
    """What this server is, for whoever opens its root."""
    crowd = [(html.escape(one.name), html.escape(one.username)) for one in people.everyone(world.store)]
    words = {
        "api": html.escape(f"{world.public_url}/v5"),
        "consent": html.escape(f"{world.public_url}/oauth/"),
        "people": "".join(f"<li>{name} <span>@{username}</span></li>" for name, username in crowd),
    }
    return html_reply(page("front.html", "A stand-in for Pinterest", **words))


def username_in_form(request: Request) -> str | None:
    return (request.form.get("new_username", "").strip() or request.form.get("username")) or None


def _wish(world: World, request: Request) -> Wish:
    asked = request.values  # the form is posted to the address with the query in it
    if asked.get("client_id") != world.app.id:
        raise Refused(f"There is no app with the client_id “{asked.get('client_id', '')}” here.")
    if asked.get("response_type") != "code":
        raise Refused("The app must ask with response_type=code.")
    redirect_uri = asked.get("redirect_uri", "")
    _check_redirect(world, redirect_uri)
    scopes = oauth.scopes_in(asked.get("scope", ""))
    if not scopes:
        raise Refused("The app asks for no scope at all.")
    if unknown := [scope for scope in scopes if scope not in oauth.SCOPES]:
        raise Refused(f"The app asks for “{unknown[0]}”, and there is no such scope.")
    return Wish(redirect_uri, scopes, asked.get("state"))


def _check_redirect(world: World, redirect_uri: str) -> None:
    registered = world.app.redirect_uris
    if registered and redirect_uri not in registered:
        raise Refused(f"The redirect_uri “{redirect_uri}” is not one the app has registered.")
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
        raise Refused(f"The redirect_uri “{redirect_uri}” is not a web address to come back to.")


def _decide(world: World, request: Request) -> Reply:
    wish = _wish(world, request)
    if request.form.get("decision") == "cancel":
        return _back(wish, error="access_denied", error_description="The person said no.")
    person = _person(world, request)
    code = oauth.new_code(world, person, scope=" ".join(wish.scopes), redirect_uri=wish.redirect_uri)
    return _back(wish, code=code)


def _person(world: World, request: Request) -> Person:
    if new := request.form.get("new_username", "").strip():
        if not people.USERNAME.fullmatch(new):
            raise Refused(f"“{new}” can't be a username: letters, digits, dots, dashes and underscores can.")
        return people.upsert(world, new)
    person = people.by_username(world.store, request.form.get("username", ""))
    if person is None:
        raise Refused("Choose one of the accounts, or type a username for a new one.")
    return person


def _back(wish: Wish, **answer: str) -> Reply:
    parts = urlsplit(wish.redirect_uri)
    added = urlencode({**answer, **({"state": wish.state} if wish.state is not None else {})})
    target = urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))
    return Reply(302, b"", (("Location", target), ("Cache-Control", "no-store")))


def _page(world: World, wish: Wish) -> str:
    crowd = people.everyone(world.store)
    site = urlsplit(wish.redirect_uri).netloc
    return page(
        "consent.html",
        "Give access",
        site=html.escape(site),
        people="".join(_choice(world, person, first=person is crowd[0]) for person in crowd),
        scopes="".join(_scope(scope) for scope in wish.scopes),
    )


def _choice(world: World, person: Person, *, first: bool) -> str:
    counts = [
        world.store.count("SELECT COUNT(*) FROM boards WHERE person_id = ?", (person.id,)),
        world.store.count("SELECT COUNT(*) FROM pins WHERE person_id = ?", (person.id,)),
    ]
    return filled(
        "person.html",
        username=html.escape(person.username),
        name=html.escape(person.name),
        avatar=html.escape(world.pictures.avatar_url(person.id)),
        about=f"{counts[0]} boards, {counts[1]} Pins",
        checked="checked" if first else "",
    )


def _scope(scope: str) -> str:
    return f"<li><span>{html.escape(oauth.SCOPES[scope])}</span> <code>{html.escape(scope)}</code></li>"
