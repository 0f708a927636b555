"""A live Pin is changed and deleted on Pinterest, in a real browser, by the workers of `make run`."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Product, Watched, sign_in
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.browser


def open_a_published_pin(page: Page, product: Product) -> None:
    """In the middle of the page: other tests look at its ends."""
    page.goto(f"{product.url}/pins/?status=published")
    pins = page.locator("main a[href^='/pins/']:not([href*='?'])")
    pins.nth(pins.count() // 2).click()
    expect(page.get_by_role("link", name="Edit on Pinterest")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_live_pin_is_changed_and_then_deleted(
    scripts: bool, product: Product, watched: Callable[..., Watched]
) -> None:
    tab = watched(java_script_enabled=scripts)
    tab.expected.add(422)
    page = tab.page()
    sign_in(page, product)
    open_a_published_pin(page, product)
    title = f"Changed with{'' if scripts else 'out'} scripts"

    page.get_by_role("link", name="Edit on Pinterest").click()
    page.fill("[name=title]", title)
    page.fill("[name=link]", "https://bit.ly/x")
    page.get_by_role("button", name="Change it on Pinterest").click()
    expect(page.get_by_text("shortened by bit.ly")).to_be_visible()
    page.fill("[name=link]", "https://example.com/changed")
    page.get_by_role("button", name="Change it on Pinterest").click()
    page.wait_for_url(re.compile(r"/pins/\d+/$"))
    # A page that is drawn as the change is settled may say both that it is done and that it is on its way.
    delete = page.get_by_role("link", name="Delete from Pinterest")
    until(
        page,
        scripts,
        lambda: page.get_by_role("heading", level=1).inner_text() == title and delete.is_visible(),
    )
    (there,) = product.posted(title)
    assert there["link"] == "https://example.com/changed"
    expect(page.locator("ol")).to_contain_text("Change on Pinterest: done")

    delete.click()
    page.get_by_role("button", name="Delete from Pinterest").click()
    until(page, scripts, lambda: page.url == f"{product.url}/pins/")
    expect(page.locator("#toasts")).to_contain_text("Its numbers are kept.")
    assert product.posted(title) == []


def until(page: Page, scripts: bool, holds: Callable[[], bool]) -> None:
    """The page moves by itself where it can; elsewhere somebody loads it again."""
    for _ in range(int(PATIENCE) * 2):
        if holds():
            return
        page.wait_for_timeout(500)
        if not scripts:
            page.reload()
    raise AssertionError(page.inner_text("main"))
