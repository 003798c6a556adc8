"""The panel's first page: a sentence, what waits, figures, and no word of anyone."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from characters.models import Character
from roleplay.accounts.models import Usage
from roleplay.connections.models import Connection
from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.panel.today import Today

# The middle of a day in the site's own time zone, so that an hour ago is today as well.
NOON = timezone.localtime().replace(hour=12, minute=30, second=0, microsecond=0)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def main(db):
    made = Connection(name="Main", kind="xingchen", base_url="https://nlp.aliyuncs.com")
    made.enter_key("lm-some-long-key")
    made.is_default = True
    made.save()
    Connection.objects.update(updated=NOON - timedelta(days=2))
    return made


@pytest.fixture
def replied(story, main):
    """Makes a reply that was asked for so many minutes before noon."""
    count = iter(range(1000))

    def make(minutes=0, status="done", kind="", wait=0.5, connection=main):
        message = Message.objects.create(conversation=story, parent=story.head, role="assistant")
        asked = NOON - timedelta(minutes=minutes)
        made = Generation.objects.create(
            conversation=story,
            message=message,
            connection=connection,
            send_key=str(next(count)),
            status=status,
            error_kind=kind,
            input_tokens=100,
            output_tokens=20,
            first_text=asked + timedelta(seconds=wait) if status == "done" else None,
            finished=asked + timedelta(seconds=5),
        )
        Generation.objects.filter(pk=made.pk).update(created=asked)
        return made

    return make


def waiting(now=NOON):
    return [(item.kind, item.text) for item in Today(now).waiting]


def test_a_fresh_site_says_that_the_demo_engine_answers_and_nobody_is_there_to_talk_to(db):
    assert waiting() == [
        ("warn", "The demo engine is answering, with prepared lines only."),
        ("info", "There is nobody to talk to yet."),
    ]


def test_with_a_model_and_a_character_nothing_waits(main, mei):
    assert waiting() == []


def test_a_default_that_is_the_demo_engine_waits_as_well(db, mei):
    Connection.objects.create(name="Demo", kind="demo", is_default=True)
    assert waiting() == [("warn", "The demo engine is answering, with prepared lines only.")]


def test_a_xingchen_connection_without_its_key_waits(main, mei):
    main.base_url = "https://elsewhere.example"
    main.save()
    assert waiting() == [("danger", "“Main” has no key.")]


def test_a_key_that_is_not_accepted_waits_until_the_connection_is_changed(replied, main):
    replied(10, "failed", "unauthorized")
    assert waiting() == [
        ("danger", "The key for “Main” isn't accepted. Nobody is getting replies.")
    ]
    Connection.objects.update(updated=NOON)
    assert waiting() == []


def test_the_figures_count_today_and_leave_yesterday_out(replied):
    replied(5, wait=0.4)
    replied(30, wait=0.8)
    replied(60, wait=3.0)
    replied(20, "failed", "timed_out")
    replied(60 * 24, wait=9)
    today = Today(NOON)
    assert (today.replies, today.done, today.failed) == (4, 3, 1)
    assert (today.tokens_read, today.tokens_written) == (400, 80)
    assert today.first_word == 0.8
    assert [(row["error_kind"], str(row["words"]), row["count"]) for row in today.errors] == [
        ("timed_out", "No answer in time", 1)
    ]


def test_the_bars_are_the_last_24_hours_and_the_running_hour_is_lit(replied):
    for minutes in (1, 2, 61, 60 * 23, 60 * 24):
        replied(minutes)
    today = Today(NOON)
    counts = [count for _hour, count in today.hours]
    assert (len(counts), counts[23], counts[22], counts[0], sum(counts)) == (24, 2, 1, 1, 4)
    assert [bar.now for bar in today.bars] == [False] * 23 + [True]
    assert max(bar.height for bar in today.bars) == today.bars[23].height == 126


@pytest.mark.parametrize(
    ("hour", "sentence"),
    [(12, "All is calm today."), (21, "All is calm tonight."), (2, "All is calm tonight.")],
)
def test_the_sentence_knows_the_time(db, hour, sentence):
    assert Today(NOON.replace(hour=hour)).sentence == sentence


def test_the_sentence_counts_people_and_not_chats(story, bob, mei):
    from roleplay.conversations.replying import start_story

    assert Today().sentence.endswith("1 person is chatting.")
    start_story(story.user, mei)
    start_story(bob, mei)
    assert Today().sentence.endswith("2 people are chatting.")


def test_the_sentence_does_not_call_failing_calm(replied):
    replied(1, "failed", "upstream")
    assert Today(NOON).sentence == "Replies are failing today."


def test_usage_is_summed_by_day(alice, bob):
    for person in (alice, bob):
        Usage.objects.create(user=person, day=NOON.date(), replies=2, output_tokens=10)
    Usage.objects.create(user=bob, day=NOON.date() - timedelta(days=30), replies=9)
    assert Today(NOON).days == [
        {"day": NOON.date(), "people": 2, "all": 4, "read": 0, "written": 20}
    ]


def test_the_page_costs_the_same_whatever_happened(desk, replied):
    url = reverse("admin:index")
    desk.get(url)
    replied(1)
    with CaptureQueriesContext(database) as few:
        assert desk.get(url).status_code == 200
    for minutes in range(30):
        replied(minutes, "failed", "upstream")
    Character.objects.create(name="Owl")
    with CaptureQueriesContext(database) as many:
        assert desk.get(url).status_code == 200
    assert len(many) <= len(few) <= 25


@pytest.mark.parametrize(("failed", "fails"), [(6, False), (7, True)])
def test_more_than_a_third_of_the_newest_replies_is_failing(replied, failed, fails):
    for minutes in range(failed):
        replied(minutes, "failed", "upstream")
    for minutes in range(15):
        replied(20 + minutes)
    assert (Today(NOON).sentence == "Replies are failing today.") is fails


def test_what_failed_more_than_an_hour_ago_is_not_failing_now(replied):
    for minutes in range(61, 70):
        replied(minutes, "failed", "upstream")
    # The story was begun by the real clock, which may stand near this noon.
    Conversation.objects.update(used=NOON - timedelta(hours=3))
    assert Today(NOON).sentence == "All is calm today."
