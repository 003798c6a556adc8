"""What the pages around the chat do in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser


def go_in(page: Page) -> None:
    page.goto("/")
    page.locator(".land__cta button").click()
    page.wait_for_url("**/chats/*/")


def test_a_setting_shows_at_once_and_is_there_after_a_reload(open_page: Callable[..., Page]):
    page = open_page()
    go_in(page)
    page.goto("/settings/")
    page.get_by_text("Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_setting_that_cannot_be_saved_goes_back_and_says_so(open_page: Callable[..., Page]):
    page = open_page()
    go_in(page)
    page.goto("/settings/")
    page.route("**/settings/", lambda route: route.abort())
    page.get_by_text("Dark", exact=True).click()
    expect(page.locator("#saved")).to_have_text("This could not be saved. Nothing was changed.")
    expect(page.locator("html")).to_have_attribute("data-theme", "auto")
    expect(page.locator('[name="theme"][value="auto"]')).to_be_checked()


def test_the_shelf_follows_what_is_typed(open_page: Callable[..., Page]):
    page = open_page()
    page.goto("/")
    page.locator("#search").press_sequentially("Tobias")
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card h3 a")).to_have_text("Tobias Wren")
    page.locator("#search").fill("nobody of this name")
    expect(page.locator("#shelf")).to_contain_text('Nothing found for "nobody of this name".')


def test_a_stranger_turns_the_lamp_down_and_it_stays_down(open_page: Callable[..., Page]):
    page = open_page(color_scheme="light")
    page.goto("/")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_the_notice_is_read_once(open_page: Callable[..., Page]):
    page = open_page()
    page.goto("/")
    page.goto(page.locator(".card a").first.get_attribute("href") or "")
    page.locator(".charpage__cta button").click()
    page.wait_for_url("**/chats/*/")
    page.get_by_role("dialog").get_by_role("button", name="I see, begin").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_with_the_setup_code_the_first_visitor_becomes_the_administrator(
    start_site: Callable[..., Site], open_page: Callable[..., Page]
):
    fresh = start_site()
    code = (fresh.data_dir / "setup-code").read_text().strip()
    assert code in fresh.said()
    page = open_page()
    page.goto(f"{fresh.address}/")
    page.locator(".land__cta button").click()
    page.wait_for_url("**/chats/*/")
    page.goto(f"{fresh.address}/first-run/")
    page.get_by_label("Setup code").fill(code)
    page.get_by_label("Name to sign in with").fill("lin")
    page.get_by_label("Password").fill("keeper of lamps")
    page.get_by_role("button", name="Open the door").click()
    expect(page.get_by_role("link", name="Admin", exact=True)).to_be_visible()
    # What was begun as a guest is still there.
    expect(page.locator(".side .row")).to_have_count(1)
    assert not (fresh.data_dir / "setup-code").exists()
