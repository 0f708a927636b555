"""A picture is fitted, seen before and after, scheduled, and cropped again while it waits."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Product, Watched, sign_in
from tests.support import image_corpus
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.browser


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """As a phone writes it, in a format that the browser itself can't show: red left, blue right."""
    picture = Image.new("RGB", (1800, 1200), "#2222cc")
    picture.paste("#cc2222", (0, 0, 900, 1200))
    path = tmp_path / "two-colours.heic"
    path.write_bytes(image_corpus.encoded(picture, "HEIF"))
    return path


def result(page: Page) -> str:
    """The address of the picture that "after" shows, once it is the one that the server prepared."""
    expect(page.locator("[data-stage] [data-after].is-prepared")).to_be_visible()
    return page.locator("[data-stage] [data-result]").get_attribute("src") or ""


def colour(page: Page, product: Product, address: str, at: tuple[int, int]) -> tuple[int, int, int]:
    cookies = {c["name"]: c["value"] for c in page.context.cookies() if "name" in c and "value" in c}
    jpeg = requests.get(f"{product.url}{address}", cookies=cookies, timeout=PATIENCE).content
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    assert picture.size == (1000, 1500)
    return picture.getpixel(at)  # type: ignore[return-value]  # RGB


def test_fit_then_schedule_then_crop_again(
    product: Product, watched: Callable[..., Watched], photo: Path
) -> None:
    page = watched(viewport={"width": 1440, "height": 1000}).page()
    sign_in(page, product)
    page.goto(f"{product.url}/pins/compose/")
    page.set_input_files("[data-files]", str(photo))
    expect(page.locator(".picture-thumb img")).to_have_count(1)
    first = result(page)
    # The button that takes a picture out sits on its corner, so that the fit stands right below the picture.
    thumb, remove, fit = (
        page.locator(css).bounding_box() for css in (".picture-thumb img", ".picture-remove", ".picture-fit")
    )
    assert thumb
    assert remove
    assert fit
    assert remove["y"] < thumb["y"] < remove["y"] + remove["height"]
    assert fit["y"] - (thumb["y"] + thumb["height"]) < 24

    # The whole picture on a colour: drawn at once, then as prepared, without loading the page.
    page.get_by_text("Whole, colour").click()
    expect(page.locator("[data-frame]")).to_be_hidden()
    page.locator("[data-pad-color]").fill("#208040")
    expect(page.locator("[data-stage] [data-after]")).to_have_css("background-color", "rgb(32, 128, 64)")
    page.fill("[name=title]", "Fitted, then cropped")
    page.select_option("[name=destination]", index=1)
    expect(page.locator("[data-save-state]").first).to_contain_text("Draft saved")
    padded = result(page)
    assert padded != first
    red, green, blue = colour(page, product, padded, (500, 60))
    assert max(abs(red - 32), abs(green - 128), abs(blue - 64)) < 9

    # Scheduled, then opened again: cropped around the left, by keys.
    page.check("[name=choice][value=at]")
    page.fill("[name=date]", f"{datetime.now() + timedelta(days=3):%Y-%m-%d}")  # noqa: DTZ005  # any day to come
    page.fill("[name=time]", "12:00")
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.locator("#pin-state")).to_contain_text("Scheduled")
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.locator("[data-fit][value=color]")).to_be_checked()
    page.get_by_text("Crop", exact=True).click()
    expect(page.locator("[data-frame]")).to_be_visible()
    page.locator("[data-focal]").focus()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowLeft")
    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.locator("#pin-state")).to_contain_text("Scheduled")
    page.get_by_role("link", name="Edit", exact=True).click()
    cropped = result(page)
    red, _, blue = colour(page, product, cropped, (500, 750))
    assert red > 150 > 80 > blue


def test_the_fit_can_be_chosen_without_scripts(
    product: Product, watched: Callable[..., Watched], photo: Path
) -> None:
    page = watched(java_script_enabled=False).page()
    sign_in(page, product)
    page.goto(f"{product.url}/pins/compose/")
    page.set_input_files("[name=files]", str(photo))
    page.fill("[name=title]", "Fitted without scripts")
    page.select_option("[name=destination]", index=1)
    page.locator(".actionbar button").click()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_text("Whole, blurred").click()
    page.locator(".actionbar button").click()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.locator("[data-fit][value=blur]")).to_be_checked()
