"""Each page, phone to desktop, light and dark, enlarged: it fits, axe finds nothing, the focus is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Product, Watched, sign_in
from tests.browser.look import Look

pytestmark = pytest.mark.browser

# What nobody needs to be signed in for.
OUTSIDE = (
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/simulator/mails/",
    "/nothing-like-this/",
)
# What no menu leads to. The menus are read from the pages.
INSIDE = (
    "/pins/?layout=table",
    "/pins/?q=nothing-like-this",
    "/pins/?origin=found",
    "/pins/compose/",
    "/pins/save/",
    "/pins/save/?pin=4011110111101111",
    "/accounts/connect/",
    "/accounts/1/",
    "/accounts/1/boards/new/",
    "/accounts/1/disconnect/",
    "/workspaces/new/",
    "/notifications/",
    "/simulator/mails/",
)
STATES = ("draft", "scheduled", "published", "failed", "needs_review")
MENUS = "[...document.querySelectorAll('nav a[href^=\"/\"]')].map(link => link.pathname)"
FIRST_PIN = (
    "[...document.querySelectorAll('main a')].map(a => a.pathname).find(at => /^.pins.[0-9]+.$/.test(at))"
)
# A change of a live Pin that Pinterest refused, with more words than fit in a line.
REFUSED = """
from django.utils import timezone
from pins.models import LiveChange, Pin
now = timezone.now()
facts = dict(kind="update", due_at=now, sent_at=now, settled_at=now, message="Sorry! We can’t take this.")
words = dict(title="Another", description="Long words. " * 60, link="https://example.com/" + "long" * 60)
LiveChange.objects.get_or_create(pin_id={pk}, state="refused", defaults=dict(facts, words=words))
"""
# What a page still asks for after it was loaded.
PENDING = "[hx-trigger=load], [data-module]"


def inside(page: Page, product: Product) -> Iterator[str]:
    """Walks through all that a menu leads to, then the rest. A page is open when its path comes."""
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop(0)
        seen.add(path)
        page.goto(f"{product.url}{path}")
        waiting += [found for found in dict.fromkeys(page.evaluate(MENUS)) if found not in {*seen, *waiting}]
        yield path
    assert {"/pins/calendar/", "/settings/", "/profile/", "/accounts/two-factor/"} <= seen
    for state in STATES:
        page.goto(f"{product.url}/pins/?status={state}")
        yield f"/pins/?status={state}"
        page.goto(f"{product.url}{page.evaluate(FIRST_PIN)}")
        yield f"a Pin that is {state}"
    page.goto(f"{product.url}/pins/?status=published")
    pin = page.evaluate(FIRST_PIN)
    product.manage("shell", "-c", REFUSED.format(pk=pin.strip("/").rpartition("/")[2]))
    for path in (pin, f"{pin}live/", f"{pin}live/delete/"):
        page.goto(f"{product.url}{path}")
        yield f"{path} whose change was refused"
    for path in INSIDE:
        page.goto(f"{product.url}{path}")
        yield path


def outside(page: Page, product: Product) -> Iterator[str]:
    for path in OUTSIDE:
        page.goto(f"{product.url}{path}")
        yield path
    page.goto(f"{product.url}/accounts/password/reset/")
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.keyboard.press("Enter")
    page.wait_for_url("**/password/reset/done/")
    yield "/accounts/password/reset/done/"
    page.goto(f"{product.url}/simulator/mails/")
    page.locator("main li a").first.click()
    yield "a mail"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_fits_and_is_accessible(
    width: int, theme: str, product: Product, watched: Callable[..., Watched]
) -> None:
    phone = {"is_mobile": True, "has_touch": True} if width < 500 else {}
    tab = watched(viewport={"width": width, "height": 900}, color_scheme=theme, **phone)
    tab.expected.add(404)
    page = tab.page()
    look = Look(page)
    wrong: dict[str, list[str]] = {}
    titles: dict[str, set[str]] = {}
    for walk in (outside, inside):
        if walk is inside:
            tab.expected.clear()
            sign_in(page, product)
        for path in walk(page, product):
            expect(page.locator(PENDING)).to_have_count(0)
            page.evaluate("document.fonts.ready")
            titles.setdefault(page.title(), set()).add(page.evaluate("location.pathname"))
            found = look.everything()
            if theme == "light":  # sizes don't depend on colours
                found += look.reflowed(320, 640) if phone else look.reflowed(720, 450) + look.large_print()
            if found:
                wrong[path] = found
    assert not wrong
    assert not {title: paths for title, paths in titles.items() if len(paths) > 1}


def test_a_published_pin_shows_its_numbers_as_a_chart_and_as_a_table(
    product: Product, watched: Callable[..., Watched]
) -> None:
    page = watched().page()
    sign_in(page, product)
    page.goto(f"{product.url}/pins/?status=published")
    while following := page.locator("a[rel=next]").all():  # to the last one there is
        page.goto(f"{product.url}/pins/{following[0].get_attribute('href')}")
    page.locator("main a[href^='/pins/']:not([href*='?'])").last.click()  # the oldest of all
    expect(page.locator(".chart canvas")).to_be_visible()
    page.get_by_text("Show as table").click()
    days = page.locator("table tbody tr")
    assert days.count() == 90
    impressions = page.locator(".stat", has_text="Impressions").locator(".figure").inner_text()
    told = [int(cell.replace(",", "")) for cell in days.locator("td:nth-child(2)").all_inner_texts()]
    assert 0 < sum(told) == int(impressions.replace(",", ""))


def test_the_watch_notices_what_the_policy_blocks(product: Product, watched: Callable[..., Watched]) -> None:
    """The other tests rely on it."""
    tab = watched()
    page = tab.page()
    page.goto(f"{product.url}/accounts/login/")
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))")
    assert [line for line in tab.wrong if "Content Security Policy" in line]
    tab.wrong.clear()
