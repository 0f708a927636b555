"""Pictures that aren't there: what stands in their place fits, and nobody's focus is lost with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Product, Watched, sign_in
from tests.browser.look import Look

pytestmark = pytest.mark.browser

ADDRESS = "https://nowhere.invalid/a-picture-of-a-long-name.jpg"


def compose(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/pins/compose/")
    expect(page.locator(".composer.is-live")).to_be_visible()  # its script listens


def add(page: Page, product: Product) -> None:
    """A picture by an address that nobody answers at, noted in a draft."""
    compose(page, product)
    page.get_by_label("Or the address of an image").fill(ADDRESS)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("button", name="Fetch again")).to_be_visible()
    page.wait_for_url("**/pins/compose/?batch=*")


@pytest.mark.parametrize("width", [390, 1440])
def test_a_picture_that_cannot_be_fetched(
    width: int, product: Product, watched: Callable[..., Watched]
) -> None:
    page = watched(viewport={"width": width, "height": 900}).page()
    look = Look(page)
    sign_in(page, product)
    add(page, product)
    assert look.everything() == []
    again = page.get_by_role("button", name="Fetch again")
    again.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-choose]")).to_be_focused()  # the button has gone until it failed again
    page.goto(f"{product.url}/pins/{page.url.rpartition('batch=')[2]}/")
    expect(page.get_by_text("No server answers to the name nowhere.invalid.")).to_be_visible()
    assert look.everything() == []


def test_a_refused_file_of_a_long_name(product: Product, watched: Callable[..., Watched]) -> None:
    tab = watched(viewport={"width": 390, "height": 900}, is_mobile=True, has_touch=True)
    tab.expected.add(422)
    page = tab.page()
    sign_in(page, product)
    compose(page, product)
    page.set_input_files(
        "[data-files]", {"name": "a" * 180 + ".jpg", "mimeType": "image/jpeg", "buffer": b"rubbish"}
    )
    expect(page.locator("[data-state]")).to_contain_text("This file is not a picture.")
    assert Look(page).layout() == []


def test_a_pin_without_a_picture_has_its_place_among_the_next_days(
    product: Product, watched: Callable[..., Watched]
) -> None:
    page = watched(viewport={"width": 1440, "height": 900}).page()
    sign_in(page, product)  # the demo's save has no picture before it is out
    (picture,) = page.locator(".mini a:has(img)").all()[:1]
    place = page.locator(".mini a > .gap")
    expect(place).to_have_count(1)
    expected, found = picture.bounding_box(), place.bounding_box()
    assert expected is not None
    assert found is not None
    assert found["width"] == pytest.approx(expected["width"], abs=1)
