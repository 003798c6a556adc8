"""Looking for what was said, in a real browser: the field, the hits, and the chat at the hit."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import PHONE, Site

pytestmark = pytest.mark.browser

Opener = Callable[..., Page]
LONG = """
from roleplay.conversations.models import Conversation
story = Conversation.objects.latest("used")
for n in range(180):
    role = "assistant" if n % 2 else "user"
    text = "The lighthouse, 灯塔上的猫" if n == 20 else f"Line {n}."
    story.head = story.messages.create(role=role, parent=story.head, text=text)
story.save()
"""
UNINDEXED = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM search_state WHERE indexed = 0")
    print("waiting:", cursor.fetchone()[0])
"""


def enter(page: Page, site: Site) -> str:
    page.goto(f"{site.address}/")
    page.locator("form[action*='/chat/'] button, form[action='/enter/'] button").first.click()
    page.wait_for_url(re.compile("/chats/.+/"))
    return page.url


def say(page: Page, text: str) -> None:
    page.locator("#say").fill(text)
    page.locator("#say").press("Enter")
    page.wait_for_selector(".msg:last-of-type.msg--them[data-state='done']:not([aria-busy])")


def look_for(page: Page, site: Site, words: str) -> None:
    page.goto(f"{site.address}/chats/")
    page.locator("#search").fill(words)
    expect(page.locator(".found mark").first).to_be_visible()


def test_words_are_found_while_they_are_typed_and_open_at_the_message(
    site: Site, open_page: Opener
):
    page = open_page()
    enter(page, site)
    say(page, "Do you remember the 灯塔 and the zeppelin?")
    look_for(page, site, "灯塔")
    expect(page).to_have_url(re.compile(r"/chats/search/\?q="))
    expect(page.locator("#found-count")).to_have_text("Found in 1 chat")
    page.locator("#search").press("Tab")
    page.locator(".found__hits a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/chats/[0-9a-f-]+/\?at=\d+#m\d+"))
    hit = page.locator(page.url[page.url.index("#") :])
    expect(hit).to_contain_text("zeppelin")
    expect(hit).to_be_in_viewport()
    expect(page.locator("#say")).to_be_visible()


def test_an_emptied_field_shows_the_chats_again(site: Site, open_page: Opener):
    page = open_page()
    enter(page, site)
    say(page, "A zeppelin.")
    look_for(page, site, "zeppelin")
    page.locator("#search").fill("")
    expect(page.locator(".chats__list .row")).to_have_count(1)
    expect(page).to_have_url(f"{site.address}/chats/")


def test_a_hit_far_above_opens_what_stands_around_it(
    start_site: Callable[..., Site], open_page: Opener
):
    site, page = start_site(), open_page(viewport=PHONE)
    enter(page, site)
    site.manage("shell", "-c", LONG)
    look_for(page, site, "塔上的猫")
    page.locator(".found__hits a").first.click()
    hit = page.locator(".msg:target")
    expect(hit).to_contain_text("灯塔上的猫")
    expect(hit).to_be_in_viewport()
    expect(page.locator("#say")).to_have_count(0)
    page.get_by_role("link", name="Later messages").click()
    expect(page.locator(".msg:target")).to_contain_text("Line 35.")
    page.get_by_role("link", name="To the end of the chat").click()
    expect(page.locator(".msg").last).to_contain_text("Line 179.")


def test_without_scripts_the_same_is_found(site: Site, open_page: Opener, browser: Browser):
    page = open_page()
    enter(page, site)
    say(page, "A zeppelin.")
    context = browser.new_context(java_script_enabled=False, locale="en")
    context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain = context.new_page()
    plain.goto(f"{site.address}/chats/")
    plain.locator("#search").fill("zeppelin")
    plain.locator("#search").press("Enter")
    expect(plain.locator(".found mark").first).to_have_text("zeppelin")
    context.close()


def test_what_was_said_is_indexed_by_itself_and_found_after_a_restart(
    start_site: Callable[..., Site], open_page: Opener
):
    site, page = start_site(), open_page()
    enter(page, site)
    say(page, "A zeppelin over the sea.")
    site.stop()
    site.start()
    expect(page.locator("body")).to_be_visible()
    for _ in range(20):
        if "waiting: 0" in site.manage("shell", "-c", UNINDEXED):
            break
        page.wait_for_timeout(500)
    assert "waiting: 0" in site.manage("shell", "-c", UNINDEXED)
    look_for(page, site, "zeppelin")
