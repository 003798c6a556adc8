"""Files that are broken or mean harm end in one sentence, and nothing of them is stored."""

import json
import os
import time

import pytest
from django.db import DatabaseError, connection

from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.conversations.transcripts import MOST_BYTES, MOST_MESSAGES
from tests.transcripts.conftest import fault

UNKNOWN = (
    "This is no chat that can be read here. Choose a file of this site, of SillyTavern, "
    "Open WebUI or ChatGPT, or a list of messages with roles."
)
EMPTY = "There is no story in this file."
NONE = "This file is broken or was cut short: message 1 is none."
UNFIT = "This file is broken or was cut short: message 1 does not fit into the story."
CIRCLE = "Messages in this file follow each other in a circle."
ROOT = {"parent": None, "role": "system", "text": "A roof."}


def ours(*messages, head=0, **more):
    return {
        "format": "lamplight-chat",
        "version": 1,
        "head": head,
        "messages": [ROOT, *messages],
        "generations": [],
        **more,
    }


def said(**changed):
    return {"parent": 0, "role": "user", "text": "Hello", **changed}


def webui(messages):
    return {"chat": {"history": {"currentId": "a", "messages": messages}}}


def asked(**changed):
    return {"parentId": None, "role": "user", "content": "Hello", **changed}


CALL = {"id": "1", "name": "x", "arguments": "{}"}
REFUSED = {
    "empty": (b"", UNKNOWN),
    "blanks": (b" \n\n ", UNKNOWN),
    "null": (b"null", UNKNOWN),
    "a-text": (b'"text"', UNKNOWN),
    "a-number": (b"9" * 5000, UNKNOWN),
    "an-empty-object": (b"{}", UNKNOWN),
    "an-empty-list": (b"[]", UNKNOWN),
    "a-picture": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, UNKNOWN),
    "a-zip": (b"PK\x03\x04" + b"\x00" * 50, UNKNOWN),
    "nul-bytes": (b'{"messages": \x00[]}', UNKNOWN),
    "deep-lists": (b"[" * 100_000 + b"]" * 100_000, UNKNOWN),
    "deep-objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, UNKNOWN),
    "many-brackets": (
        b"[" + b"[]," * 1_000_001 + b"[]]",
        "This file holds more parts than any story.",
    ),
    "other-coding": (
        "海上生明月，天涯共此时。".encode("gb18030") * 50,
        "This file is not in UTF-8.",
    ),
    "cut": (json.dumps(ours(said())).encode()[:-20], UNKNOWN),
    "twice-a-name": (
        b'{"chat": {"history": {"messages": {"a": {}, "a": {}}}}}',
        "The same name stands twice in one part of this file.",
    ),
    "newer": (
        ours(version=2),
        "This file was made by a newer version of this application. Update this site first.",
    ),
    "no-version": (
        ours(version="1"),
        "This file does not say which version of the format it is.",
    ),
    "no-messages": (ours() | {"messages": []}, EMPTY),
    "messages-of-another-type": (ours() | {"messages": {"0": ROOT}}, EMPTY),
    "no-scene": (
        ours() | {"messages": [said(parent=None)]},
        "This file is broken or was cut short: the first message is not the scene.",
    ),
    "two-roots": (ours(said(parent=None)), UNFIT),
    "a-parent-below": (ours(said(parent=2), said()), UNFIT),
    "its-own-parent": (ours(said(parent=1)), UNFIT),
    "a-parent-from-the-end": (ours(said(parent=-1)), UNFIT),
    "a-parent-that-is-true": (ours(said(parent=True)), UNFIT),
    "a-role-that-is-none": (ours(said(role="admin")), NONE),
    "a-list-for-a-role": (ours(said(role=["user"])), NONE),
    "a-message-that-is-none": (ours(7), NONE),
    "a-list-for-a-text": (ours(said(text=["x"])), UNFIT),
    "a-rating-too-high": (ours(said(rating=6)), UNFIT),
    "calls-of-another-type": (ours(said(tool_calls={"0": CALL})), UNFIT),
    "a-call-without-a-name": (ours(said(tool_calls=[{"id": "1"}])), UNFIT),
    "a-call-with-more": (ours(said(tool_calls=[CALL | {"run": "x"}])), UNFIT),
    "a-head-outside": (
        ours(said(), head=2),
        "This file is broken or was cut short: message head does not fit into the story.",
    ),
    "a-running-generation": (
        ours(said(), generations=[{"message": 1, "status": "streaming"}]),
        "This file is broken or was cut short: generation 1 is none.",
    ),
    "a-generation-of-the-scene": (
        ours(said(), generations=[{"message": 0, "status": "done"}]),
        UNFIT,
    ),
    "tokens-below-zero": (
        ours(said(), generations=[{"message": 1, "status": "done", "output_tokens": -1}]),
        "This file is broken or was cut short: generation 1 is none.",
    ),
    "tokens-beyond-count": (
        ours(said(), generations=[{"message": 1, "status": "done", "input_tokens": 2**40}]),
        "This file is broken or was cut short: generation 1 is none.",
    ),
    "its-own-parent-elsewhere": (webui({"a": asked(parentId="a")}), CIRCLE),
    "a-circle-of-three": (
        webui({n: asked(parentId=p) for n, p in (("a", "c"), ("b", "a"), ("c", "b"))}),
        CIRCLE,
    ),
    "a-circle-beside-a-story": (
        webui({"a": asked(), "b": asked(parentId="c"), "c": asked(parentId="b")}),
        CIRCLE,
    ),
    "a-tree-without-words": (webui({"a": asked(content={})}), EMPTY),
    "a-circle-in-a-mapping": (
        {"mapping": {"a": {"parent": "b", "message": None}, "b": {"parent": "a"}}},
        CIRCLE,
    ),
    "a-message-too-long": (
        ours(said(text="x" * 200_001)),
        "Message 1 is 200001 characters long; 200000 fit into one.",
    ),
    "too-many-messages": (
        b'{"name":"a","mes":"b","is_user":false}\n' * (MOST_MESSAGES + 1),
        "There are more than 50000 messages in this file.",
    ),
    "too-many-stories": (
        [webui({"a": asked()})] * 201,
        "There are more than 200 stories in this file.",
    ),
    "too-large": (b" " * (MOST_BYTES + 1), "This file is larger than 11 MB."),
}


def counts():
    return [model.objects.count() for model in (Conversation, Message, Generation)]


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(case, show, alice, data_dir):
    data, sentence = REFUSED[case]
    answer = show(data)
    assert (answer.status_code, fault(answer)) == (422, sentence)
    assert counts() == [0, 0, 0]
    assert list(data_dir.glob("waiting/*/*")) == []


def test_what_no_database_can_hold_is_replaced(take_in):
    data = ours(said(text="a\x00b\ud800c", persona_name="n\udfff"), head=1, title="t\x00")
    (chat,) = take_in(data)
    assert (chat.title, chat.head.text) == ("t\ufffd", "a\ufffdb\ufffdc")
    assert chat.head.persona_name == "n\ufffd"


def test_a_tree_as_deep_as_it_may_be_comes_in(take_in):
    rows = [said(parent=place) for place in range(5000)]
    (chat,) = take_in(ours(*rows, head=5000))
    assert len(chat.thread()) == 5000


def test_without_a_file_the_form_says_so(alices_browser):
    answer = alices_browser.post("/chats/import/", {})
    assert (answer.status_code, fault(answer)) == (422, "Choose a file first.")


def test_somebody_else_s_file_is_not_there(show, bobs_browser, mei, bob):
    place = show(ours(said(), head=1)).headers["Location"]
    assert bobs_browser.get(place).headers["Location"] == "/chats/import/"
    assert bobs_browser.post(place, {"character": mei.pk}).headers["Location"] == "/chats/import/"
    assert counts() == [0, 0, 0]


def test_a_look_alone_stores_nothing(show, alices_browser, mei):
    place = show(ours(said(), head=1)).headers["Location"]
    assert alices_browser.get(place).status_code == 200
    assert counts() == [0, 0, 0]


def test_a_character_that_is_not_on_her_shelf_cannot_be_chosen(show, alices_browser, mei, bob):
    mei.owner, mei.visibility = bob, "private"
    mei.save()
    answer = alices_browser.post(
        show(ours(said(), head=1)).headers["Location"], {"character": mei.pk}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors["character"] == [
        "Select a valid choice. That choice is not one of the available choices."
    ]
    assert counts() == [0, 0, 0]


def test_an_import_that_breaks_off_leaves_nothing(show, alices_browser, mei):
    """The database fails at the last write of all."""

    def failing(execute, sql, params, many, context):
        if sql.startswith('UPDATE "conversations_conversation"'):
            raise DatabaseError("the disk is full")
        return execute(sql, params, many, context)

    place = show(ours(said(), head=1)).headers["Location"]
    with connection.execute_wrapper(failing), pytest.raises(DatabaseError):
        alices_browser.post(place, {"character": mei.pk})
    assert counts() == [0, 0, 0]


def test_two_presses_bring_one_story(show, alices_browser, alice, mei):
    place = show(ours(said(), head=1)).headers["Location"]
    alices_browser.post(place, {"character": mei.pk})
    assert alices_browser.post(place, {"character": mei.pk}).status_code == 302
    assert alice.conversations.count() == 1


def test_a_file_waits_for_an_hour_and_three_at_a_time(show, alices_browser, data_dir):
    places = [show(ours(said(), head=1)).headers["Location"] for _ in range(4)]
    assert len(list(data_dir.glob("waiting/*/*"))) == 3
    assert alices_browser.get(places[-1]).status_code == 200
    for path in data_dir.glob("waiting/*/*"):
        assert path.stat().st_mode & 0o777 == 0o600
        os.utime(path, (time.time() - 3601,) * 2)
    assert alices_browser.get(places[-1]).headers["Location"] == "/chats/import/"
    show(ours(said(), head=1))
    assert len(list(data_dir.glob("waiting/*/*"))) == 1
