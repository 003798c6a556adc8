"""Stop, rating, reminder, reset, and the picture that never comes."""

import pytest

from roleplay.conversations.models import Conversation, Generation, Message
from tests.api.conftest import to_the_end
from tests.api.said import (
    API_CLOSED,
    BUSY,
    CHAT_CLOSED,
    INVALID,
    NOT_FOUND,
    SPOKEN,
    masked,
    rows,
    whole,
)

NOBODY = "0" * 32


@pytest.fixture
def asks(mei):
    """A call of role chat with Mei."""

    def ask(text="What are you mending?", user="u-1"):
        aca = {"botProfile": {"characterId": mei.pk.hex}, "userProfile": {"userId": user}}
        return {"input": {"messages": [{"role": "user", "content": text}], "aca": aca}}

    return ask


def turns():
    """What the engine was given last, as pairs of role and text."""
    return [
        (turn["role"], turn["text"]) for turn in Generation.objects.latest("pk").prompt["turns"]
    ]


def went_well(answer):
    assert (answer.status, masked(answer.body)) == (200, whole(True))


# -- stop


@pytest.mark.parametrize("saved", [True, False], ids=["saved", "once"])
def test_a_running_answer_ends_with_what_it_has(caller, custom, asks, saved):
    call = asks("/demo silent") if saved else custom
    call["input"]["messages"][0]["content"] = "/demo silent"
    stream = caller.begin("chat/send", call)
    generation = Generation.objects.get()
    went_well(caller.post("chat/stop", {"requestId": generation.key.hex, "content": ""}))
    ((name, last),) = caller.heard(stream).events
    message = {**SPOKEN, "content": ""}
    assert (name, last["stop"]) == ("", True)
    assert last["choices"] == [{"messages": [message], "stopReason": "stop"}]
    assert last["usage"]["inputTokens"] > 0
    assert to_the_end(generation).status == "stopped"


def test_an_assistant_is_stopped_the_same_way(caller):
    said = [{"role": "user", "content": "/demo silent"}]
    stream = caller.begin("completions", {"messages": said, "stream": True})
    went_well(caller.post("chat/stop", {"requestId": Generation.objects.get().key.hex}))
    ((_, last),) = caller.heard(stream).events
    assert (last["stop"], last["choices"][0]["finish_reason"]) == (True, "stop")


def test_what_does_not_run_cannot_be_stopped(caller, asks):
    answered = caller.post("chat/send", asks()).data["requestId"]
    for request_id in (answered, NOBODY, "no id", "'; --"):
        answer = caller.post("chat/stop", {"requestId": request_id})
        assert (answer.status, masked(answer.body)) == (200, whole(False))


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "requestId Field required"),
        ({"requestId": ""}, "requestId String should have at least 1 character"),
        ({"requestId": 5}, "requestId Input should be a valid string"),
        ({"requestId": None}, "requestId Field required"),
    ],
)
def test_a_stop_names_what_to_stop(caller, body, detail):
    assert masked(caller.post("chat/stop", body).body) == INVALID(detail)


# -- rating


@pytest.mark.parametrize("rating", [-1, 0, 5])
def test_an_answer_is_rated(caller, asks, rating):
    answer_id = caller.post("chat/send", asks()).data["context"]["answerId"]
    went_well(caller.post("chat/rating", {"messageId": answer_id, "rating": rating}))
    assert Message.objects.get(key=answer_id).rating == rating


@pytest.mark.parametrize(
    ("rating", "detail"),
    [
        (-2, "rating Input should be greater than or equal to -1"),
        (6, "rating Input should be less than or equal to 5"),
        ("5", "rating Input should be a valid integer"),
        (True, "rating Input should be a valid integer"),
        (4.5, "rating Input should be a valid integer"),
        (None, "rating Field required"),
    ],
)
def test_a_rating_is_one_of_seven(caller, asks, rating, detail):
    answer_id = caller.post("chat/send", asks()).data["context"]["answerId"]
    answer = caller.post("chat/rating", {"messageId": answer_id, "rating": rating})
    assert masked(answer.body) == INVALID(detail)
    assert Message.objects.get(key=answer_id).rating is None


def test_only_saved_answers_are_rated(caller, custom, asks):
    question = caller.post("chat/send", asks()).data["context"]["queryId"]
    once = caller.post("chat/send", custom).data["context"]["answerId"]
    for message_id, detail in (
        (question, "there is no such answer; only saved ones can be rated"),
        (once, "there is no such answer; only saved ones can be rated"),
        (NOBODY, "there is no such answer; only saved ones can be rated"),
        ("no id", "there is no such message"),
    ):
        answer = caller.post("chat/rating", {"messageId": message_id, "rating": 1})
        assert masked(answer.body) == NOT_FOUND(detail)


# -- reminder


@pytest.mark.parametrize("path", ["chat/reminder", "chat/message/reminder"])
def test_a_note_is_read_by_the_character_alone(caller, asks, mei, path):
    caller.post("chat/send", asks("Hello."))
    note = {"characterId": mei.pk.hex, "bizUserId": "u-1", "content": "It began to rain."}
    went_well(caller.post(path, note))
    caller.post("chat/send", asks("Well?"))
    assert turns()[-2:] == [("system", "It began to rain."), ("user", "Well?")]
    where = {"where": {"bizUserId": "u-1"}, "pageSize": 50}
    kept = caller.post("chat/message/histories", where).data["list"]
    assert "It began to rain." not in [one["content"] for one in kept]


def test_a_note_begins_no_dialogue(caller, mei):
    note = {"characterId": mei.pk.hex, "bizUserId": "u-9", "content": "It began to rain."}
    answer = caller.post("chat/reminder", note)
    assert masked(answer.body) == NOT_FOUND("there is no dialogue with this user")
    assert Conversation.objects.count() == 0


def test_only_so_many_notes_wait_for_an_answer(caller, asks, mei):
    caller.post("chat/send", asks("Hello."))
    note = {"characterId": mei.pk.hex, "bizUserId": "u-1", "content": "It began to rain."}
    for _ in range(10):
        went_well(caller.post("chat/reminder", note))
    before = rows()
    expected = INVALID("10 notes wait already for the character's next answer")
    assert masked(caller.post("chat/reminder", note).body) == expected
    assert rows() == before
    caller.post("chat/send", asks("Well?"))
    went_well(caller.post("chat/reminder", note))


def test_a_note_waits_for_the_end_of_an_answer(caller, asks, mei):
    stream = caller.begin("chat/send", asks("/demo silent"))
    before = rows()
    note = {"characterId": mei.pk.hex, "bizUserId": "u-1", "content": "It began to rain."}
    answer = caller.post("chat/reminder", note)
    expected = BUSY("wait for the last answer to end, or stop it")
    assert (answer.status, masked(answer.body)) == (409, expected)
    assert rows() == before
    caller.post("chat/stop", {"requestId": Generation.objects.get().key.hex})
    caller.heard(stream)
    went_well(caller.post("chat/reminder", note))


@pytest.mark.parametrize("name", ["characterId", "content", "bizUserId"])
def test_a_note_needs_all_three(caller, mei, name):
    note = {"characterId": mei.pk.hex, "bizUserId": "u-1", "content": "It began to rain."}
    for body, detail in (
        ({**note, name: None}, f"{name} Field required"),
        ({**note, name: ""}, f"{name} String should have at least 1 character"),
        ({**note, name: 1}, f"{name} Input should be a valid string"),
    ):
        assert masked(caller.post("chat/reminder", body).body) == INVALID(detail)
    assert Conversation.objects.count() == 0


# -- reset


def test_after_a_reset_the_dialogue_begins_anew(caller, asks, mei):
    caller.post("chat/send", asks("Remember: seven."))
    caller.post("chat/send", asks("Another user's.", "u-2"))
    went_well(caller.post("chat/reset", {"characterId": mei.pk.hex, "userId": "u-1"}))

    where = {"where": {"characterId": mei.pk.hex, "bizUserId": "u-1"}}
    assert caller.post("chat/message/histories", where).data["total"] == 0
    caller.post("chat/send", asks("Which number?"))
    assert turns() == [("assistant", "*Mei looks up.* “Hello, you.”"), ("user", "Which number?")]
    assert caller.post("chat/message/histories", where).data["total"] == 3
    other = {"where": {"bizUserId": "u-2"}}
    assert caller.post("chat/message/histories", other).data["total"] == 3


def test_a_reset_ends_what_is_being_written(caller, asks, mei):
    stream = caller.begin("chat/send", asks("/demo silent"))
    went_well(caller.post("chat/reset", {"characterId": mei.pk.hex, "userId": "u-1"}))
    assert caller.heard(stream).events[-1][1]["stop"] is True
    assert to_the_end(Generation.objects.get()).status == "stopped"
    assert caller.post("chat/send", asks()).status == 200


def test_a_reset_of_nothing_went_well(caller, mei):
    went_well(caller.post("chat/reset", {"characterId": mei.pk.hex, "userId": "nobody"}))
    went_well(caller.post("chat/reset", {"characterId": mei.pk.hex, "userId": "nobody"}))
    assert Conversation.objects.count() == 0


@pytest.mark.parametrize("path", ["chat/reset", "chat/reminder"])
def test_a_character_has_to_be_there(caller, bobs_caller, mei, alice, path):
    body = {"userId": "u-1", "bizUserId": "u-1", "content": "It began to rain."}
    for character in (NOBODY, "mei"):
        answer = caller.post(path, {**body, "characterId": character})
        assert masked(answer.body) == NOT_FOUND("there is no such character")
    mei.owner, mei.allows_chat = alice, False
    mei.save()
    answer = bobs_caller.post(path, {**body, "characterId": mei.pk.hex})
    told = "its owner lets nobody else talk to this character"
    assert masked(answer.body) == CHAT_CLOSED(told)
    mei.allows_chat, mei.allows_api = True, False
    mei.save()
    answer = bobs_caller.post(path, {**body, "characterId": mei.pk.hex})
    told = "its owner lets no programs of others use this character"
    assert masked(answer.body) == API_CLOSED(told)


# -- pictures


@pytest.mark.parametrize("query", [{}, {"messageId": "1", "userId": "7"}, {"messageId": 1}])
def test_there_are_no_pictures(caller, query):
    answer = caller.get("chat/polling/image", **query)
    assert masked(answer.body) == whole(
        {
            "taskId": "",
            "status": "NOT_OFFERED",
            "errorMessage": "This site has no picture service.",
            "fileUrl": [],
            "fileUrls": [],
        }
    )
