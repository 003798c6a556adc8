"""The list of chats and the limit of a request, over a real connection."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.browser

SEVENTY = """
from datetime import timedelta
from roleplay.conversations.models import Conversation
first = Conversation.objects.latest("used")
Conversation.objects.bulk_create(
    Conversation(user=first.user, character=first.character, title=f"Evening {n}",
                 used=first.used - n * timedelta(hours=1))
    for n in range(1, 71)
)
"""


def test_the_list_goes_on_to_the_oldest_chat(
    start_site: Callable[..., Site], open_page: Callable[..., Page]
):
    site, page = start_site(), open_page()
    page.goto(f"{site.address}/")
    page.locator(".land__cta button").click()
    page.wait_for_url("**/chats/*/")
    site.manage("shell", "-c", SEVENTY)
    page.goto(f"{site.address}/chats/")
    rows = page.locator(".chats__list .row")
    expect(rows).to_have_count(50)
    page.get_by_role("link", name="Show more").scroll_into_view_if_needed()
    expect(rows).to_have_count(71)
    expect(rows.last).to_contain_text("Evening 70")
    expect(page.get_by_role("link", name="Show more")).to_have_count(0)


@pytest.mark.parametrize("said", [True, False], ids=["its length said", "in chunks"])
def test_a_request_that_is_too_large_is_turned_away(site: Site, said: bool):
    mebibyte = b"x" * 1024 * 1024
    body = mebibyte * 13 if said else (mebibyte for _ in range(13))
    answer = httpx.post(f"{site.address}/accounts/login/", content=body)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert httpx.get(f"{site.address}/accounts/login/").status_code == 200
