"""Each page, phone to desktop, light and dark: nothing scrolls sideways, and axe finds nothing serious."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ROOT, Product, Watched, sign_in

pytestmark = pytest.mark.browser

PATHS = (
    "/",
    "/pins/",
    "/pins/?layout=table",
    "/pins/?q=nothing-like-this",
    "/pins/compose/",
    "/pins/calendar/",
    "/accounts/",
    "/accounts/connect/",
    "/accounts/1/",
    "/settings/",
    "/profile/",
    "/simulator/mails/",
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTH = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth"


def serious(page: Page, axe: str) -> list[str]:
    """axe's findings that keep somebody out. Evaluated, not added as a script: the CSP forbids that."""
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate(
        "rules => axe.run({runOnly: rules}).then(result => result.violations)", RULES
    )
    return [
        f"{one['id']}: {one['nodes'][0]['target']}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_fits_and_is_accessible(
    width: int, theme: str, product: Product, watched: Callable[..., Watched]
) -> None:
    axe = (Path(ROOT) / "node_modules/axe-core/axe.min.js").read_text()
    page = watched(viewport={"width": width, "height": 900}, color_scheme=theme).page()
    sign_in(page, product)
    pin = page.locator("a[href^='/pins/']:not([href*=compose]):not([href*=calendar])").last
    wrong: dict[str, object] = {}
    for path in (*PATHS, pin.get_attribute("href") or "/pins/1/"):
        page.goto(f"{product.url}{path}")
        page.evaluate("document.fonts.ready")
        if (over := page.evaluate(WIDTH)) > 0:
            wrong[path] = f"{over} px sideways"
        if found := serious(page, axe):
            wrong[path] = found
    assert not wrong
