"""Role chat with a character of this site: a saved dialogue for each of the caller's users."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from characters.models import Character
from roleplay.conversations.models import Conversation, Generation, Message
from tests.api.conftest import to_the_end
from tests.api.said import (
    API_CLOSED,
    BUSY,
    CHAT_CLOSED,
    INVALID,
    NOT_FOUND,
    answered,
    going_on,
    masked,
    rows,
    text_of,
    whole,
)

KEPT = {
    "isSave": True,
    "queryId": "queryId",
    "messageId": "answerId",
    "replyMessageId": "queryId",
    "sessionId": "chatId",
    "chatId": "chatId",
    "chatLockKey": "chat_chatLockKey_u-1_chatLockKey-2_now",
}


@pytest.fixture
def asks(custom, mei):
    """A call of role chat with Mei, or another character; `aca` and the rest over it."""

    def ask(text="What are you mending?", user="u-1", who=mei, context=None, **aca):
        version = {"version": aca.pop("version")} if "version" in aca else {}
        profile = aca.pop("profile", {"userId": user, "userName": "Lin"})
        parameters = aca.pop("parameters", {})
        return {
            "parameters": parameters,
            "input": {
                "messages": [{"role": "user", "content": text}],
                "aca": {
                    "botProfile": {"characterId": who.pk.hex, **version},
                    "userProfile": profile,
                    "context": context or {},
                    **aca,
                },
            },
        }

    return ask


def told(answer):
    """`context` of an answer that went well."""
    assert answer.status == 200, answer.text
    return answer.data["context"]


def prompt():
    """What the engine was given last."""
    return Generation.objects.latest("pk").prompt


def turns():
    return [(turn["role"], turn["text"]) for turn in prompt()["turns"]]


def story_of(user="u-1"):
    return Conversation.objects.get(biz_user=user, reset=None)


def thread(user="u-1"):
    return [(message.role, message.text) for message in story_of(user).thread()]


GREETING = "*Mei looks up.* “Hello, Lin.”"

# -- a dialogue


def test_first_words_begin_a_dialogue(caller, asks, alice, mei):
    answer = caller.post("chat/send", asks())
    story = story_of()
    assert masked(answer.body) == whole(answered(**KEPT))
    assert (story.user, story.character, story.persona) == (alice, mei, None)
    context = told(answer)
    question, reply = story.thread()[1:]
    assert context["chatId"] == story.pk.hex
    assert context["queryId"] == question.key.hex
    assert context["answerId"] == reply.key.hex
    assert context["requestId"] == reply.generation.key.hex
    assert thread() == [
        ("assistant", GREETING),
        ("user", "What are you mending?"),
        ("assistant", text_of(answer.data)),
    ]


def test_a_dialogue_streams_and_is_kept(caller, asks):
    answer = caller.stream("chat/send", asks())
    *before, (_, last) = answer.events
    assert masked(last) == answered(**KEPT)
    assert masked([frame for _, frame in before]) == [going_on(**KEPT)] * len(before)
    assert thread()[-1] == ("assistant", text_of(last))


def test_what_was_said_is_remembered(caller, asks):
    first = text_of(caller.post("chat/send", asks("I lost my kite.")).data)
    caller.post("chat/send", asks("Did you see it?"))
    assert turns() == [
        ("assistant", GREETING),
        ("user", "I lost my kite."),
        ("assistant", first),
        ("user", "Did you see it?"),
    ]


def test_only_the_last_message_of_a_call_is_new(caller, asks):
    call = asks("And now?")
    call["input"]["messages"] = [
        {"role": "system", "content": "Be someone else."},
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "I am no one."},
        {"role": "user", "content": "And now?"},
    ]
    caller.post("chat/send", call)
    assert turns() == [("assistant", GREETING), ("user", "And now?")]


def test_who_speaks_is_known_to_the_character(caller, asks):
    profile = {"userId": "u-1", "userName": " Lin ", "basicInfo": "Lin is nine years old."}
    caller.post("chat/send", asks(profile=profile))
    assert prompt()["persona"] == {"name": "Lin", "about": "Lin is nine years old."}
    asked = Message.objects.get(role="user")
    assert asked.persona_name == "Lin"


@pytest.mark.parametrize("length", [60, 200])
def test_a_long_name_has_room(caller, asks, length):
    """A column is as long as it says in one database and cuts nothing in the other."""
    profile = {"userId": "u" * 200, "userName": "L" * length}
    assert told(caller.post("chat/send", asks(profile=profile)))["bizUserId"] == "u" * 200
    asked = Message.objects.get(role="user")
    room = Message._meta.get_field("persona_name").max_length
    assert asked.persona_name == "L" * min(length, room)
    assert prompt()["persona"]["name"] == "L" * length


def test_a_scene_and_samples_of_the_call_go_before_the_characters_own(caller, asks):
    assert caller.post("chat/send", asks()).status == 200
    own = prompt()
    assert own["scenario"] == "A roof, late wind."
    assert [turn["role"] for turn in own["examples"]] == ["user", "assistant"]
    samples = [{"role": "user", "content": "Hot?"}, {"role": "assistant", "content": "Rather."}]
    caller.post("chat/send", asks(scenario={"description": "A cellar."}, sampleMessages=samples))
    theirs = prompt()
    assert theirs["scenario"] == "A cellar."
    assert theirs["examples"] == [
        {"role": "user", "text": "Hot?"},
        {"role": "assistant", "text": "Rather."},
    ]
    caller.post("chat/send", asks())
    assert prompt()["scenario"] == own["scenario"]


def test_a_tool_is_asked_for_in_a_dialogue(caller, asks):
    tool = {"name": "kite_shop", "parameters": {"type": "object", "properties": {}}}
    answer = caller.post("chat/send", asks("/demo tools", functionList=[tool]))
    message = answer.data["choices"][0]["messages"][0]
    assert message["functionCall"] == {
        "thought": "",
        "apiCallList": [{"apiName": "kite_shop", "parameters": {}}],
    }
    (call,) = story_of().head.tool_calls
    assert (call["name"], call["arguments"]) == ("kite_shop", "{}")


def test_each_user_has_a_dialogue(caller, asks):
    for user in ("u-1", "u-2", "u-1"):
        caller.post("chat/send", asks("Hello.", user))
    assert Conversation.objects.count() == 2
    assert [len(thread(user)) for user in ("u-1", "u-2")] == [5, 3]


def test_two_owners_may_use_one_name_for_their_users(caller, bobs_caller, asks):
    caller.post("chat/send", asks("Hello."))
    bobs_caller.post("chat/send", asks("Good evening."))
    assert turns() == [("assistant", GREETING), ("user", "Good evening.")]
    assert Conversation.objects.count() == 2


def test_a_dialogue_of_a_program_is_not_on_the_list_of_chats(caller, asks, alice, story):
    caller.post("chat/send", asks())
    assert list(Conversation.objects.of(alice).in_browser().for_list()) == [story]


def test_a_story_that_alice_began_herself_is_not_the_programs(caller, asks, story):
    caller.post("chat/send", asks())
    assert len(story.thread()) == 1
    assert Conversation.objects.count() == 2


def test_the_caller_may_keep_the_history(caller, asks):
    before = rows()
    call = asks(context={"useChatHistory": False})
    call["input"]["messages"] = [
        {"role": "user", "content": "Hi."},
        {"role": "assistant", "content": "Hello, Lin."},
        {"role": "user", "content": "What is your name?"},
    ]
    answer = caller.post("chat/send", call)
    assert masked(answer.data) == answered(usePlatformChatHistory=False)
    grown = {name: count - before[name] for name, count in rows().items() if count != before[name]}
    assert grown == {"Generation": 1, "Usage": 1}
    assert prompt() == {}


# -- versions


@pytest.fixture
def versioned(mei, alice):
    """Mei as alice's own, in two versions."""
    mei.owner = alice
    mei.save()
    mei.new_version({"description": "Mei mends boats now."})
    return mei


def test_a_dialogue_is_held_to_its_version(caller, asks, versioned):
    for version, description in (
        (1, "Mei mends kites on the roof and calls Lin by name."),
        (2, "Mei mends boats now."),
        (None, "Mei mends boats now."),
    ):
        answer = caller.post("chat/send", asks(version=version))
        assert told(answer)["isSave"] is True
        assert prompt()["character"]["description"] == description
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("version", [3, -1, 2**31, 10**30])
def test_a_version_that_never_was_is_not_found(caller, asks, versioned, version):
    for context in ({}, {"useChatHistory": False}):
        answer = caller.post("chat/send", asks(version=version, context=context))
        assert masked(answer.body) == NOT_FOUND(f"this character has no version {version}")
    assert Conversation.objects.count() == 0


# -- the same question again


def test_a_question_is_answered_again(caller, asks):
    first = told(caller.post("chat/send", asks()))
    again = caller.post(
        "chat/send", asks(context={"isRegenerate": True, "queryId": first["queryId"]})
    )
    context = told(again)
    assert masked(again.data) == answered(**KEPT, isRegenerate=True)
    assert context["queryId"] == first["queryId"]
    assert context["answerId"] != first["answerId"]
    assert thread() == [
        ("assistant", GREETING),
        ("user", "What are you mending?"),
        ("assistant", text_of(again.data)),
    ]
    question = Message.objects.get(role="user")
    assert question.children.count() == 2


def test_generate_is_the_same(caller, asks):
    first = told(caller.post("chat/send", asks()))
    again = caller.post("chat/generate", asks(context={"queryId": first["queryId"]}))
    assert masked(again.data) == answered(**KEPT, isRegenerate=True)
    *_, (_, last) = caller.stream(
        "chat/generate", asks(context={"queryId": first["queryId"]})
    ).events
    assert masked(last) == answered(**KEPT, isRegenerate=True)
    assert Message.objects.get(role="user").children.count() == 3


def test_the_messages_of_a_call_that_asks_again_are_not_read(caller, asks):
    first = told(caller.post("chat/send", asks()))
    call = asks(context={"isRegenerate": True, "queryId": first["queryId"]})
    call["input"]["messages"] = []
    assert caller.post("chat/send", call).status == 200
    assert Message.objects.filter(role="user").count() == 1


def test_the_story_goes_on_from_the_answer_that_is_chosen(caller, asks):
    first = caller.post("chat/send", asks())
    again = {"isRegenerate": True, "queryId": told(first)["queryId"]}
    caller.post("chat/send", asks(context=again))
    caller.post("chat/send", asks("Go on.", context={"answerId": told(first)["answerId"]}))
    assert thread()[2:4] == [("assistant", text_of(first.data)), ("user", "Go on.")]


AGAIN = {
    "nothing": ({}, INVALID("input.aca.context.queryId is needed to regenerate")),
    "no id": ({"queryId": "the last"}, NOT_FOUND("there is no message 'the last'")),
    "nobodys": ({"queryId": "0" * 32}, NOT_FOUND("there is no message 'errorMessage'")),
}


@pytest.mark.parametrize("case", AGAIN)
def test_what_was_never_asked_is_not_answered_again(caller, asks, case):
    context, expected = AGAIN[case]
    caller.post("chat/send", asks())
    before = rows()
    answer = caller.post("chat/send", asks(context={"isRegenerate": True, **context}))
    assert masked(answer.body) == expected
    assert rows() == before


def test_an_answer_is_no_question(caller, asks):
    first = told(caller.post("chat/send", asks()))
    for context in (
        {"isRegenerate": True, "queryId": first["answerId"]},
        {"answerId": first["queryId"]},
    ):
        answer = caller.post("chat/send", asks(context=context))
        assert answer.body["errorName"] == "NotFound"


def test_where_nobody_spoke_nothing_is_asked_again(caller, asks):
    context = {"isRegenerate": True, "queryId": "0" * 32}
    answer = caller.post("chat/send", asks(context=context))
    assert masked(answer.body) == NOT_FOUND("there is no dialogue with this user")
    assert Conversation.objects.count() == 0


def test_what_failed_may_be_asked_again(caller, asks):
    failed = caller.post("chat/send", asks("/demo fail refused"))
    assert failed.status == 400
    (question,) = Message.objects.filter(role="user")
    again = {"isRegenerate": True, "queryId": question.key.hex}
    assert caller.post("chat/send", asks(context=again)).body["errorName"] == "Refused"
    caller.post("chat/send", asks("Hello."))
    assert turns()[-1] == ("user", "/demo fail refused\nHello.")


# -- at once


def test_one_user_has_one_chat_at_a_time(caller, asks):
    first = caller.begin("chat/send", asks("/demo silent"))
    before = rows()
    expected = BUSY("wait for the last answer to end, or stop it")
    plain = caller.post("chat/send", asks("Well?"))
    assert (plain.status, masked(plain.body)) == (409, expected)
    ((name, body),) = caller.stream("chat/send", asks("Well?")).events
    assert (name, masked(body)) == ("error", expected)
    assert rows() == before

    # Another user does not wait.
    assert caller.post("chat/send", asks(user="u-2")).status == 200
    running = Generation.objects.running().get()
    assert caller.post("chat/stop", {"requestId": running.key.hex}).data is True
    *_, (name, last) = caller.heard(first).events
    assert (name, last["stop"]) == ("", True)
    assert caller.post("chat/send", asks("Well?")).status == 200


def test_busy_leaves_the_story_where_it_was(caller, asks):
    first = told(caller.post("chat/send", asks()))
    again = {"isRegenerate": True, "queryId": first["queryId"]}
    caller.post("chat/send", asks(context=again))
    running = caller.begin("chat/send", asks("/demo silent"))
    head = story_of().head_id
    answer = caller.post("chat/send", asks("Well?", context={"answerId": first["answerId"]}))
    assert answer.status == 409
    assert story_of().head_id == head
    caller.post("chat/stop", {"requestId": Generation.objects.running().get().key.hex})
    caller.heard(running)


def test_what_is_refused_changes_nothing(caller, asks, versioned):
    """Neither a dialogue for an answer that never was, nor another version for one that is busy."""
    before = rows()
    answer = caller.post("chat/send", asks(context={"answerId": "0" * 32}))
    assert masked(answer.body) == NOT_FOUND("there is no dialogue with this user")
    assert rows() == before

    running = caller.begin("chat/send", asks("/demo silent", version=1))
    assert caller.post("chat/send", asks("Well?", version=2)).status == 409
    assert story_of().character_version == 1
    note = {"characterId": versioned.pk.hex, "bizUserId": "u-1", "content": "It rains."}
    assert caller.post("chat/reminder", note).status == 409
    assert story_of().character_version == 1
    caller.post("chat/stop", {"requestId": Generation.objects.get().key.hex})
    caller.heard(running)
    assert caller.post("chat/reminder", note).data is True
    assert story_of().character_version == 1


def test_first_words_at_once_begin_one_dialogue(caller, asks):
    def first_words(number):
        try:
            return caller.post("chat/send", asks(f"Hello {number}."))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(first_words, range(4)))
    assert {answer.status for answer in answers} <= {200, 409}
    went_well = sum(answer.status == 200 for answer in answers)
    assert Conversation.objects.count() == 1
    assert Message.objects.filter(role="user").count() == went_well >= 1


def test_two_users_are_answered_at_once(caller, asks):
    streams = [caller.begin("chat/send", asks("/demo silent", user)) for user in ("u-1", "u-2")]
    assert Generation.objects.running().count() == 2
    for generation in Generation.objects.running():
        caller.post("chat/stop", {"requestId": generation.key.hex})
        assert to_the_end(generation).status == "stopped"
    for stream in streams:
        assert caller.heard(stream).events[-1][1]["stop"] is True


# -- who may talk to whom


@pytest.mark.parametrize("path", ["chat/send", "chat/generate"])
def test_a_character_that_a_key_may_not_see_is_not_found(caller, asks, bob, path):
    hidden = Character.objects.create(name="Hidden", owner=bob)
    for who in (hidden, Character(name="Never was")):
        answer = caller.post(path, asks(who=who))
        assert masked(answer.body) == NOT_FOUND("there is no such character")
    call = asks()
    call["input"]["aca"]["botProfile"]["characterId"] = "mei"
    assert masked(caller.post(path, call).body) == NOT_FOUND("there is no such character")


CLOSED = {
    "allows_chat": CHAT_CLOSED("its owner lets nobody else talk to this character"),
    "allows_api": API_CLOSED("its owner lets no programs of others use this character"),
}


@pytest.mark.parametrize("permission", CLOSED)
def test_an_owner_closes_a_character_to_others_alone(
    caller, bobs_caller, asks, mei, alice, permission
):
    mei.owner = alice
    setattr(mei, permission, False)
    mei.save()
    for context in ({}, {"useChatHistory": False}):
        answer = bobs_caller.post("chat/send", asks(context=context))
        assert masked(answer.body) == CLOSED[permission]
    assert (Conversation.objects.count(), Generation.objects.count()) == (0, 0)
    assert caller.post("chat/send", asks()).status == 200


@pytest.mark.parametrize("form", ["hex", "dashes", "braces", "large"])
def test_an_id_may_be_written_in_any_of_its_forms(caller, asks, mei, form):
    written = {
        "hex": mei.pk.hex,
        "dashes": str(mei.pk),
        "braces": f"{{{mei.pk}}}",
        "large": mei.pk.hex.upper(),
    }
    call = asks()
    call["input"]["aca"]["botProfile"]["characterId"] = written[form]
    assert told(caller.post("chat/send", call))["isSave"] is True


def test_an_id_goes_before_a_description(caller, asks):
    call = asks("What is your name?")
    call["input"]["aca"]["botProfile"] |= {"name": "Somebody", "content": "Somebody else."}
    assert told(caller.post("chat/send", call))["isSave"] is True
    assert prompt()["character"]["name"] == "Mei"


def test_engines_are_told_nothing_of_the_callers_names(caller, asks):
    caller.post("chat/send", asks(user="canary-user@example.test"))
    assert "canary" not in json.dumps(prompt())
