"""Many sends in one moment: exactly as many are taken as there is room for, and settled once."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from roleplay import wiring
from roleplay.accounts import quota
from roleplay.accounts.models import Usage
from roleplay.conversations.keeping import OWNER, close_orphans, keep
from roleplay.conversations.models import Generation
from roleplay.conversations.replying import Act, answer_once, start_reply, start_story
from roleplay.providers.base import CharacterSheet, PersonaSheet, Prompt, Receipt, Turn
from roleplay.streaming.reply import Ending, Snapshot
from roleplay.streaming.runner import Full
from tests.conversations.conftest import to_the_end


@pytest.fixture
def room_for(monkeypatch):
    """How many replies of one person may run at once."""

    def many(count):
        runner = wiring.runner()
        monkeypatch.setattr(runner, "limits", replace(runner.limits, at_once_per_person=count))

    return many


def together(acts):
    """Do all of these in one moment, each in a thread of its own; what came of each."""
    barrier = threading.Barrier(len(acts))
    outcomes = []

    def one(act):
        barrier.wait()
        try:
            outcomes.append(act())
        except (quota.QuotaExceeded, Full) as refusal:
            outcomes.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def says(story, text):
    return lambda: start_reply(story, text, Act("press-0001", story.head_id))


def taken(outcomes):
    return [one for one in outcomes if isinstance(one, Generation)]


@pytest.mark.parametrize("text", ["Hello?", "/demo silent"])
def test_of_fifty_sends_at_once_exactly_ten_are_taken(alice, mei, settings, room_for, text):
    settings.REPLIES_PER_DAY, settings.DEMO_PACE = 10, 0
    room_for(50)
    stories = [start_story(alice, mei) for _ in range(50)]
    outcomes = together([says(story, text) for story in stories])
    assert len(taken(outcomes)) == Generation.objects.count() == 10
    assert Usage.objects.get().replies == 10
    refused = [one for one in outcomes if isinstance(one, quota.QuotaExceeded)]
    assert len(refused) == 40


def test_so_are_those_outside_of_any_chat(alice, settings, room_for):
    settings.REPLIES_PER_DAY, settings.DEMO_PACE = 3, 0
    room_for(50)
    prompt = Prompt(CharacterSheet("Mei"), PersonaSheet("Lin"), (Turn("user", "Hello?"),))
    outcomes = together([lambda: answer_once(alice, prompt)] * 12)
    assert len(taken(outcomes)) == Generation.objects.count() == 3


def test_of_twenty_at_once_four_run_where_four_may(alice, mei, room_for):
    room_for(4)
    stories = [start_story(alice, mei) for _ in range(20)]
    outcomes = together([says(story, "/demo silent") for story in stories])
    assert len(taken(outcomes)) == Generation.objects.running().count() == 4
    assert [one.personal for one in outcomes if isinstance(one, Full)] == [True] * 16


def test_a_send_that_is_refused_holds_no_place(alice, mei, settings, room_for):
    room_for(1)
    settings.REPLIES_PER_DAY = 1
    Usage.objects.create(user=alice, day=timezone.localdate(), replies=1)
    story = start_story(alice, mei)
    with pytest.raises(quota.QuotaExceeded):
        start_reply(story, "Hello?", Act("press-0001"))
    settings.REPLIES_PER_DAY = 2
    assert to_the_end(start_reply(story, "Hello?", Act("press-0002"))).status == "done"


def test_a_reply_counts_from_its_start_and_no_more_at_its_end(sends, story, alices_browser):
    sends(story, "/demo silent")
    assert Usage.objects.get().replies == 1
    assert to_the_end_of(story, alices_browser) == "stopped"
    assert list(Usage.objects.all()) == []
    sends(story, "Hello?")
    to_the_end(story.generations.latest("pk"))
    used = Usage.objects.get()
    assert (used.replies, used.output_tokens > 0) == (1, True)


def to_the_end_of(story, browser):
    running = story.generations.get(finished=None)
    browser.post(reverse("stop_reply", args=[running.key]))
    return to_the_end(running).status


def test_whoever_deletes_the_chat_gets_nothing_back(sends, story, alices_browser):
    sends(story, "/demo silent")
    assert alices_browser.post(reverse("delete_chat", args=[story.pk])).status_code == 302
    assert Usage.objects.get().replies == 1


@pytest.fixture
def begun(story, alice):
    """A reply that was reserved, two days ago, and that no runner holds."""
    reply = story.messages.create(role="assistant", parent=story.head, text="Once upon")
    left = Generation.objects.create(
        conversation=story, message=reply, send_key="press-0001", owner="dead", status="streaming"
    )
    left.created = timezone.now() - timedelta(days=2)
    left.save()
    quota.reserve(alice, left.created)
    quota.reserve(alice, timezone.now())
    return left


def days():
    return list(Usage.objects.order_by("day").values_list("day", "replies"))


def test_an_orphan_without_a_word_is_given_back_on_its_own_day(begun):
    assert close_orphans(everyone_else_is_dead=True) == 1
    assert close_orphans(everyone_else_is_dead=True) == 0
    assert days() == [(timezone.localdate(), 1)]


def test_an_orphan_that_spoke_stays_counted_and_is_settled_once(begun):
    Generation.objects.update(first_text=begun.created)
    assert close_orphans(everyone_else_is_dead=True) == 1
    assert close_orphans(everyone_else_is_dead=True) == 0
    assert days() == [(timezone.localdate(begun.created), 1), (timezone.localdate(), 1)]
    assert Usage.objects.earliest("day").output_tokens > 0


@pytest.mark.parametrize("first", [None, timezone.now()], ids=["silent", "spoken"])
def test_what_cannot_be_stored_is_settled_too(begun, first):
    Generation.objects.update(owner=OWNER, first_text=first)
    broken = Snapshot(str(begun.key), "Once upon a", 1, Receipt("\ud800"), first)
    assert keep([], [Ending(broken, "done")]) == {str(begun.key)}
    assert [replies for _day, replies in days()] == ([1, 1] if first else [1])


def test_where_there_is_no_limit_replies_are_counted_all_the_same(sends, story, settings):
    assert settings.REPLIES_PER_DAY == 0
    for text in ("One.", "Two."):
        sends(story, text)
        to_the_end(story.generations.latest("pk"))
    assert Usage.objects.get().replies == 2
