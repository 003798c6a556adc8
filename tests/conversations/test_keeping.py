"""The engine's writes: what is ours, what is late, and what cannot be stored at all."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, models
from django.utils import timezone

from roleplay.accounts.models import Usage
from roleplay.conversations.keeping import OWNER, close_orphans, keep
from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.conversations.pages import shown
from roleplay.conversations.replying import Act, continue_reply, start_reply, start_story
from roleplay.providers.base import Receipt
from roleplay.streaming.reply import Ending, Snapshot
from tests.conversations.conftest import to_the_end


@pytest.fixture
def running(story):
    """A reply of this process, as if its runner held it."""
    reply = story.messages.create(role="assistant", parent=story.head)
    generation = Generation.objects.create(
        conversation=story, message=reply, send_key="press-0001", owner=OWNER
    )
    yield generation
    Generation.objects.running().update(status="stopped", finished=timezone.now())


def snapshot(generation, text="Once", number=1, receipt=None):
    first = timezone.now() if text else None
    return Snapshot(str(generation.key), text, number, receipt or Receipt(), first)


def test_a_late_lease_of_ones_own_is_only_a_slow_store(running):
    Generation.objects.update(lease_until=timezone.now() - timedelta(hours=8))
    assert close_orphans() == 0
    Generation.objects.update(owner="another process")
    assert close_orphans() == 1


def test_what_another_process_closed_is_not_written_again(running):
    Generation.objects.update(owner="another process")
    assert keep([snapshot(running)], []) == {str(running.key)}
    assert keep([], [Ending(snapshot(running), "done")]) == {str(running.key)}
    running.message.refresh_from_db()
    assert running.message.text == ""


def test_an_ending_is_written_once_and_charged_once(running):
    end = Ending(snapshot(running, "Once."), "done")
    assert keep([], [end]) == set()
    assert keep([], [end]) == {str(running.key)}
    assert Usage.objects.get().replies == 1


def test_a_reply_that_cannot_be_stored_holds_no_other_up(running, alice, mei):
    other = start_story(alice, mei)
    reply = other.messages.create(role="assistant", parent=other.head)
    bad = Generation.objects.create(
        conversation=other, message=reply, send_key="press-0001", owner=OWNER
    )
    broken = Ending(snapshot(bad, "Twice.", receipt=Receipt("\ud800")), "done")
    lost = keep([], [Ending(snapshot(running, "Once."), "done"), broken])
    assert lost == {str(bad.key)}
    running.refresh_from_db()
    bad.refresh_from_db()
    assert (running.status, bad.status) == ("done", "failed")


def test_a_page_shows_text_and_number_of_one_moment(running):
    # The message was read before a checkpoint, its generation after it.
    read_before = Message.objects.get(pk=running.message_id)
    keep([snapshot(running, "Once upon a time", 3)], [])
    (seen,) = shown([read_before], None)
    assert (seen.message.text, seen.attempt.last_number) == ("Once upon a time", 3)


def test_going_on_begins_where_the_reply_ends_now(story):
    first = to_the_end(start_reply(story, "Hello?", Act("press-0001")))
    stale = Message.objects.select_related("conversation", "parent").get(pk=first.message_id)
    Message.objects.filter(pk=stale.pk).update(text="One two three four five")
    stale.conversation = Conversation.objects.get(pk=story.pk)
    more = to_the_end(continue_reply(stale, Act("press-0002")))
    assert more.base == len("One two three four five")
    assert more.message.text.startswith("One two three four five")


def test_a_retry_of_what_was_taken_is_answered_even_when_no_more_is_taken(story, settings):
    settings.REPLIES_PER_DAY = 1
    head = story.head_id
    first = to_the_end(start_reply(story, "Hello?", Act("press-0001", head)))
    again = start_reply(Conversation.objects.get(pk=story.pk), "Hello?", Act("press-0001", head))
    assert again.pk == first.pk


def triggers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize("model", [Conversation, Message])
def test_a_later_migration_may_rebuild_these_tables(story, model):
    before = triggers()
    old = model._meta.get_field("created")
    new = models.DateTimeField(null=True)
    new.set_attributes_from_name("created")
    new.model = model
    emit_pre_migrate_signal(0, False, "default")
    try:
        assert triggers() == set()
        with connection.schema_editor() as editor:
            editor.alter_field(model, old, new)
            editor.alter_field(model, new, old)
    finally:
        emit_post_migrate_signal(0, False, "default", plan=[])
    call_command("migrate", verbosity=0)
    assert triggers() == before
    assert len(before) == 8  # four of the chats, four of the search
