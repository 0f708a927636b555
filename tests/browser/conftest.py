"""The product as `make run` starts it, and a browser that complains of everything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test.testcases import LiveServerThread, _StaticFilesHandler
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.ports import free_port
from tests.support.processes import children, command, environment, is_alive
from tests.support.waiting import PATIENCE

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
START_WITHIN = 2 * PATIENCE  # the first start draws the demo's pictures
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
    missing = shutil.which("chromium") is None
    for item in items:
        if missing and "tests/browser" in item.nodeid:
            reason = "Debian's Chromium is missing: apt-get install chromium"
            item.add_marker(pytest.mark.skip(reason=reason))


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@dataclass
class Product:
    url: str
    process: int
    log: Path

    @cached_property
    def environment(self) -> dict[str, str]:
        """What `make run` gives its processes."""
        (worker,) = [pid for pid in children(self.process) if command(pid).endswith("-m pinsched.worker")]
        return environment(worker)

    def manage(self, *words: str) -> str:
        """`manage.py` in the environment of the running product."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def posted(self, title: str) -> list[dict[str, Any]]:
        """The Pins of this title that the simulator has, whoever made them."""
        root = self.environment["PINTEREST_API_URL"].removesuffix("/v5")
        with urllib.request.urlopen(f"{root}/_control/pins", timeout=PATIENCE) as answer:
            return [pin for pin in json.load(answer)["pins"] if pin["title"] == title]


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Started as `make run` does, in an empty folder; after SIGTERM nothing of it may be left."""
    home = tmp_path_factory.mktemp("product")
    port = free_port()
    inherited = {key: value for key, value in os.environ.items() if key not in OURS}
    log = home / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pinsched.run"],
            cwd=ROOT,
            env=inherited | {"PINSCHED_HOME": str(home), "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://localhost:{port}"
        until = time.monotonic() + START_WITHIN
        while not _is_ready(url):
            assert process.poll() is None, log.read_text()[-5000:]
            assert time.monotonic() < until, log.read_text()[-5000:]
            time.sleep(0.2)  # between two looks, not instead of one
        yield Product(url, process.pid, log)
    finally:
        family = children(process.pid)
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=PATIENCE)
    told = log.read_text()
    assert code == 0, told[-5000:]
    assert not {pid: command(pid) for pid in family if is_alive(pid)}
    assert "Traceback" not in told, told[told.index("Traceback") - 500 :][:5000]
    # What a worker stands on while it finishes.
    assert told.index("worker stopped") < min(told.index("redis stopped"), told.index("simulator stopped"))
    for secret in ("pina_", "pinr_", "simulator-secret"):
        assert secret not in told


@pytest.fixture
def address(transactional_db: None) -> Iterator[str]:
    """The product in a thread, with the built assets. Passkeys belong to a host name, not to an IP."""
    cache.clear()
    server = LiveServerThread("localhost", _StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert server.error is None, server.error
    yield f"http://localhost:{server.port}"
    server.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE * 1000)
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
        made[-1].context.set_default_timeout(PATIENCE * 1000)
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
