"""Opens every page of the house as somebody who may see all of it, so that nothing stored breaks one."""

from __future__ import annotations

from collections.abc import Iterator

from django.test import Client

from tests.integration.pinsched.test_tenancy import LEFT_OUT, PARAMETER, Things, filled, routes

# They end the session, or begin a dance with Pinterest: nothing of ours is shown.
ELSEWHERE = ("accounts/logout/", "accounts/pinterest/", "admin/", "api/v1/", "theme/")
ADMIN = ("pin", "attempt", "livechange", "media", "notification", "dailymetric", "library")


def pages(alices: Things) -> Iterator[str]:
    """Every address of the house but the admin's and the API's."""
    for route in routes():
        if route.startswith(ELSEWHERE) or "^" in route:
            continue
        if not PARAMETER.search(route):
            yield f"/{route}"
        elif not route.startswith(tuple(LEFT_OUT)):
            yield filled(route, alices)
    yield from ("/pins/?layout=table", "/pins/?status=scheduled", f"/pins/compose/?batch={alices.pin.pk}")


def admin_pages(alices: Things) -> Iterator[str]:
    yield "/admin/"
    yield f"/admin/support/{alices.workspace.pk}/"
    for model in ADMIN:
        yield f"/admin/pins/{model}/"
    yield f"/admin/pins/pin/{alices.pin.pk}/change/"
    for model in ("workspace", "user", "pinterestaccount", "board"):
        yield f"/admin/accounts/{model}/"
    yield f"/admin/accounts/workspace/{alices.workspace.pk}/change/"
    yield f"/admin/accounts/user/{alices.owner.pk}/change/"


def in_a_line(text: str) -> str:
    """As a browser shows it: how a template is broken into lines says nothing."""
    return " ".join(text.split())


def opened(client: Client, addresses: Iterator[str]) -> dict[str, str]:
    """Each address that answers with a whole page, and its text. A page that breaks raises what broke it."""
    found = {}
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code < 500, address
        text = answer.getvalue().decode(errors="replace")
        if answer.status_code == 200 and "<html" in text:
            found[address] = text
    assert len(found) > 10
    return found
