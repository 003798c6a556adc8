"""A story as it happens: what is sent, answered, stopped, written again and deleted is found so."""

import pytest
from django.urls import reverse

from roleplay.conversations import replying
from roleplay.conversations.models import Conversation, Message
from roleplay.searching.finding import find
from roleplay.searching.index import index_waiting
from tests.conversations.conftest import (  # noqa: F401
    real_transactions,
    sends,
    the_reply,
    to_the_end,
)


@pytest.fixture(params=[True, False], ids=["indexed", "waiting"])
def settle(request):
    """The index is brought up to date after each act, or never."""
    return index_waiting if request.param else lambda: None


def hits(user, typed):
    return {hit.message.pk for group in find(user, typed).groups for hit in group.hits}


def a_word_of(message):
    return max(message.text.split(), key=len).strip("*“”.,!?…")


def test_what_alice_sends_and_what_is_answered(alice, story, sends, settle):  # noqa: F811
    sends(story, "Tell me of the zeppelin.")
    asked = story.messages.get(role="user")
    settle()
    assert hits(alice, "zeppelin") >= {asked.pk}
    reply = the_reply(story).written
    settle()
    assert reply.pk in hits(alice, f'"{" ".join(reply.text.split()[1:4])}"')


def test_a_stopped_reply_is_found_by_what_it_said(alice, story, sends, settle, settings):  # noqa: F811
    sends(story, "/demo long")
    generation = story.generations.get()
    replying.stop_reply(generation)
    message = to_the_end(generation).written
    message.refresh_from_db()
    settle()
    if message.text:
        assert message.pk in hits(alice, a_word_of(message))


def test_another_version_is_found_beside_the_first(alice, story, sends, settle, alices_browser):  # noqa: F811
    sends(story, "Hello")
    first = the_reply(story).written
    settle()
    story.refresh_from_db()
    fields = {"send_key": "press-again", "head": story.head_id}
    alices_browser.post(reverse("regenerate", args=[first.pk]), fields)
    second = the_reply(story).written
    settle()
    assert first.pk != second.pk
    for message in (first, second):
        message.refresh_from_db()
        word = a_word_of(message)
        assert message.pk in hits(alice, word)


def test_a_deleted_chat_is_found_no_more(alice, story, sends, settle, alices_browser):  # noqa: F811
    sends(story, "Tell me of the zeppelin.")
    the_reply(story)
    settle()
    alices_browser.post(reverse("delete_chat", args=[story.pk]))
    assert not Conversation.objects.exists() and not Message.objects.exists()
    assert find(alice, "zeppelin").groups == []


def test_a_renamed_chat_is_found_by_its_new_title_at_once(alice, story, alices_browser):
    alices_browser.post(reverse("rename_chat", args=[story.pk]), {"title": "纸鸢 Lighthouse"})
    assert [group.chat.pk for group in find(alice, "lighthouse").groups] == [story.pk]
    assert [group.chat.pk for group in find(alice, "纸鸢").groups] == [story.pk]
