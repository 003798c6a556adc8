"""How a story begins, is worn as somebody, and ends."""

import threading

import pytest
from django.db import IntegrityError, connection
from django.urls import reverse

from roleplay.conversations.models import Conversation, Generation
from tests.conversations.conftest import texts, the_reply


@pytest.fixture
def begins(alices_browser, mei):
    """Alice begins a story with Mei; gives the response."""

    def begin(text="", **fields):
        return alices_browser.post(
            reverse("start_chat", args=[mei.pk]), {"greeting": "0", "text": text, **fields}
        )

    return begin


def test_first_words_are_answered(begins):
    begins("Is it broken?", send_key="press-first")
    story = Conversation.objects.get()
    assert the_reply(story).status == "done"
    assert texts(story)[1] == ("user", "Is it broken?")


def test_the_same_press_twice_begins_one_story(begins):
    first = begins("Is it broken?\r\nReally?", send_key="press-first")
    again = begins("Is it broken?\r\nReally?", send_key="press-first")
    story = Conversation.objects.get()
    assert first.url == again.url == reverse("chat", args=[story.pk])
    the_reply(story)
    assert Generation.objects.count() == 1


def test_other_words_on_a_page_that_was_gone_back_to_begin_another_story(begins):
    begins("Is it broken?", send_key="press-first")
    the_reply(Conversation.objects.get())
    begins("Shall I hold the string?", send_key="press-first")
    newest = Conversation.objects.latest("created")
    the_reply(newest)
    assert Conversation.objects.count() == 2
    assert texts(newest)[1] == ("user", "Shall I hold the string?")


def test_the_same_key_of_another_person_means_nothing(begins, bobs_browser, mei):
    begins("Is it broken?", send_key="press-first")
    fields = {"greeting": "0", "text": "Is it broken?", "send_key": "press-first"}
    bobs_browser.post(reverse("start_chat", args=[mei.pk]), fields)
    for story in Conversation.objects.all():
        the_reply(story)
    assert Conversation.objects.values("user").distinct().count() == 2


def test_first_words_keep_their_lines_as_later_ones_do(begins):
    begins("  *nods*\r\n\r\n“Yes.”  ", send_key="press-first")
    story = Conversation.objects.get()
    the_reply(story)
    assert texts(story)[1] == ("user", "  *nods*\n\n“Yes.”  ")


def test_line_ends_of_a_browser_do_not_make_words_too_long(begins, settings):
    settings.MESSAGE_MAX_CHARS = 3
    begins("a\r\nb", send_key="press-first")
    story = Conversation.objects.get()
    the_reply(story)
    assert texts(story)[1] == ("user", "a\nb")


def test_first_words_that_are_too_many_wait_in_the_composer(begins, alices_browser, settings):
    words = "A kite for the roof. " * 5_000
    answer = begins(words, send_key="press-first")
    story = Conversation.objects.get()
    assert answer.url == reverse("chat", args=[story.pk])
    assert story.draft == words
    assert (len(texts(story)), Generation.objects.count()) == (1, 0)
    assert words in alices_browser.get(answer.url).content.decode()


def test_first_words_beyond_the_days_replies_wait_in_the_composer(begins, settings):
    settings.REPLIES_PER_DAY = 1
    begins("Is it broken?", send_key="press-first")
    the_reply(Conversation.objects.get())
    begins("And the string?", send_key="press-second")
    assert Conversation.objects.latest("created").draft == "And the string?"


def test_a_persona_is_chosen_among_ones_own(story, alices_browser, xiaolin):
    address = reverse("choose_persona", args=[story.pk])
    assert alices_browser.post(address, {"persona": xiaolin.pk}).status_code == 302
    assert Conversation.objects.get().persona == xiaolin


@pytest.mark.parametrize("chosen", ["", "²", "-1", "one", "9" * 30, "9" * 5000, "1\x00"])
def test_what_is_no_persona_is_not_found(story, alices_browser, chosen):
    address = reverse("choose_persona", args=[story.pk])
    assert alices_browser.post(address, {"persona": chosen}).status_code == 404
    assert Conversation.objects.get().persona is None


def test_another_persons_persona_is_not_found(story, alices_browser, bob):
    mask = bob.personas.create(name="Robin")
    address = reverse("choose_persona", args=[story.pk])
    assert alices_browser.post(address, {"persona": mask.pk}).status_code == 404
    assert Conversation.objects.get().persona is None


def test_a_message_from_another_tab_does_not_keep_a_story_from_going(story, alices_browser):
    """The other tab writes the moment the rows to delete have been looked up."""
    written, outcome = threading.Event(), []

    def write():
        try:
            story.messages.create(role="user", parent=story.head, text="Wait!")
            outcome.append("written")
        except IntegrityError:
            outcome.append("too late")
        finally:
            connection.close()
            written.set()

    other = threading.Thread(target=write)

    def look(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        looked_up = sql.startswith("SELECT") and 'FROM "conversations_message"' in sql
        if looked_up and not other.ident:
            other.start()
            # Inside the transaction it waits for the end; outside it would be done at once.
            written.wait(1)
        return answer

    with connection.execute_wrapper(look):
        answer = alices_browser.post(reverse("delete_chat", args=[story.pk]))
    other.join()
    assert answer.status_code == 302
    assert outcome == ["too late"]
    assert Conversation.objects.count() == 0


def test_a_message_to_a_story_that_has_just_gone_finds_nothing(story, sends):
    def delete():
        Conversation.objects.get().delete()
        connection.close()

    other = threading.Thread(target=delete)

    def look(execute, sql, params, many, context):
        if sql.startswith("BEGIN") and not other.ident:
            other.start()
            other.join()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        answer = sends(story, "Wait!")
    assert answer.status_code == 404
    assert Conversation.objects.count() == 0
