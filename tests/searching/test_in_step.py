"""The index holds what the messages say: after every way in which they come, change and go."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from roleplay.accounts.entry import hand_over
from roleplay.conversations.keeping import CHECKPOINT_TEXT, OWNER, _db
from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.conversations.replying import start_story
from roleplay.searching import index, installing
from roleplay.searching.index import AT_ONCE, index_waiting, matching, waiting
from roleplay.searching.query import read_query


@pytest.fixture(autouse=True)
def indexed_from_here(story):
    """What Mei says at first is in the index."""
    index_waiting()


def found(user, typed):
    return matching(user.pk, read_query(typed), 100)


def said(story, text, role="user"):
    return story.messages.create(role=role, parent=story.head, text=text)


def stored_terms():
    """Every token of the index with the messages it leads to: none but what messages say."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms"
            " USING fts5vocab(main, search_words_1, instance)"
        )
        cursor.execute("SELECT term, doc FROM temp.terms ORDER BY term, doc")
        return cursor.fetchall()


def running_reply(story, text=""):
    message = said(story, text, role="assistant")
    attempt = Generation.objects.create(
        conversation=story, message=message, send_key="press-0001", status="streaming", owner=OWNER
    )
    return message, attempt


def checkpoint(attempt, text):
    with connection.cursor() as cursor:
        cursor.execute(CHECKPOINT_TEXT, [text, _db(str(attempt.key)), OWNER])


def end(attempt, status="done"):
    Generation.objects.filter(pk=attempt.pk).update(status=status, finished=timezone.now())


def test_what_is_said_waits_and_is_then_in_the_index(alice, story):
    message = said(story, "修好了风筝")
    assert found(alice, "风筝") == []
    assert waiting(alice.pk, 10) == [message.pk]
    assert index_waiting() == 1
    assert found(alice, "风筝") == [message.pk]
    assert waiting(alice.pk, 10) == []


def test_nobody_elses_index_is_asked(alice, bob, story):
    said(story, "a red kite")
    index_waiting()
    assert found(bob, "kite") == []
    assert waiting(bob.pk, 10) == []


def test_a_reply_that_is_written_waits_until_it_ends(alice, story):
    message, attempt = running_reply(story)
    checkpoint(attempt, "The kite fl")
    assert index_waiting() == 0
    checkpoint(attempt, "The kite flies.")
    end(attempt, "stopped")
    assert index_waiting() == 1
    assert found(alice, "flies") == [message.pk]


def test_a_reply_that_goes_on_leaves_the_index_at_its_next_checkpoint(alice, story):
    message = said(story, "The kite", role="assistant")
    index_waiting()
    attempt = Generation.objects.create(
        conversation=story, message=message, send_key="press-0002", status="streaming", owner=OWNER
    )
    assert found(alice, "kite") == [message.pk]
    checkpoint(attempt, "The kite sings")
    assert found(alice, "kite") == []
    end(attempt)
    index_waiting()
    assert found(alice, "kite sings") == [message.pk]


def test_words_that_were_withdrawn_are_in_the_index_no_more(alice, story):
    before = stored_terms()
    message = said(story, "something forbidden 秘密")
    index_waiting()
    Message.objects.filter(pk=message.pk).update(text="")
    index_waiting()
    assert [term for term in stored_terms() if term not in before] == [
        (f"{alice.pk}c{story.pk.hex}", message.pk)
    ]


def test_a_checkpoint_that_changes_nothing_takes_nothing_out(alice, story):
    message = said(story, "The kite")
    index_waiting()
    message.save()
    assert found(alice, "kite") == [message.pk]


@pytest.mark.parametrize("how", ["row by row", "the chat", "the person"])
def test_what_is_deleted_leaves_no_token(alice, bob, mei, story, how):
    before = stored_terms()
    other = start_story(alice if how != "the person" else bob, mei)
    for text in ("小猫咪在屋顶", "a red kite", "", "猫"):
        other.messages.create(role="user", parent=other.head, text=text)
    index_waiting()
    other.messages.create(role="user", parent=other.head, text="still waiting")
    assert stored_terms() != before
    if how == "row by row":
        for message in other.messages.order_by("-pk"):
            Conversation.objects.filter(pk=other.pk).update(head=None)
            message.delete()
    elif how == "the chat":
        other.delete()
    else:
        bob.delete()
    assert stored_terms() == before
    assert index_waiting() == 0


def test_a_guests_chats_are_found_by_whom_they_go_to(alice, bob, story):
    message = said(story, "a red kite")
    index_waiting()
    hand_over(alice, bob)
    assert (found(alice, "kite"), found(bob, "kite")) == ([], [])
    assert message.pk in waiting(bob.pk, 10)
    index_waiting()
    assert (found(alice, "kite"), found(bob, "kite")) == ([], [message.pk])
    assert {term.partition("x")[0] for term, _ in stored_terms() if "x" in term} == {str(bob.pk)}


def test_what_a_writer_takes_back_was_never_there(alice, story):
    class Fault(Exception):
        pass

    message = said(story, "a red kite")
    index_waiting()
    before = stored_terms()
    with pytest.raises(Fault), transaction.atomic():
        message.text = "a blue one"
        message.save()
        said(story, "and green")
        raise Fault
    assert stored_terms() == before
    assert found(alice, "red kite") == [message.pk]
    assert waiting(alice.pk, 10) == []


def test_the_scene_results_of_tools_and_dialogues_of_programs_are_not_kept(alice, mei, story):
    said(story, "forty degrees", role="tool")
    said(story, "be kind", role="system")
    dialogue = start_story(alice, mei, biz_user="robot")
    said(dialogue, "forty kites")
    assert index_waiting() == 0
    assert waiting(alice.pk, 10) == []
    dialogue.delete()


def test_many_are_taken_in_small_transactions_newest_first(alice, story, monkeypatch):
    Message.objects.bulk_create(
        Message(conversation=story, parent=story.head, role="user", text=f"kite {number}")
        for number in range(AT_ONCE + 5)
    )
    monkeypatch.setattr(index, "MOST_BATCHES", 1)
    assert index_waiting() == AT_ONCE
    assert len(waiting(alice.pk, 1000)) == 5
    assert max(waiting(alice.pk, 1000)) < min(found(alice, "kite"))
    assert index_waiting() == 5


def test_an_import_waits_and_is_found(alice, bob, story, tmp_path):
    said(story, "夜雨敲窗")
    file = tmp_path / "all.zip"
    call_command("export_data", str(file), stdout=StringIO())
    call_command("import_data", str(file), stdout=StringIO())
    assert index_waiting() > 1
    other = Conversation.objects.exclude(user=alice).get()
    assert other.pk != story.pk
    (message,) = found(other.user, "夜雨")
    assert Message.objects.get(pk=message).conversation_id == other.pk


def test_after_a_migration_of_the_chats_the_index_is_made_anew(alice, story):
    class Migration:
        app_label = "conversations"

    message = said(story, "a red kite")
    index_waiting()
    installing.remove_triggers()
    Message.objects.filter(pk=message.pk).update(text="a blue kite")  # as a migration may
    installing.install(plan=[(Migration, False)])
    assert found(alice, "kite") == []
    index_waiting()
    assert found(alice, "blue") == [message.pk]
    assert {term for term, _ in stored_terms() if term.endswith("xred")} == set()


def test_a_migrate_with_nothing_to_do_keeps_the_index_and_the_triggers(alice, story):
    message = said(story, "a red kite")
    index_waiting()
    installing.remove_triggers()
    installing.install(plan=[])
    assert found(alice, "red") == [message.pk]
    message.delete()
    assert found(alice, "red") == []


def test_a_lost_index_is_made_again_at_the_next_migrate(alice, story):
    message = said(story, "a red kite")
    index_waiting()
    installing.remove_triggers()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE search_words_1")
    installing.install(plan=[])
    index_waiting()
    assert found(alice, "red") == [message.pk]
    assert message.pk in {doc for _, doc in stored_terms()}
