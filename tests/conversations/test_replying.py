"""Sending, and everything that can happen to it. The demo engine speaks."""

import json
import threading

import pytest
from django.db import connection
from django.urls import reverse

from roleplay.accounts.models import Usage
from roleplay.conversations import replying
from roleplay.conversations.keeping import close_orphans
from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.conversations.replying import Act
from tests.conversations.conftest import texts, the_reply, to_the_end


def test_a_message_is_answered_and_both_are_kept(sends, story):
    answer = sends(story, "Is the kite broken?")
    assert answer.status_code == 200
    reply = the_reply(story)
    assert (reply.status, reply.provider) == ("done", "demo")
    roles = [role for role, _ in texts(story)]
    assert roles == ["assistant", "user", "assistant"]
    assert texts(story)[1] == ("user", "Is the kite broken?")
    assert reply.message.text and reply.output_tokens


def test_the_answer_carries_the_message_and_where_its_reply_is_read(sends, story):
    page = sends(story, "Is the kite broken?").content.decode()
    reply = the_reply(story)
    assert "Is the kite broken?" in page
    assert reverse("reply_events", args=[reply.key]) in page


def test_white_space_and_marks_are_kept_as_they_were_typed(sends, story):
    sends(story, "  *nods*\r\n\r\n“Yes.”  ")
    the_reply(story)
    assert texts(story)[1] == ("user", "  *nods*\n\n“Yes.”  ")


@pytest.mark.parametrize("text", ["", "   \n "])
def test_nothing_is_not_sent(sends, story, text):
    answer = sends(story, text)
    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()
    assert len(texts(story)) == 1


def test_too_much_is_refused_with_both_numbers(sends, story, settings):
    settings.MESSAGE_MAX_CHARS = 10
    answer = sends(story, "x" * 11)
    assert answer.status_code == 422
    assert "11" in answer.content.decode() and "10" in answer.content.decode()


def test_the_same_key_again_gives_the_same_reply(sends, story):
    head = story.head_id
    sends(story, "Hello?", send_key="press-same", head=head)
    again = sends(story, "Hello?", send_key="press-same", head=head)
    assert again.status_code == 200
    the_reply(story)
    assert Generation.objects.count() == 1
    assert [text for _, text in texts(story)].count("Hello?") == 1


def test_the_same_key_with_other_words_is_refused(sends, story):
    head = story.head_id
    sends(story, "Hello?", send_key="press-same", head=head)
    again = sends(story, "Goodbye.", send_key="press-same", head=head)
    assert again.status_code == 409
    the_reply(story)
    assert Generation.objects.count() == 1


def test_a_page_that_fell_behind_is_shown_what_is_new_and_writes_nothing(sends, story):
    old_head = story.head_id
    sends(story, "From the phone.")
    the_reply(story)
    before = texts(story)
    answer = sends(story, "From the desk.", head=old_head)
    assert answer.status_code == 409
    assert "From the phone." in answer.content.decode()
    assert texts(story) == before


def test_a_second_message_waits_for_the_running_reply(sends, story):
    sends(story, "/demo silent")
    answer = sends(story, "And another thing.")
    assert answer.status_code == 409
    assert len(texts(story)) == 3


def test_stopping_keeps_the_words_and_frees_the_way(sends, story, alices_browser):
    sends(story, "/demo silent")
    running = story.generations.get()
    stopped = alices_browser.post(reverse("stop_reply", args=[running.key]))
    assert stopped.status_code == 204
    assert to_the_end(running).status == "stopped"
    assert sends(story, "Next.").status_code == 200
    assert the_reply(story).status == "done"


def test_bob_cannot_stop_alices_reply(sends, story, bobs_browser):
    sends(story, "/demo silent")
    running = story.generations.get()
    assert bobs_browser.post(reverse("stop_reply", args=[running.key])).status_code == 404
    running.refresh_from_db()
    assert running.is_running


def test_another_version_stands_beside_the_first(sends, story, alices_browser):
    sends(story, "Hello?")
    first = the_reply(story)
    answer = alices_browser.post(
        reverse("regenerate", args=[first.message_id]),
        {"send_key": "press-again", "head": first.message_id},
    )
    assert answer.status_code == 200
    second = the_reply(story)
    assert second.message_id != first.message_id
    assert [m.pk for m in second.message.swipes()] == [first.message_id, second.message_id]
    assert Message.objects.get(pk=first.message_id).text == first.message.text
    assert Conversation.objects.get(pk=story.pk).head_id == second.message_id


def test_an_empty_failed_reply_is_written_again_in_its_place(sends, story, alices_browser):
    sends(story, "/demo fail empty")
    failed = the_reply(story)
    assert (failed.status, failed.error_kind) == ("failed", "empty")
    alices_browser.post(
        reverse("regenerate", args=[failed.message_id]),
        {"send_key": "press-again", "head": failed.message_id},
    )
    assert the_reply(story).message_id == failed.message_id


def test_going_on_adds_to_what_is_there(sends, story, alices_browser):
    sends(story, "Tell me about the roof.")
    first = the_reply(story)
    text = first.message.text
    alices_browser.post(
        reverse("continue_reply", args=[first.message_id]),
        {"send_key": "press-more", "head": first.message_id},
    )
    more = the_reply(story)
    assert more.message_id == first.message_id
    assert more.base == len(text)
    assert more.message.text.startswith(text)
    assert len(more.message.text) > more.base


def test_only_the_last_reply_goes_on(sends, story, alices_browser):
    sends(story, "One.")
    first = the_reply(story)
    sends(story, "Two.")
    second = the_reply(story)
    answer = alices_browser.post(
        reverse("continue_reply", args=[first.message_id]),
        {"send_key": "press-more", "head": second.message_id},
    )
    assert answer.status_code == 409
    assert Generation.objects.count() == 2


def test_the_prompt_is_kept_exactly_and_knows_only_its_own_path(sends, story, alices_browser):
    sends(story, "A secret of another version.")
    first = the_reply(story)
    replying.select_swipe(story.head.swipes().last(), Act("", first.message_id))
    sends(story, "Hello?")
    prompt = json.dumps(the_reply(story).prompt, ensure_ascii=False)
    assert "Hello?" in prompt and "You again?" in prompt
    assert "secret" not in prompt


def test_nothing_of_the_person_is_told_but_the_persona(sends, alice, mei, xiaolin):
    story = replying.start_story(alice, mei)
    sends(story, "Hello?")
    prompt = json.dumps(the_reply(story).prompt, ensure_ascii=False)
    assert "小林" in prompt
    assert "alice" not in prompt and str(story.pk) not in prompt and story.pk.hex not in prompt


def test_a_days_replies_are_counted_and_end(sends, story, settings):
    settings.REPLIES_PER_DAY = 1
    sends(story, "One.")
    the_reply(story)
    assert Usage.objects.get().replies == 1
    answer = sends(story, "Two.")
    assert answer.status_code == 429
    assert "You've used today's 1 replies." in answer.content.decode().replace("&#x27;", "'")
    assert len(texts(story)) == 3


def test_a_dead_process_leaves_an_interrupted_reply_with_its_text(story):
    reply = story.messages.create(role="assistant", parent=story.head, text="Once upon")
    left = Generation.objects.create(
        conversation=story, message=reply, send_key="press-0001", owner="dead", status="streaming"
    )
    assert close_orphans() == 0  # its lease says nothing yet
    assert close_orphans(everyone_else_is_dead=True) == 1
    left.refresh_from_db()
    assert (left.status, left.error_kind, left.message.text) == (
        "interrupted",
        "restart",
        "Once upon",
    )
    events = [event for batch in replying.listen(left, None) for event in batch]
    assert [(e.kind, e.data.get("t")) for e in events] == [("replace", "Once upon"), ("end", None)]


def test_a_chat_deleted_in_the_middle_takes_its_reply_along(sends, story, alices_browser):
    sends(story, "/demo silent")
    assert alices_browser.post(reverse("delete_chat", args=[story.pk])).status_code == 302
    assert Conversation.objects.count() == 0
    assert Generation.objects.count() == 0


def test_work_for_a_send_does_not_grow_with_the_chat(sends, story, django_assert_max_num_queries):
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as short:
        sends(story, "First.")
    the_reply(story)
    parent = Conversation.objects.get(pk=story.pk).head
    for number in range(300):
        role = "assistant" if number % 2 else "user"
        parent = story.messages.create(role=role, parent=parent, text=str(number))
    Conversation.objects.filter(pk=story.pk).update(head=parent)
    with CaptureQueriesContext(connection) as long:
        sends(story, "Last.")
    assert len(long) == len(short)


def test_eight_presses_at_once_make_one_turn(story):
    barrier = threading.Barrier(8)
    outcomes: list[str] = []

    def press(number: int) -> None:
        mine = Conversation.objects.get(pk=story.pk)
        barrier.wait()
        try:
            replying.start_reply(mine, "Hello?", Act(f"press-{number:04}", story.head_id))
            outcomes.append("taken")
        except (replying.StaleHead, replying.Busy):
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["taken"]
    the_reply(story)
    assert [role for role, _ in texts(story)] == ["assistant", "user", "assistant"]
