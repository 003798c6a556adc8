"""A real browser, and a real server on a free port with a data directory of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys want a browser; on one worker, since each starts a server and a browser."""
    without = pytest.mark.skip(reason="no chromium on this machine")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group(f"browser-{item.path.name}"))
            if not chromium():
                item.add_marker(without)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        running.close()


@dataclass
class Site:
    """A running server. `stop` and `start` may be used in between; the data stays."""

    data: Path
    port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        log = (self.data / "server.log").open("ab")
        command = [sys.executable, "manage.py", "serve"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=log, stderr=log
        )
        self._wait_until_it_answers()

    def stop(self, how: int = signal.SIGTERM) -> None:
        assert self.process
        self.process.send_signal(how)
        self.process.wait(40)

    def command(self, *words: str, **environment: str) -> str:
        """Run a manage.py command on this site's data."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def said(self) -> str:
        return (self.data / "server.log").read_text("utf-8", errors="replace")

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            assert self.process
            assert self.process.poll() is None, self.said()
            try:
                urllib.request.urlopen(self.address, timeout=5).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"the server does not answer: {self.said()}")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="session")
def start_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """Starts a server with these settings; all are ended with the tests."""
    sites: list[Site] = []

    def start(**settings: str) -> Site:
        data, port = tmp_path_factory.mktemp("site"), free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        own = {"DATA_DIR": str(data), "PORT": str(port), "HOST": "127.0.0.1", "DEMO_PACE": "150"}
        site = Site(data, port, kept | own | settings)
        sites.append(site)
        site.start()
        return site

    yield start
    for site in sites:
        if site.process and site.process.poll() is None:
            site.stop()


@pytest.fixture(scope="session")
def site(start_site: Callable[..., Site]) -> Site:
    """The site that most journeys share: the demo engine answers, guests are welcome."""
    return start_site()


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a page in a fresh browser; at the end no page may have had an error."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def opened(
        language: str = "en",
        viewport: dict[str, int] = DESKTOP,
        context: BrowserContext | None = None,
        **options: Any,
    ) -> Page:
        if context is None:
            size: Any = viewport
            context = browser.new_context(
                base_url=site.address, locale=language, viewport=size, **options
            )
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", lambda failed: lost(failed, troubles))
        page.on("response", lambda answer: missing(answer, troubles))
        page.on("console", lambda said: troubles.append(said.text) if refused(said.text) else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


def lost(request: Request, troubles: list[str]) -> None:
    """A file of the page's own that did not load."""
    if "/static/" in request.url and "ERR_ABORTED" not in (request.failure or ""):
        troubles.append(f"{request.url} {request.failure}")


def missing(answer: Response, troubles: list[str]) -> None:
    if "/static/" in answer.url and answer.status >= 400:
        troubles.append(f"{answer.url} {answer.status}")


def refused(words: str) -> bool:
    """A console message that means the page broke its own policy."""
    return bool(re.search("Content Security Policy|Refused to", words))
