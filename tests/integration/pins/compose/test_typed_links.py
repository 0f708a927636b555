"""What people or Pinterest give as an address becomes a link on a page only if it leads to the web."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from accounts.models import PinterestAccount, User, Workspace
from pins.models import Origin, Status
from tests.conftest import SignIn
from tests.support import factories

pytestmark = pytest.mark.django_db

DEAD = (
    "javascript:alert(1)",
    "JaVaScript:alert(1)//https://ok.example/",
    "  javascript:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "javascript://ok.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://ok.example/1",
    "file:///etc/passwd",
    "//ok.example/",
    "/accounts/logout/",
    "https:",
    "https:javascript:alert(1)",
    "mailto:a@ok.example",
)
LIVE = ("https://ok.example/", "http://ok.example/a?b=c&d=e#f", "https://münchen.example/tisch")


def hrefs(page: str) -> set[str]:
    return {html.unescape(found) for found in re.findall(r'href="([^"]*)"', page)}


def test_a_page_leads_to_the_web_only(
    workspace: Workspace, offline: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    client = client_of(alice)
    pin = factories.make_pin(workspace, offline, link=LIVE[0])
    for link in (*DEAD, *LIVE):
        type(pin).objects.filter(pk=pin.pk).update(link=link)
        page = client.get(reverse("pins:detail", args=[pin.pk])).text
        assert html.escape(link) in page, link  # it is shown as it was typed
        assert (link in hrefs(page)) == (link in LIVE), link


def test_nor_does_a_find_of_pinterests(
    workspace: Workspace, offline: PinterestAccount, alice: User, client_of: SignIn
) -> None:
    found = factories.make_pin(
        workspace,
        offline,
        status=Status.PUBLISHED,
        origin=Origin.FOUND,
        link=DEAD[0],
        live_image_url=DEAD[0],
    )
    client = client_of(alice)
    for address in (reverse("pins:detail", args=[found.pk]), reverse("pins:list"), reverse("home")):
        page = client.get(address).text
        assert not [href for href in hrefs(page) if "script:" in href]
        assert 'src="javascript' not in page
