"""What the pages of a chat hold, as the server draws them."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from characters.models import Character
from roleplay.accounts.models import User
from roleplay.connections.models import Connection
from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.conversations.pages import shown
from roleplay.conversations.replying import start_story

HOSTILE = '<img src=x onerror=alert(1)> “</p><script>pwn()</script>” ((<b hx-get="/x">))'


def written(
    story: Conversation, status: str = "done", text: str = "*nods* “Yes.”", **more: Any
) -> Message:
    """A finished (or running) reply at the head of this chat."""
    reply = story.messages.create(role="assistant", parent=story.head, text=text)
    story.head = reply
    story.save()
    finished = None if status in ("waiting", "streaming") else timezone.now()
    Generation.objects.create(
        conversation=story, message=reply, send_key=f"press-{reply.pk}", status=status, finished=finished, **more
    )  # fmt: skip
    return reply


def drawn(story: Conversation, message: Message, user: User) -> str:
    request = RequestFactory().get("/")
    request.user = user
    (one,) = shown([message], story.head_id)
    context = {"message": one, "conversation": story, "character": story.character}
    with translation.override("en"):
        return render_to_string("conversations/_message.html", context, request)


def test_hostile_words_stay_words(story: Conversation, alices_browser: Client) -> None:
    story.character.name = "<i>Mei</i>"
    story.character.save()
    story.title = HOSTILE[:120]
    story.draft = "</textarea><script>pwn()</script>"
    story.messages.update(text=HOSTILE)
    story.save()
    page = alices_browser.get(reverse("chat", args=[story.pk])).content.decode()
    for tag in ("<img src=x", "<script>pwn", "<b hx-get", "<i>Mei", "</textarea><script"):
        assert tag not in page
    assert "&lt;script&gt;pwn()&lt;/script&gt;" in page


def test_no_page_of_a_chat_holds_inline_script_or_style(
    story: Conversation, alices_browser: Client
) -> None:
    written(story, status="failed", error_kind="upstream")
    for address in (reverse("chat", args=[story.pk]), reverse("chats")):
        page = alices_browser.get(address).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert "javascript:" not in page
        assert page.count("<script") == page.count('<script src="')


def test_a_running_reply_tells_where_its_events_are(story: Conversation, alice: User) -> None:
    reply = written(story, status="streaming", text="*nods* and", last_number=7)
    attempt = reply.generation
    assert attempt
    html = drawn(story, reply, alice)
    assert f'data-events="{reverse("reply_events", args=[attempt.key])}"' in html
    assert 'data-after="7"' in html
    assert 'data-raw="*nods* and"' in html
    assert 'aria-busy="true"' in html
    assert '<p><span class="act">nods</span> and</p>' in html
    assert "msg__tools" not in html


def test_whoever_wants_replies_whole_sees_none_in_pieces(story: Conversation, alice: User) -> None:
    alice.pace = "whole"
    html = drawn(story, written(story, status="streaming", text="half a"), alice)
    assert "<p>half a</p>" not in html
    assert 'data-raw="half a"' in html


@pytest.mark.parametrize("status", ["done", "stopped", "interrupted", "failed"])
def test_every_reply_carries_the_ai_label(story: Conversation, alice: User, status: str) -> None:
    assert '<span class="ai">AI-generated</span>' in drawn(story, written(story, status), alice)


def test_only_staff_find_the_way_to_the_connection(
    story: Conversation, alice: User, operator: User
) -> None:
    reply = written(story, status="failed", error_kind="unauthorized")
    main = Connection.objects.create(name="Main", kind="demo")
    reply.generations.update(connection=main)
    assert "/admin/" not in drawn(story, reply, alice)
    assert f"/admin/connections/connection/{main.pk}/change/" in drawn(story, reply, operator)


def test_an_older_reply_cannot_be_written_again(story: Conversation, alice: User) -> None:
    older = written(story)
    assert "regenerate" in drawn(story, older, alice)
    written(story)
    assert "regenerate" not in drawn(story, older, alice)


def test_the_greeting_can_be_paged_but_not_written_again(story: Conversation, alice: User) -> None:
    assert story.head
    html = drawn(story, story.head, alice)
    assert 'aria-label="Opening 1 of 2"' in html
    assert "regenerate" not in html
    assert "/continue/" not in html


def test_starters_are_offered_until_something_was_said(
    story: Conversation, alices_browser: Client
) -> None:
    address = reverse("chat", args=[story.pk])
    assert b"What are you mending?" in alices_browser.get(address).content
    story.head = story.messages.create(role="user", parent=story.head, text="Hi")
    story.save()
    written(story)
    assert b"What are you mending?" not in alices_browser.get(address).content


@pytest.mark.django_db
def test_the_list_asks_the_same_number_of_questions_for_one_chat_and_for_three(
    alice: User, mei: Character, alices_browser: Client, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for more in (1, 2):
        for _ in range(more):
            written(start_story(alice, mei))
        with django_assert_max_num_queries(20) as asked:
            alices_browser.get(reverse("chats"))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_page_asks_the_same_number_of_questions_for_two_messages_and_for_eight(
    story: Conversation, alices_browser: Client, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for more in (1, 6):
        for _ in range(more):
            written(story)
        with django_assert_max_num_queries(25) as asked:
            alices_browser.get(reverse("chat", args=[story.pk]))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_stranger_finds_none_of_it(
    story: Conversation, bobs_browser: Client, client: Client
) -> None:
    reply = written(story)
    for address in (
        reverse("chat", args=[story.pk]),
        reverse("earlier", args=[story.pk]) + f"?before={reply.pk}",
        reverse("sent", args=[reply.pk]),
    ):
        assert bobs_browser.get(address).status_code == 404
        assert client.get(address).status_code == 302


def test_what_was_sent_says_when_it_went_to_no_model(
    story: Conversation, alices_browser: Client
) -> None:
    reply = written(story, provider="demo", prompt={"said": "你好"})
    page = alices_browser.get(reverse("sent", args=[reply.pk])).content.decode()
    assert "Nothing was sent to a model" in page
    assert "&quot;said&quot;: &quot;你好&quot;" in page


@pytest.mark.parametrize(("status", "lines"), [("waiting", 1), ("streaming", 0)])
def test_only_a_reply_without_a_word_is_waited_for(
    story: Conversation, alice: User, status: str, lines: int
) -> None:
    reply = written(story, status=status, text="" if lines else "*nods* and")
    html = drawn(story, reply, alice)
    assert html.count('data-js="waiting"') == lines


def test_whoever_wants_replies_whole_goes_on_waiting(story: Conversation, alice: User) -> None:
    alice.pace = "whole"
    html = drawn(story, written(story, status="streaming", text="half a"), alice)
    assert 'data-js="waiting"' in html


def test_a_failure_without_a_word_carries_no_label(story: Conversation, alice: User) -> None:
    reply = written(story, status="failed", text="", error_kind="upstream")
    assert "AI-generated</span>" not in drawn(story, reply, alice)
    reply.tool_calls = [{"id": "1", "name": "weather", "arguments": "{}"}]
    reply.save()
    assert "AI-generated</span>" in drawn(story, reply, alice)


def test_a_guest_without_a_persona_is_simply_you(story: Conversation, alice: User) -> None:
    said = story.messages.create(role="user", parent=story.head, text="Hi")
    assert "alice (you), " in drawn(story, said, alice)
    alice.is_guest = True
    html = drawn(story, said, alice)
    assert ">You, " in html
    assert "alice" not in html
    said.persona_name = "Lin"
    said.save()
    assert "Lin (you), " in drawn(story, said, alice)
