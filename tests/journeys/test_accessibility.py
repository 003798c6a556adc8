"""Every page is read by axe (WCAG 2.2 A and AA, and best practice), at both sizes, by day and night."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import DESKTOP, PHONE, Site

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent.parent / "vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DOOR = ["/", "/accounts/login/", "/accounts/signup/", "/first-run/", "/nothing/here/"]
INSIDE = [
    "/",
    "/?q=nobody-of-this-name",
    "/settings/",
    "/personas/",
    "/keep/",
    "/accounts/logout/",
    "/chats/",
]
# Both sizes, both themes and both languages in two looks.
LOOKS = [
    pytest.param(
        {"viewport": DESKTOP, "color_scheme": "light", "language": "zh-CN"}, id="desk-day"
    ),
    pytest.param({"viewport": PHONE, "color_scheme": "dark", "language": "en"}, id="phone-night"),
]


def go_in(page: Page) -> None:
    """As a guest, by the button on the landing page."""
    page.goto("/")
    page.locator(".land__cta button").click()
    page.wait_for_url("**/chats/*/")


def faults(page: Page, address: str) -> list[str]:
    page.goto(address)
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    return [
        f"{address} {fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_at_the_door(site: Site, open_page: Callable[..., Page], look):
    page = open_page(**look, bypass_csp=True)
    assert [fault for address in DOOR for fault in faults(page, address)] == []


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_inside(site: Site, open_page: Callable[..., Page], look):
    page = open_page(**look, bypass_csp=True)
    go_in(page)
    chat = page.url
    page.goto("/")
    character = page.locator(".card a").first.get_attribute("href")
    assert character
    addresses = [*INSIDE, character, chat]
    assert [fault for address in addresses for fault in faults(page, address)] == []


def test_axe_finds_nothing_in_the_ai_notice(site: Site, open_page: Callable[..., Page]):
    """The notice itself is plain markup: it is read where it is shown."""
    page = open_page(bypass_csp=True)
    page.goto("/")
    character = page.locator(".card a").first.get_attribute("href")
    page.goto(character or "")
    page.locator(".charpage__cta button").click()
    page.wait_for_url("**/chats/*/")
    assert page.locator("dialog[open]").count() == 1
    assert faults(page, page.url) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280])
def test_no_page_scrolls_sideways(site: Site, open_page: Callable[..., Page], width):
    page = open_page(viewport={"width": width, "height": 800})
    wide = []
    for address in DOOR:
        page.goto(address)
        wide += [address] if is_too_wide(page) else []
    go_in(page)
    for address in [page.url, *INSIDE]:
        page.goto(address)
        wide += [address] if is_too_wide(page) else []
    assert wide == []


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize("address", ["/", "/settings/", "/personas/"])
def test_fingers_find_what_they_aim_at(site: Site, open_page: Callable[..., Page], address):
    """Whatever can be tapped is at least 44 pixels high where there is no mouse, growth included."""
    page = open_page(viewport=PHONE, has_touch=True, is_mobile=True)
    go_in(page)
    page.goto(address)
    small = page.evaluate(
        """() => [...document.querySelectorAll('main a, main button, main select, main label:not(.vh), .tabs a')]
            .filter(e => e.checkVisibility() && !e.closest('p, .note, h1, h2, h3, .field'))
            .map(e => [e, e.getBoundingClientRect()])
            .filter(([e, box]) => {
              const grown = getComputedStyle(e, '::after');
              const more = grown.content === 'none' ? 0 : -2 * parseFloat(grown.insetBlockStart || 0);
              return box.height + Math.max(0, more || 0) < 43.5;
            })
            .map(([e]) => e.outerHTML.slice(0, 120))"""
    )
    assert small == []


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_jumps_while_a_page_appears(site: Site, open_page: Callable[..., Page], look):
    page = open_page(**look)
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries()"
        ".forEach(e => { window.shift += e.value; }))"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    go_in(page)
    shifts = {}
    for address in ["/", "/settings/", "/personas/", "/chats/"]:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        shifts[address] = page.evaluate("window.shift")
    assert shifts == dict.fromkeys(shifts, 0)
