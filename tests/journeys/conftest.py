"""A real browser, and a real server on a free port with a data directory of its own."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, sync_playwright

from tests.doubles.site import Site

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


# Playwright keeps its event loop running in this thread: it must be gone before the next file's tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def start_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Site]]:
    """Starts a server with these settings; all are ended with the tests."""
    sites: list[Site] = []

    def start(**settings: str) -> Site:
        site = Site(tmp_path_factory.mktemp("site"), **{"DEMO_PACE": "150", **settings})
        sites.append(site)
        return site.start()

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
