"""What can be seen to be wrong with the page that is open: by axe, and by our own look.js."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from playwright.sync_api import CDPSession, Page

from tests.browser.conftest import ROOT

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOK: Final = (ROOT / "tests/browser/look.js").read_text()
AXE: Final = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
NORMAL: Final = {"standard": 16, "fixed": 13}  # px, as Chromium begins
DOUBLE: Final = {"standard": 32, "fixed": 26}


class Look:
    """Scripts are evaluated, not added: the CSP forbids that."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @cached_property
    def devtools(self) -> CDPSession:
        return self.page.context.new_cdp_session(self.page)

    def everything(self) -> list[str]:
        return [*self.axe(), *self.layout(), *self.ask("unsaid", "unmarked")]

    def axe(self) -> list[str]:
        """Nothing is let through, however mild axe thinks it is."""
        self.page.evaluate(AXE)
        found: list[dict[str, Any]] = self.page.evaluate(
            """tags => axe.run({runOnly: tags, rules: {"target-size": {enabled: true}}})
                .then(result => result.violations)""",
            RULES,
        )
        return [f"{one['id']}, {one['impact']}: {one['nodes'][0]['target']}" for one in found]

    def layout(self) -> list[str]:
        return self.ask("sideways", "cutOff", "overlaps")

    def contrast(self) -> list[str]:
        """What must be told by lines where there are no grounds."""
        return self.ask("unmarked", "unsaid", "unlined")

    def reflowed(self, width: int, height: int) -> list[str]:
        """The layout in a smaller window: what zooming in comes to."""
        before = self.page.viewport_size
        assert before is not None
        self.page.set_viewport_size({"width": width, "height": height})
        found = [f"{line} (at {width} px)" for line in self.layout()]
        self.page.set_viewport_size(before)
        return found

    def large_print(self) -> list[str]:
        """The layout with the browser's own text size doubled, the window as it is."""
        self.devtools.send("Page.setFontSizes", {"fontSizes": DOUBLE})
        assert self.page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        found = [f"{line} (in large print)" for line in self.layout()]
        self.devtools.send("Page.setFontSizes", {"fontSizes": NORMAL})
        return found

    def ask(self, *questions: str) -> list[str]:
        """What look.js answers to these."""
        # After a frame: what watches sizes (the masonry, a chart) has had its turn.
        found: list[str] = self.page.evaluate(
            f"""questions => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {{
                const look = {LOOK};
                done(questions.flatMap(question => look[question]()));
            }})))""",
            list(questions),
        )
        return found
