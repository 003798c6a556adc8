"""What leaves as our own JSON comes in again as it was: the whole tree, and nothing of the site."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.conversations.transcripts import lamplight
from roleplay.conversations.transcripts.opening import open_transcripts
from roleplay.conversations.transcripts.planting import plant
from roleplay.conversations.transcripts.story import Story
from tests.transcripts.conftest import LONG_AGO, ODD, say, tree_of


def without_number(data):
    """The file without the number of the chat, which every chat has its own of."""
    found = json.loads(data)
    number = found.pop("id")
    assert found["ai"]["AIGC"].pop("ProduceID") == number
    return found


def test_export_import_export_is_a_fixed_point(told, take_out, take_in):
    before = take_out(told)
    (chat,) = take_in(before)
    assert chat.pk != told.pk
    assert without_number(take_out(chat)) == without_number(before)
    assert tree_of(chat) == tree_of(told)


def test_the_same_story_gives_the_same_bytes(told, take_out):
    assert take_out(told) == take_out(told)


def test_all_of_a_story_is_in_the_file_and_nothing_that_belongs_to_the_site(told, take_out):
    data = take_out(told)
    found = json.loads(data)
    assert set(found) == {
        *("format", "version", "ai", "id", "title", "created", "character", "persona", "head"),
        *("messages", "generations"),
    }
    assert found["ai"] == {
        "ai_generated": True,
        "notice": "Mei is an AI character; what it says is AI-generated.",
        "app": "Lamplight",
        "site": "Lamplight",
        "models": ["moon-1"],
        "AIGC": {"Label": "1", "ContentProducer": "Lamplight", "ProduceID": str(told.pk)},
    }
    assert found["persona"] == "小林"
    assert found["character"]["sheet"]["tagline"] == "Mends kites."
    assert [row["parent"] for row in found["messages"]] == [None, 0, 0, 1, 3, 3, 5, 6]
    assert found["head"] == 7
    assert b"canary" not in data and b"press-" not in data
    assert told.upstream_user.encode() not in data


def test_the_same_file_twice_makes_two_chats(told, take_out, take_in, alice):
    data = take_out(told)
    first, second = take_in(data)[0], take_in(data)[0]
    assert first.upstream_user != second.upstream_user
    assert alice.conversations.count() == 3


def test_a_reply_that_is_being_written_leaves_as_broken_off(told, take_out, take_in):
    Generation.objects.filter(message=told.head).update(status="streaming", finished=None)
    (chat,) = take_in(take_out(told))
    assert chat.head.generation.status == "interrupted"


def test_times_are_kept_but_attempts_are_never_of_today(told, take_out, take_in):
    Generation.objects.update(created=LONG_AGO + timedelta(days=200_000))
    found = json.loads(take_out(told))
    assert found["generations"][0]["created"].startswith("2571-")
    (chat,) = take_in(json.dumps(found).encode())
    assert {m.created for m in chat.messages.all()} == {LONG_AGO}
    assert chat.created == LONG_AGO
    newest = chat.generations.order_by("-created").first()
    assert newest.created < chat.used - timedelta(days=1)


def test_what_a_file_claims_of_owners_and_rights_counts_for_nothing(told, take_out, take_in, bob):
    found = json.loads(take_out(told))
    found |= {"user": bob.pk, "user_id": bob.pk, "owner": "bob", "upstream_user": "x" * 32}
    found["biz_user"], found["used"] = "u-1", "1999-01-01T00:00:00Z"
    for row in found["generations"]:
        row |= {"owner": "x", "user_id": bob.pk, "prompt": {"a": 1}, "key": "x", "fence": 9}
    (chat,) = take_in(found)
    assert (chat.user_id, chat.biz_user) == (told.user_id, "")
    assert chat.upstream_user != "x" * 32
    assert {one.user_id for one in chat.generations.all()} == {told.user_id}
    assert {(one.owner, one.fence) for one in chat.generations.all()} == {("", 0)}
    assert [one.prompt for one in chat.generations.all()] == [{}, {}, {}]
    assert bob.conversations.count() == 0


def test_a_chat_held_to_a_version_stays_held_to_it(told, mei, take_out, take_in):
    mei.new_version({"tagline": "Flies kites."})
    Conversation.objects.filter(pk=told.pk).update(character_version=1)
    data = take_out(told)
    assert json.loads(data)["character"]["sheet"]["tagline"] == "Mends kites."
    (chat,) = take_in(data)
    assert chat.character_version == 1
    mei.versions.all().delete()
    (chat,) = take_in(data)
    assert chat.character_version is None


def test_bob_takes_nothing_of_alices(told, bobs_browser):
    for form in ("json", "jsonl", "html", "markdown", "text"):
        answer = bobs_browser.get(reverse("transcript", args=[told.pk]), {"as": form})
        assert answer.status_code == 404


def test_a_format_that_is_none_is_not_there(told, alices_browser):
    address = reverse("transcript", args=[told.pk])
    assert alices_browser.get(address, {"as": "exe"}).status_code == 404


words = st.text(max_size=40)
roles = st.sampled_from(["user", "assistant", "tool", "system"])
nodes = st.lists(st.tuples(st.integers(0, 10**6), roles, words, words), max_size=25)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(nodes=nodes, head=st.integers(0, 10**6), scene=words, title=words)
def test_any_tree_is_a_fixed_point(story, mei, alice, nodes, head, scene, title):
    Conversation.objects.all().delete()
    chat = Conversation.objects.create(
        user=alice, character=mei, title=" ".join(title.split()), used=LONG_AGO
    )
    rows = [chat.messages.create(role="system", text=scene)]
    for above, role, text, name in nodes:
        name = " ".join(name.split()) if role == "user" else ""
        rows.append(say(chat, rows[above % len(rows)], role, text, persona_name=name))
    chat.head = rows[head % len(rows)]
    chat.save()
    Message.objects.update(created=LONG_AGO)
    chat.refresh_from_db()
    before = "".join(lamplight.write(Story(chat)))
    (again,) = plant(alice, mei, open_transcripts(before.encode()))
    again.refresh_from_db()
    after = "".join(lamplight.write(Story(again)))
    assert without_number(after) == without_number(before)


def test_ten_thousand_messages_go_out_and_come_in_with_few_queries(
    story, mei, alice, take_out, show, alices_browser
):
    rows = [
        Message(
            conversation=story,
            parent=story.head,
            role=("user", "assistant")[number % 2],
            text=f"{number} {ODD}",
        )
        for number in range(10_000)
    ]
    Message.objects.bulk_create(rows)
    for above, row in zip([story.head, *rows], rows, strict=False):
        row.parent = above
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE conversations_message SET parent_id = %s WHERE id = %s",
            [(row.parent_id, row.pk) for row in rows],
        )
    Conversation.objects.filter(pk=story.pk).update(head=rows[-1])
    with CaptureQueriesContext(connection) as out:
        data = take_out(story)
    assert len(out) < 30
    with CaptureQueriesContext(connection) as lines:
        assert take_out(story, "jsonl").count(b"\n") == 10_002
    assert len(lines) < 100
    answer = show(data)
    with CaptureQueriesContext(connection) as come:
        alices_browser.post(answer.headers["Location"], {"character": mei.pk})
    assert len(come) < 30
    chat = alice.conversations.order_by("-used").first()
    assert [m.text for m in chat.thread()[1:]] == [row.text for row in rows]


@pytest.mark.parametrize("form", ["json", "jsonl", "html", "markdown", "text"])
def test_a_chat_in_which_nothing_was_said_leaves_in_every_format(form, alice, mei, take_out):
    mei.greeting, mei.alternate_greetings, mei.scenario = "", [], ""
    mei.save()
    bare = Conversation.objects.create(user=alice, character=mei, used=LONG_AGO)
    bare.head = bare.messages.create(role="system", text="")
    bare.save()
    assert b"AI" in take_out(bare, form)
