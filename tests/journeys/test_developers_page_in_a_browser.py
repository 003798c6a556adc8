"""The page for programmers as it is read: on a desk and on a phone, by day and night, in both languages."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Site

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent.parent / "vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGE = "/developers/"
LOOKS = [
    pytest.param(
        {"viewport": size, "color_scheme": scheme, "language": language},
        id=f"{name}-{scheme}-{language}",
    )
    for name, size in (("desk", DESKTOP), ("phone", PHONE))
    for scheme in ("light", "dark")
    for language in ("zh-CN", "en")
]
# Boxes whose content is wider than they are, and how they let it be reached.
WIDE = """() => [...document.querySelectorAll('main *')]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && !e.matches('.vh, .vh *')
        && getComputedStyle(e).display !== 'inline')
    .map(e => [e.localName, getComputedStyle(e).overflowX, e.tabIndex])"""
SIDEWAYS = """() => [document.documentElement, document.querySelector('main')]
    .some(e => e.scrollWidth > e.clientWidth)"""


@pytest.fixture
def reading(site: Site, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the page in a fresh browser."""

    def opened(**look: object) -> Page:
        page = open_page(**look)
        page.goto(PAGE)
        return page

    return opened


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing(reading, look):
    page = reading(**look, bypass_csp=True)
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    assert [
        f"{fault['id']}: {node['target']} {node['html'][:160]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ] == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440])
def test_code_scrolls_inside_its_own_box_and_the_page_does_not(reading, width):
    page = reading(viewport={"width": width, "height": 844})
    assert page.evaluate(SIDEWAYS) is False
    wide = page.evaluate(WIDE)
    # Whoever has no mouse reaches what is beyond the edge with the arrow keys.
    assert {tuple(box[1:]) for box in wide} <= {("auto", 0)}, wide
    assert width > 390 or ["pre", "auto", 0] in wide


def test_the_code_box_scrolls_by_the_arrow_keys(reading):
    page = reading(viewport=PHONE)
    box = page.locator("pre:has([data-example])").first
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('pre:has([data-example])').scrollLeft > 0")


def test_everything_is_there_without_scripts_and_the_contents_lead_to_it(reading):
    page = reading(java_script_enabled=False, viewport=PHONE)
    expect(page.locator("pre")).to_have_count(11)
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Errors").click()
    expect(page.get_by_role("heading", name="Errors")).to_be_in_viewport()
    assert page.url.endswith(f"{PAGE}#errors")


def test_a_reader_without_an_account_changes_language_and_light_and_stays(reading):
    page = reading(color_scheme="light")
    page.get_by_role("button", name="中文，切换到中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.locator(".dev__top .to-dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url.endswith(PAGE)


def test_from_the_landing_page_to_the_key_is_two_steps(reading):
    page = reading()
    page.goto("/")
    page.get_by_role("link", name="For programmers").click()
    page.get_by_role("main").get_by_role("link", name="API keys").click()
    assert page.url.endswith("/accounts/login/?next=/settings/keys/")


def test_fingers_find_the_links_of_the_contents(reading):
    page = reading(viewport=PHONE, has_touch=True, is_mobile=True)
    links = page.locator(".dev__toc a")
    sizes = [(links.nth(place).bounding_box() or {})["height"] for place in range(links.count())]
    assert len(sizes) == 8
    assert [size for size in sizes if size < 43.5] == []


@pytest.mark.parametrize("width", [360, 390, 1280])
def test_the_table_of_errors_is_whole_and_its_keys_break_at_dots_alone(reading, width):
    page = reading(viewport={"width": width, "height": 800})
    wide = page.locator(".dev__wide")
    told = wide.evaluate(
        "box => [box.scrollWidth - box.clientWidth, box.querySelectorAll('th').length]"
    )
    assert told == [0, 4]
    lines = wide.evaluate(
        """box => [...box.querySelectorAll("td code")].flatMap(key => {
            const range = document.createRange(), broken = [];
            for (const part of key.childNodes) {
                if (part.nodeType !== Node.TEXT_NODE) continue;
                range.selectNodeContents(part);
                if (range.getClientRects().length !== 1) broken.push(part.data);
            }
            return broken;
        })"""
    )
    assert lines == []
