"""The list of chats: every one can be reached, and no row loads more than it shows."""

import re
from datetime import timedelta
from itertools import chain

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from roleplay.conversations.models import Conversation, Message
from roleplay.conversations.views import CHATS_SHOWN

HTMX = {"HX-Request": "true"}


@pytest.fixture
def many(alice, mei):
    """Makes so many chats of Alice's, newest first; those with an equal `used` in any order."""

    def make(count, apart=timedelta(minutes=1)):
        now = timezone.now()
        return Conversation.objects.bulk_create(
            Conversation(user=alice, character=mei, title=f"Kite {number}", used=now - number * apart)
            for number in range(count)
        )  # fmt: skip

    return make


def titles(page):
    """Those of the list itself, not of the newest few at the side."""
    _, whole, rows = page.partition("chats__list")
    return re.findall(r"Kite \d+", rows.partition("</ul>")[0] if whole else page)


def more(page):
    """Where the next rows are, or None at the end."""
    found = re.search(r'hx-get="([^"]+)"', page)
    return found and found[1]


def read_to_the_end(client, **headers):
    """The titles of every page, following each link to the next."""
    pages, address = [], "/chats/"
    while address:
        page = client.get(address, headers=headers).content.decode()
        pages.append(titles(page))
        address = more(page)
    return pages


def in_order(count):
    return [f"Kite {number}" for number in range(count)]


def test_every_chat_is_reached_once_last_used_first(many, alices_browser):
    many(2 * CHATS_SHOWN + 5)
    pages = read_to_the_end(alices_browser, **HTMX)
    assert [len(page) for page in pages] == [CHATS_SHOWN, CHATS_SHOWN, 5]
    assert list(chain(*pages)) == in_order(2 * CHATS_SHOWN + 5)


def test_chats_of_the_same_moment_are_reached_too(many, alices_browser):
    many(2 * CHATS_SHOWN + 5, apart=timedelta())
    found = list(chain(*read_to_the_end(alices_browser, **HTMX)))
    assert sorted(found) == sorted(in_order(2 * CHATS_SHOWN + 5))


@pytest.mark.parametrize("count", [1, CHATS_SHOWN])
def test_a_list_that_fits_offers_no_more(many, alices_browser, count):
    many(count)
    assert [len(page) for page in read_to_the_end(alices_browser)] == [count]


def test_a_chat_used_meanwhile_makes_no_other_appear_twice(many, alices_browser):
    made = many(CHATS_SHOWN + 5)
    first = alices_browser.get("/chats/").content.decode()
    Conversation.objects.filter(pk=made[-1].pk).update(used=timezone.now())
    rest = alices_browser.get(more(first), headers=HTMX).content.decode()
    assert titles(rest) == in_order(CHATS_SHOWN + 4)[CHATS_SHOWN:]


def test_the_next_rows_come_alone_and_without_script_as_a_page(many, alices_browser):
    many(CHATS_SHOWN + 1)
    address = more(alices_browser.get("/chats/").content.decode())
    part = alices_browser.get(address, headers=HTMX)
    whole = alices_browser.get(address)
    assert "<html" not in part.content.decode()
    assert "<html" in whole.content.decode()
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.parametrize(
    "place",
    ["x", "-", "1-2-3", "--", "1-x", f"{'9' * 30}-{'5' * 32}", f"{'9' * 5000}-0", "\x00-1"],
)
def test_a_place_that_is_none_is_not_found(alices_browser, place):
    assert alices_browser.get("/chats/", {"below": place}).status_code == 404


def test_bob_sees_none_of_them(many, alices_browser, bobs_browser):
    many(CHATS_SHOWN + 1)
    address = more(alices_browser.get("/chats/").content.decode())
    assert titles(bobs_browser.get(address).content.decode()) == []


@pytest.mark.parametrize("address", ["/chats/", "/"])
def test_three_rows_cost_what_one_costs_and_load_no_whole_texts(many, alices_browser, address):
    costs = []
    for count in (1, 2):
        for story in many(count):
            long = "A kite. " + "wind " * 2_000 + "canary"
            scene = story.messages.create(role="system", text="A roof.")
            story.head = Message.objects.create(
                conversation=story, parent=scene, role="assistant", text=long
            )
            story.draft = "canary"
            story.save()
        alices_browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            page = alices_browser.get(address).content.decode()
        costs.append(len(queries))
        assert "A kite. wind wind" in page
    assert costs[0] == costs[1]
    rows = [query["sql"] for query in queries if 'AS "said"' in query["sql"]]
    assert rows
    for sql in rows:
        # The one text that is read, and that only as far as a snippet goes.
        selected = sql.partition(" FROM ")[0].replace('."text", 1, 240)', "")
        for column in ('"draft"', '"description"', '."text"', '."tool_calls"'):
            assert column not in selected
