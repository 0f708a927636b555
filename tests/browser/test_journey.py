"""What a newcomer does on the first day, in a real browser, through everything that `make run` starts."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Product, Watched, sign_in
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.browser

PASSWORD = "a-phrase-of-four-words"

DROP = """
(area, [name, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  for (const kind of ["dragenter", "dragover", "drop"])
    area.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
}
"""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Wide: red on the left, blue on the right, so that the crop is seen."""
    picture = Image.new("RGB", (2400, 1600), "#2244cc")
    picture.paste("#cc2222", (0, 0, 1200, 1600))
    path = tmp_path / "two-colours.jpg"
    picture.save(path, quality=90)
    return path


def png() -> list[int]:
    out = io.BytesIO()
    Image.new("RGB", (400, 600), "#1d5a33").save(out, "PNG")
    return list(out.getvalue())


def sign_up(page: Page, product: Product, email: str) -> None:
    page.goto(f"{product.url}/accounts/signup/")
    page.fill("[name=email]", email)
    page.fill("[name=password1]", PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    page.goto(f"{product.url}/simulator/mails/")
    page.locator("main li a", has_text="Confirm your e-mail address").first.click()
    link = re.search(r"http://localhost:\d+/accounts/confirm-email/\S+", page.inner_text("main"))
    assert link is not None
    page.goto(link.group(0))
    page.locator("main form button").first.click()
    page.wait_for_url(f"{product.url}/")


def connect(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/accounts/connect/")
    page.get_by_role("button", name="Continue with Pinterest").click()
    page.wait_for_url(re.compile("/oauth/"))


def test_from_sign_up_to_the_first_numbers(
    product: Product, watched: Callable[..., Watched], photo: Path
) -> None:
    tab = watched(viewport={"width": 1440, "height": 900})
    page = tab.page()
    sign_up(page, product, "newcomer@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("Three steps to your first Pin")
    page.get_by_role("button", name="Yes, Lisbon").click()
    expect(page.get_by_role("button", name="Yes, Lisbon")).to_have_count(0)

    # Refused first: plain words, and nothing connected.
    connect(page, product)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#toasts")).to_contain_text("no account was connected")
    connect(page, product)
    page.get_by_role("button", name="Give access").click()
    expect(page.locator("#toasts")).to_contain_text("@alderandoat is connected")
    expect(page.get_by_text("Home office ideas").first).to_be_visible(timeout=30_000)

    # Compose: one file chosen, one dropped; words, counter, focal point; saved by itself.
    page.goto(f"{product.url}/pins/compose/")
    page.set_input_files("[data-files]", str(photo))
    expect(page.locator("[data-media]")).to_have_count(1)
    page.locator("[data-drop]").evaluate(DROP, ["dropped.png", png()])
    expect(page.locator("[data-media]")).to_have_count(2)
    expect(page.locator("[data-media] img")).to_have_count(2)  # both are prepared
    page.fill("[name=title]", "x" * 108)
    expect(page.locator("[data-count-for=id_title]")).to_have_text("8 over")
    page.fill("[name=title]", "Two colours, one wall")
    expect(page.locator("[data-out=title]")).to_have_text("Two colours, one wall")
    page.locator("[data-remove-media]").last.click()
    expect(page.locator("[data-media]")).to_have_count(1)
    page.locator("[data-choose]").click()
    page.locator("[data-focal]").focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowLeft")
    page.fill("[name=link]", "https://example.com/two-colours")
    page.select_option("[name=destination]", label="Home office ideas")
    expect(page.locator("[data-save-state]").first).to_contain_text("Draft saved")
    expect(page).to_have_url(re.compile(r"batch=\d+"))
    page.reload()
    expect(page.locator("[name=title]")).to_have_value("Two colours, one wall")

    # Publish, and watch it happen without touching the page.
    page.check("[name=choice][value=now]")
    page.get_by_role("button", name="Publish now").click()
    expect(page.locator("#pin-state")).to_contain_text("Published Today")
    expect(page.locator("ol")).to_contain_text("Pinterest answered 201")
    shown = page.locator("figure img").get_attribute("src")
    cookies = {c["name"]: c["value"] for c in tab.context.cookies()}
    jpeg = requests.get(f"{product.url}{shown}", cookies=cookies, timeout=PATIENCE).content
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    assert picture.size == (1000, 1500)
    red, _, blue = picture.getpixel((500, 750))  # type: ignore[misc]
    assert red > 150 > 80 > blue  # the crop followed the focal point

    # Pinterest has it once, as it was shown here.
    (posted,) = product.posted("Two colours, one wall")
    assert (posted["width"], posted["height"]) == (1000, 1500)
    assert posted["link"] == "https://example.com/two-colours"

    # The first numbers, and where they are shown.
    assert "Pins read" in product.manage("pull_metrics", "--all")
    page.reload()
    expect(page.get_by_role("heading", name="Numbers")).to_be_visible()
    page.goto(f"{product.url}/pins/")
    expect(page.get_by_text("Two colours, one wall")).to_be_visible()


def test_the_composer_works_without_scripts(
    product: Product, watched: Callable[..., Watched], photo: Path
) -> None:
    page = watched(java_script_enabled=False).page()
    sign_in(page, product)
    page.goto(f"{product.url}/pins/compose/")
    page.set_input_files("[name=files]", str(photo))
    page.fill("[name=title]", "Without scripts")
    page.select_option("[name=destination]", index=1)
    page.check("[name=choice][value=now]")
    page.locator(".actionbar button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Without scripts")
    for _ in range(60):
        page.reload()
        if "Published Today" in page.inner_text("#pin-state"):
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.inner_text("#pin-state"))


def test_a_script_beside_make_run_needs_no_settings_of_its_own(product: Product) -> None:
    """`manage.py` in another shell finds the database and the keys; the token opens the API."""
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "create_api_token", "demo@pinsched.example"],
        cwd=ROOT,
        env=bare | {"PINSCHED_HOME": str(product.log.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    token = done.stdout.splitlines()[-1]
    answer = requests.get(
        f"{product.url}/api/v1/accounts", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE
    )
    assert {account["username"] for account in answer.json()["items"]} == {"alderandoat", "northlightstudio"}
