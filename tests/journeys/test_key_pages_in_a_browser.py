"""A key is made, copied and taken back by somebody at a screen, with scripts and without."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESKTOP, PHONE, Site

pytestmark = pytest.mark.browser

AXE = (Path(__file__).parent.parent / "vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
KEYS = "/settings/keys/"
PASSWORD = "keeper of many lamps"
LOOKS = [
    pytest.param(
        {"viewport": DESKTOP, "color_scheme": "light", "language": "zh-CN"}, id="desk-day"
    ),
    pytest.param({"viewport": PHONE, "color_scheme": "dark", "language": "en"}, id="phone-night"),
]


@pytest.fixture(scope="module")
def keeper(site: Site) -> str:
    site.manage("create_admin", "--username", "keeper", ADMIN_PASSWORD=PASSWORD)
    return "keeper"


@pytest.fixture
def settings_page(keeper: str, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the page of keys in a fresh browser, signed in."""

    def opened(**look: object) -> Page:
        page = open_page(**look)
        page.goto(f"/accounts/login/?next={KEYS}")
        page.fill("[name=login]", keeper)
        page.fill("[name=password]", PASSWORD)
        page.locator("form:has([name=password]) button[type=submit]").click()
        page.wait_for_url(f"**{KEYS}")
        return page

    return opened


def make(page: Page, name: str) -> str:
    page.fill("[name=name]", name)
    page.locator("form:has([name=name]) button[type=submit]").click()
    return page.locator("#secret").input_value()


def test_a_key_is_copied_with_one_press_and_taken_back(settings_page):
    page = settings_page(permissions=["clipboard-read", "clipboard-write"])
    secret = make(page, "Notebook")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    expect(page.locator(".acts [role=status]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.goto(KEYS)
    assert secret not in page.content()
    page.get_by_role("link", name="Revoke Notebook").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator(".keys__row", has_text=secret[:7])).to_have_attribute(
        "data-state", "revoked"
    )


def test_without_scripts_the_key_is_there_to_be_selected(settings_page):
    page = settings_page(java_script_enabled=False)
    secret = make(page, "Plain")
    assert len(secret) == 46
    assert page.locator("[data-copies]").is_hidden()
    page.goto(KEYS)
    page.get_by_role("link", name="Revoke Plain").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator(".keys__row", has_text="Plain")).to_have_attribute("data-state", "revoked")


def test_a_form_that_was_sent_is_not_sent_again_by_a_second_press(settings_page):
    page = settings_page()
    page.fill("[name=name]", "Twice")
    # Stops what would be sent, so that the page is still there for the second press.
    page.evaluate(
        """() => {
            window.sent = [];
            addEventListener('submit', event => {
                window.sent.push(!event.defaultPrevented);
                event.preventDefault();
            });
        }"""
    )
    page.locator("form:has([name=name]) button[type=submit]").dblclick()
    assert page.evaluate("window.sent") == [True, False]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_the_pages_of_keys_and_none_scrolls_sideways(settings_page, look):
    page = settings_page(**look, bypass_csp=True)
    found = faults(page)
    make(page, "一个特别特别长的名字，用来看看窄屏幕" * 3)
    found += faults(page)
    page.locator(".keys__row a").first.click()
    page.wait_for_url("**/revoke/")
    found += faults(page)
    page.goto("/accounts/password/")
    assert page.locator("[name=end_keys]").count() == 1
    found += faults(page)
    page.goto("/admin/accounts/apikey/")
    found += faults(page)
    assert found == []


def faults(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [f"{page.url} scrolls sideways"] * wide + [
        f"{page.url} {fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
