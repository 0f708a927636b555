"""What readers ask of their system: less motion, their own few colours, passwords that are pasted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Product, Watched, sign_in
from tests.browser.look import Look

pytestmark = pytest.mark.browser

PASTE = """
fields => fields.map(field => field.dispatchEvent(
  new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData: new DataTransfer()})))
"""
PAGES = ("/", "/pins/", "/pins/?layout=table", "/pins/compose/", "/settings/members/", "/profile/")


def with_everything_that_moves(page: Page) -> None:
    """A message, a question and a waiting button, as they come up while one works."""
    page.evaluate(
        """() => {
            const toast = document.getElementById("toast-ok").content.firstElementChild.cloneNode(true);
            document.getElementById("toasts").append(toast);
            document.getElementById("confirm").showModal();
            const spinner = document.createElement("span");
            spinner.className = "loading loading-spinner";
            document.querySelector("main").append(spinner);
        }"""
    )


@pytest.mark.parametrize("wish", ["reduce", "no-preference"])
def test_nothing_moves_for_those_who_ask_for_it(
    wish: str, product: Product, watched: Callable[..., Watched]
) -> None:
    page = watched(reduced_motion=wish, viewport={"width": 1440, "height": 900}).page()
    sign_in(page, product)
    look = Look(page)
    found: list[str] = []
    for path in PAGES:
        page.goto(f"{product.url}{path}")
        expect(page.locator("[data-module]")).to_have_count(0)
        with_everything_that_moves(page)
        found += look.ask("moving")
    if wish == "reduce":
        assert not found
    else:
        assert any("toast" in one for one in found)
        assert any("loading" in one for one in found)


def test_the_readers_own_colours_leave_nothing_out(product: Product, watched: Callable[..., Watched]) -> None:
    """Contrast themes take away all grounds and shadows: focus and the present place are still seen."""
    page = watched(forced_colors="active", viewport={"width": 1440, "height": 900}).page()
    sign_in(page, product)
    look = Look(page)
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(f"{product.url}{path}")
        expect(page.locator("[data-module]")).to_have_count(0)
        if found := look.contrast():
            wrong[path] = found
    assert not wrong


def test_lines_of_a_chart_differ_without_colours(product: Product, watched: Callable[..., Watched]) -> None:
    page = watched(viewport={"width": 1440, "height": 900}).page()
    sign_in(page, product)
    lines = page.evaluate("JSON.parse(document.getElementById('home-chart').textContent).series")
    drawn = [bool(line.get("dashed")) for line in lines if not line.get("table_only")]
    assert sorted(drawn) == [False, True]
    keys = page.locator(".key i")
    styles = keys.evaluate_all("marks => marks.map(mark => getComputedStyle(mark).borderTopStyle)")
    assert sorted(styles) == ["dashed", "solid"]


def test_a_password_may_be_pasted_and_be_filled_in(product: Product, watched: Callable[..., Watched]) -> None:
    page = watched().page()
    for path, autocompletes in (
        ("/accounts/login/", {"email", "current-password"}),
        ("/accounts/signup/", {"email", "new-password"}),
    ):
        page.goto(f"{product.url}{path}")
        fields = page.locator("main input:not([type=hidden], [type=checkbox])")
        told = fields.evaluate_all("fields => fields.map(field => field.autocomplete)")
        assert autocompletes <= set(told)
        assert all(fields.evaluate_all(PASTE))
