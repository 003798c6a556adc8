"""The pages of the search: the field, what was found, and the chat opened at a hit."""

import re

import pytest
from django.urls import reverse

from roleplay.conversations.models import Conversation
from roleplay.conversations.replying import start_story
from roleplay.conversations.views import FURTHEST, MESSAGES_SHOWN
from roleplay.searching.index import index_waiting

HTMX = {"HX-Request": "true"}
SEARCH = "/chats/search/"


@pytest.fixture
def tell(story):
    """Adds so many messages below the head; gives all of the story's."""

    def add(count):
        messages = []
        for number in range(count):
            role = "assistant" if number % 2 else "user"
            story.head = story.messages.create(
                role=role, parent=story.head, text=f"Line {number} of the kite."
            )
            messages.append(story.head)
        story.save()
        return messages

    return add


def shown(page):
    return [int(pk) for pk in re.findall(r'class="msg [^>]*?data-pk="(\d+)"', page, re.DOTALL)]


def get(client, address, **words):
    answer = client.get(address, words)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_has_a_search_that_works_without_scripts(story, alices_browser):
    page = get(alices_browser, "/chats/")
    assert 'action="/chats/search/"' in page and 'name="q"' in page
    found = get(alices_browser, SEARCH, q="Mei")
    assert f'href="/chats/{story.pk}/"' in found.partition('id="chats-found"')[2]
    assert 'value="Mei"' in found


def test_who_has_no_chats_has_no_search(bobs_browser):
    assert "chats__search" not in get(bobs_browser, "/chats/")


def test_a_hit_is_marked_escaped_and_leads_to_its_message(story, alices_browser):
    text = "<script>pwn()</script> kite <b>&amp;"
    message = story.messages.create(role="user", parent=story.head, text=text)
    page = get(alices_browser, SEARCH, q="kite")
    assert f'href="/chats/{story.pk}/?at={message.pk}#m{message.pk}"' in page
    assert "&lt;script&gt;pwn()&lt;/script&gt; <mark>kite</mark> &lt;b&gt;&amp;amp;" in page
    assert "<script>pwn" not in page


def test_what_was_typed_is_only_text(story, alices_browser):
    typed = '"><script>pwn()</script>'
    assert "<script>pwn" not in get(alices_browser, SEARCH, q=typed)


@pytest.mark.parametrize(
    "typed", ['"', "'", "a' OR 1=1 --", "NEAR(", "^x", "x*", "{a b}", "-", "\x00", "😀", "x" * 5000]
)
def test_anything_may_be_typed(story, alices_browser, typed):
    story.messages.create(role="user", parent=story.head, text="a kite")
    index_waiting()
    assert alices_browser.get(SEARCH, {"q": typed}).status_code == 200


def test_htmx_is_given_the_results_alone_and_the_list_when_the_field_is_empty(
    story, alices_browser
):
    part = alices_browser.get(SEARCH, {"q": "Mei"}, headers=HTMX)
    assert "<html" not in part.content.decode() and "found__chat" in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]
    empty = alices_browser.get(SEARCH, {"q": " "}, headers=HTMX)
    assert "chats__list" in empty.content.decode()
    assert empty.headers["HX-Replace-Url"] == "/chats/"


def test_nothing_found_says_so_with_the_words(story, alices_browser):
    page = get(alices_browser, SEARCH, q="zeppelin")
    assert (
        "Nothing found for &quot;zeppelin&quot;" in page or 'Nothing found for "zeppelin"' in page
    )


def test_more_in_one_chat_is_a_page_of_its_own(tell, story, alices_browser):
    tell(8)
    page = get(alices_browser, SEARCH, q="kite")
    address = f"{SEARCH}?q=kite&amp;chat={story.pk}"
    assert address in page
    assert page.count("?at=") == 3
    assert get(alices_browser, SEARCH, q="kite", chat=story.pk).count("?at=") == 8


@pytest.mark.parametrize(
    "words",
    [{"chat": "x"}, {"before": "x"}, {"before": "-1"}, {"before": "9" * 30}, {"before": "٣"}],
)
def test_an_address_that_is_none_is_not_found(story, alices_browser, words):
    assert alices_browser.get(SEARCH, {"q": "kite", **words}).status_code == 404


def test_bob_cannot_search_in_alices_chat(story, bobs_browser, tell):
    tell(3)
    assert bobs_browser.get(SEARCH, {"q": "kite", "chat": story.pk}).status_code == 404
    assert "found__chat" not in get(bobs_browser, SEARCH, q="kite")


def test_a_stranger_is_asked_to_sign_in(client):
    assert "/accounts/login/" in client.get(SEARCH, {"q": "kite"}).headers["Location"]


def test_a_near_hit_opens_the_chat_to_its_end_with_the_composer(story, tell, alices_browser):
    told = tell(MESSAGES_SHOWN + 20)
    page = get(alices_browser, reverse("chat", args=[story.pk]), at=told[5].pk)
    assert shown(page)[-1] == story.head_id
    assert told[5].pk in shown(page) and told[0].pk in shown(page)
    assert 'id="say"' in page


def test_a_far_hit_opens_what_stands_around_it(story, tell, alices_browser):
    told = tell(FURTHEST + 60)
    address = reverse("chat", args=[story.pk])
    page = get(alices_browser, address, at=told[30].pk)
    assert shown(page) == [message.pk for message in told[15:46]]
    assert 'id="say"' not in page
    assert f'href="?at={told[15].pk}#m{told[15].pk}"' in page
    assert f'href="?at={told[45].pk}#m{told[45].pk}"' in page
    earlier = get(alices_browser, address, at=told[14].pk)
    assert shown(earlier)[:2] == [story.messages.order_by("pk")[1].pk, told[0].pk]
    assert "Earlier messages" not in earlier


def test_a_hit_in_another_version_is_shown_and_changes_nothing(
    story, tell, mei, alice, alices_browser
):
    told = tell(4)
    other = story.messages.create(role="user", parent=told[1], text="another way")
    below = story.messages.create(role="assistant", parent=other, text="and on")
    address = reverse("chat", args=[story.pk])
    page = get(alices_browser, address, at=other.pk)
    greeting = story.messages.order_by("pk")[1]
    assert shown(page) == [greeting.pk, told[0].pk, told[1].pk, other.pk, below.pk]
    assert "not part of the story as it stands" in page
    assert Conversation.objects.get(pk=story.pk).head_id == told[-1].pk
    (go_on,) = re.findall(r'action="(/messages/\d+/select/)"', page)
    answer = alices_browser.post(go_on, {"head": story.head_id}, headers={"Accept": "text/html"})
    assert answer.headers["Location"] == address
    assert Conversation.objects.get(pk=story.pk).head_id == below.pk


def test_an_unread_greeting_is_another_version_too(story, alices_browser):
    unread = story.messages.get(text="“You again?”")
    page = get(alices_browser, reverse("chat", args=[story.pk]), at=unread.pk)
    assert shown(page) == [unread.pk]


@pytest.mark.parametrize("at", ["x", "-1", "0", "9" * 30, "٣"])
def test_a_message_that_is_none_is_not_found(story, alices_browser, at):
    assert alices_browser.get(reverse("chat", args=[story.pk]), {"at": at}).status_code == 404


def test_a_message_of_another_chat_is_not_found_in_this_one(story, alice, bob, mei, alices_browser):
    address = reverse("chat", args=[story.pk])
    for other in (start_story(alice, mei), start_story(bob, mei)):
        assert alices_browser.get(address, {"at": other.head_id}).status_code == 404
    root = story.messages.get(parent=None)
    assert alices_browser.get(address, {"at": root.pk}).status_code == 404
