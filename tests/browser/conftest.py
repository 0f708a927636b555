"""The product as `make run` starts it, and a browser that complains of everything."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_WITHIN = 180  # seconds; the first start draws the demo's pictures
# What the product starts itself when the environment doesn't name it.
OURS = {
    "BASE_URL",
    "DATABASE_URL",
    "PINTEREST_APP_ID",
    "PINTEREST_APP_SECRET",
    "REDIS_URL",
    "SECRET_KEY",
    "TOKEN_ENCRYPTION_KEYS",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("chromium") is None:
        for item in items:
            if "tests/browser" in item.nodeid:
                item.add_marker(
                    pytest.mark.skip(reason="Debian's Chromium is missing: apt-get install chromium")
                )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@dataclass
class Product:
    url: str
    home: Path
    environment: dict[str, str]

    def manage(self, *words: str) -> str:
        """`manage.py` against the same database, as an operator would run it."""
        home = self.home / "simulator"
        simulator = int(self.url.rpartition(":")[2]) + 100
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment
            | dict(line.split("=", 1) for line in (home / "keys.env").read_text().split())
            | {
                "DATABASE_URL": f"sqlite:///{home / 'pinsched.sqlite3'}",
                "MEDIA_ROOT": str(home / "media"),
                "SIMULATOR": "1",
                "PINTEREST_APP_ID": "simulator",
                "PINTEREST_APP_SECRET": "simulator-secret",
                "PINTEREST_API_URL": f"http://localhost:{simulator}/v5",
                "DEBUG": "0",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    home = tmp_path_factory.mktemp("product")
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if key not in OURS}
    log = home / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pinsched.run"],
            cwd=ROOT,
            env=environment | {"PINSCHED_HOME": str(home), "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        url = f"http://localhost:{port}"
        until = time.monotonic() + START_WITHIN
        while not _is_ready(url):
            assert process.poll() is None, log.read_text()[-5000:]
            assert time.monotonic() < until, log.read_text()[-5000:]
            time.sleep(0.2)  # between two looks, not instead of one
        yield Product(url, home, environment)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0, log.read_text()[-5000:]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield found
        found.close()


@dataclass
class Watched:
    """A context whose every page is watched; what went wrong is told at the end of the test."""

    context: BrowserContext
    expected: set[int] = field(default_factory=set)  # statuses that this test provokes on purpose
    wrong: list[str] = field(default_factory=list)

    def page(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("response", self._response)
        return page

    def _console(self, message: Any) -> None:
        # A refused request is told by its status, below.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrong.append(f"console: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.wrong.append(f"{response.status} {response.url}")


@pytest.fixture
def watched(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """watched(viewport=…, color_scheme=…): a new context. CSP violations are console errors in Chromium."""
    made: list[Watched] = []

    def make(**options: Any) -> Watched:
        settings = {"locale": "en-GB", "timezone_id": "Europe/Lisbon", "reduced_motion": "reduce"} | options
        made.append(Watched(browser.new_context(**settings)))
        return made[-1]

    yield make
    wrong = [line for one in made for line in one.wrong]
    for one in made:
        one.context.close()
    assert not wrong, wrong


def sign_in(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/accounts/login/")
    page.fill("[name=login]", "demo@pinsched.example")
    page.fill("[name=password]", "pinsched-demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{product.url}/")
