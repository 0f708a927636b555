"""Everything that people do, without a mouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Product, Watched, sign_in
from tests.browser.look import Look

pytestmark = pytest.mark.browser

MOST_STOPS = 150  # of the Tab key, on the longest page
HERE = "element => element === document.activeElement"


class Hands:
    """On the keyboard, and nowhere else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def to(self, target: Locator, *, key: str = "Tab") -> None:
        """By Tab alone, from wherever the focus is. Each stop is seen: it lies within the window."""
        expect(target).to_have_count(1)
        for _ in range(MOST_STOPS):
            self.press(key)
            if target.evaluate(HERE):
                return
        raise AssertionError(f"{target} is not reached")

    def open(self, target: Locator) -> None:
        self.to(target)
        self.press("Enter")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def menu(self, name: str) -> Locator:
        return self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (2400, 1600), "#2244cc").save(path)
    return path


def test_from_signing_in_to_signing_out(
    product: Product, watched: Callable[..., Watched], photo: Path
) -> None:
    tab = watched(viewport={"width": 1440, "height": 900})
    page = tab.page()
    hands = Hands(page)
    page.on("filechooser", lambda _: None)  # heard from the start: asked for later, it can come too late

    page.goto(f"{product.url}/accounts/login/")
    hands.press("Tab")
    expect(hands.link("Skip to content")).to_be_focused()
    hands.press("Enter")
    expect(page.locator("main")).to_be_focused()
    hands.to(page.get_by_label("E-mail"))
    hands.type("demo@pinsched.example")
    hands.to(page.get_by_label("Password", exact=True))
    hands.type("pinsched-demo")
    hands.press("Enter")
    page.wait_for_url(f"{product.url}/")

    # Connect. What the page says afterwards is said aloud.
    hands.open(hands.menu("Accounts"))
    hands.open(page.get_by_role("main").get_by_role("link", name="Connect an account"))
    hands.open(hands.button("Continue with Pinterest"))
    page.wait_for_url(re.compile("/oauth/"))
    hands.open(hands.button("Give access"))
    expect(page.locator("#announce")).to_contain_text("@alderandoat is connected")

    # Compose.
    hands.press("c")
    page.wait_for_url(re.compile("/pins/compose/"))
    expect(page.locator("[data-module]")).to_have_count(0)
    hands.to(page.locator("[data-files]"))
    with page.expect_file_chooser() as chooser:
        hands.press("Enter")
    chooser.value.set_files(photo)
    expect(page.locator("[data-media] img")).to_have_count(1)
    hands.to(page.locator("[data-choose]"))
    hands.press("Enter")
    hands.to(page.locator("[data-focal]"), key="Shift+Tab")
    hands.press("Shift+ArrowLeft", "ArrowLeft")
    expect(page.locator("#announce")).to_contain_text("38 percent from the left")
    hands.to(page.get_by_label("Title"))
    hands.type("Made without a mouse")
    hands.to(page.locator("[name=destination]"))
    hands.type("Home office ideas")
    hands.to(page.locator("[name=choice]:checked"))
    hands.press("ArrowDown", "ArrowDown")
    expect(page.get_by_role("radio", name="Date and time")).to_be_checked()
    hands.to(page.get_by_label("Date", exact=True))
    year = datetime.now(UTC).year + 1
    hands.type(f"0101{year}")
    hands.open(hands.button("Schedule"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Made without a mouse")

    # Found again in the queue, moved, and seen in the calendar.
    hands.open(hands.menu("Queue"))
    page.wait_for_url(re.compile("/pins/$"))
    hands.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    hands.type("without a mouse")
    hands.press("Enter")
    page.wait_for_url(re.compile("q=without"))
    hands.open(page.locator("a.pin-title"))
    hands.to(page.get_by_label("Date", exact=True))
    hands.type(f"0202{year}")
    hands.open(hands.button("Move"))
    expect(page.locator("#pin-state")).to_contain_text("2 Feb")
    hands.open(hands.menu("Calendar"))
    page.wait_for_url(re.compile("/calendar/"))
    hands.open(hands.link("Next month"))
    page.wait_for_url(re.compile(r"/calendar/\d+/\d+/"))
    month = datetime.now(UTC).month
    for _ in range(13 - month):  # to February: one step is done
        before = page.url
        hands.open(hands.link("Next month"))
        expect(page).not_to_have_url(before)
    hands.open(page.get_by_role("link", name=re.compile("Made without a mouse")))
    page.wait_for_url(re.compile(r"/pins/\d+/$"))

    # Numbers, as a table.
    page.goto(f"{product.url}/")
    expect(page.locator("[data-module]")).to_have_count(0)
    hands.open(page.get_by_text("Show as table"))
    expect(page.get_by_role("table")).to_be_visible()
    hands.press("Tab")
    expect(page.get_by_role("group", name="Impressions by day")).to_be_focused()

    # Settings; a wrong field is gone to; a question comes back to where it was asked.
    hands.open(hands.menu("Settings"))
    hands.open(hands.link("People"))
    page.wait_for_url(re.compile("/settings/members/"))
    hands.to(page.get_by_label("E-mail"))
    hands.type("not an address")
    tab.expected.add(422)
    hands.press("Enter")
    expect(page.locator("#id_email_error")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_be_focused()
    hands.open(hands.button("Leave"))
    question = page.get_by_role("dialog")
    expect(question).to_be_visible()
    for _ in range(4):
        hands.press("Tab")
        assert page.evaluate("document.activeElement.matches('body, dialog *')")
    hands.press("Escape")
    expect(question).to_be_hidden()
    expect(hands.button("Leave")).to_be_focused()

    # The account's menu.
    name = page.locator("summary", has_text="ID")
    hands.to(name, key="Shift+Tab")
    hands.press("ArrowDown")
    expect(hands.link("Profile")).to_be_focused()
    hands.press("ArrowUp")
    expect(hands.button("Sign out")).to_be_focused()
    hands.press("Home", "ArrowDown")
    expect(hands.link("Workspace settings")).to_be_focused()
    hands.press("Escape")
    expect(name).to_be_focused()
    expect(hands.link("Profile")).to_be_hidden()
    hands.press("Enter", "End", "Enter")
    page.wait_for_url(re.compile("/accounts/login/"))


def test_a_menu_closes_behind_the_focus(product: Product, watched: Callable[..., Watched]) -> None:
    page = watched(viewport={"width": 1440, "height": 900}).page()
    sign_in(page, product)
    hands = Hands(page)
    hands.to(page.locator("summary", has_text="ID"))
    hands.press("Enter", "End")
    expect(hands.button("Sign out")).to_be_focused()
    hands.press("Tab")
    expect(hands.button("Sign out")).to_be_hidden()


@pytest.mark.parametrize("height", [900, 420])
def test_what_has_the_focus_is_not_covered(
    height: int, product: Product, watched: Callable[..., Watched]
) -> None:
    """WCAG 2.4.11: neither by the masthead, nor the tab bar, nor a message."""
    page = watched(viewport={"width": 700, "height": height}).page()
    sign_in(page, product)
    look = Look(page)
    covered: list[str] = []
    for path in ("/", "/pins/", "/pins/compose/", "/settings/members/"):
        page.goto(f"{product.url}{path}")
        expect(page.locator("[data-module]")).to_have_count(0)
        for key in ("Tab", "Shift+Tab"):
            for _ in range(40):
                page.keyboard.press(key)
                covered += look.ask("covered")
    assert not covered


def test_single_keys_are_listed_and_can_be_switched_off(
    product: Product, watched: Callable[..., Watched]
) -> None:
    page = watched(viewport={"width": 1440, "height": 900}).page()
    sign_in(page, product)
    hands = Hands(page)
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    hands.press("?")
    expect(keys.get_by_text("New Pin")).to_be_visible()
    hands.press("Escape")
    expect(keys).to_be_hidden()

    try:
        page.goto(f"{product.url}/profile/")
        hands.to(page.get_by_role("checkbox", name="Keyboard shortcuts"))
        hands.press("Space")
        hands.open(hands.button("Save"))
        expect(page.locator("#announce")).to_contain_text("Your profile is saved")
        hands.press("?", "c", "/")
        expect(page.locator("body")).to_be_focused()
        expect(keys).to_be_hidden()
        expect(page).to_have_url(f"{product.url}/profile/")

        # The list stays where it is: in the menu. It says that they are off, and where they are switched on.
        name = page.locator("summary", has_text="ID")
        hands.to(name)
        hands.press("Enter")
        hands.open(hands.button("Keyboard shortcuts"))
        expect(keys.get_by_text("switched off")).to_be_visible()
        hands.press("Escape")
        expect(name).to_be_focused()
    finally:
        page.goto(f"{product.url}/profile/")
        page.get_by_role("checkbox", name="Keyboard shortcuts").check()
        hands.button("Save").click()
        expect(page.locator("body:not([data-shortcuts])")).to_have_count(1)
    hands.press("c")
    page.wait_for_url(re.compile("/pins/compose/"))
