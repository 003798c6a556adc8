"""Tools in a saved dialogue, the caller's scene, and which version answers."""

import pytest

from roleplay.api import casting
from roleplay.api.bodies import read_shape
from roleplay.api.shapes.chat import ChatRequest
from roleplay.conversations.models import Conversation, Generation
from tests.api.said import INVALID, NOT_FOUND, masked, rows

TOOLS = [{"name": "weather", "parameters": {"type": "object", "properties": {}}}]
FOUND = {"role": "function", "name": "weather", "content": '{"temperature": 26}'}


@pytest.fixture
def asks(mei):
    """A call of role chat with Mei that ends with these messages."""

    def ask(*messages, version=None, **aca):
        profile = {"characterId": mei.pk.hex, "version": version}
        user = {"userId": "u-1", "userName": "Lin"}
        aca = {"botProfile": profile, "userProfile": user, "functionList": TOOLS, **aca}
        return {"input": {"messages": list(messages), "aca": aca}}

    return ask


def user(text):
    return {"role": "user", "content": text}


def turns():
    """What the engine was given last, without the greeting."""
    return [turn["role"] for turn in Generation.objects.latest("pk").prompt["turns"][1:]]


def roles():
    return [message.role for message in Conversation.objects.get().thread()[1:]]


def test_a_functions_result_answers_its_call(caller, asks):
    caller.post("chat/send", asks(user("/demo tools")))
    answer = caller.post("chat/send", asks(FOUND))
    assert "26" in answer.data["choices"][0]["messages"][0]["content"]
    assert roles() == ["user", "assistant", "tool", "assistant"]
    assert turns() == ["user", "assistant", "tool"]
    context = {"isRegenerate": True, "queryId": answer.data["context"]["queryId"]}
    again = caller.post("chat/send", asks(context=context))
    assert again.data["context"]["queryId"] == context["queryId"]
    assert turns() == ["user", "assistant", "tool"]


def test_who_speaks_past_a_call_leaves_it_behind(caller, asks):
    caller.post("chat/send", asks(user("/demo tools")))
    assert caller.post("chat/send", asks(user("Never mind."))).status == 200
    assert turns() == ["user"]
    answer = caller.post("chat/send", asks(FOUND))
    assert masked(answer.body) == INVALID("no call of this dialogue waits for a function's result")


def two_calls(caller, asks):
    """A dialogue that waits for the results of two calls of one tool."""
    caller.post("chat/send", asks(user("/demo tools")))
    head = Conversation.objects.get().head
    (call,) = head.tool_calls
    head.tool_calls = [call, {**call, "id": "second"}]
    head.save()


def test_results_come_together(caller, asks):
    two_calls(caller, asks)
    before = rows()
    answer = caller.post("chat/send", asks(FOUND))
    expected = INVALID("send the results of all calls together: weather, weather")
    assert masked(answer.body) == expected
    assert rows() == before
    assert caller.post("chat/send", asks(FOUND, FOUND)).status == 200
    assert turns() == ["user", "assistant", "tool", "tool"]


def test_without_a_dialogue_there_is_no_call(caller, asks):
    answer = caller.post("chat/send", asks(FOUND))
    assert masked(answer.body) == NOT_FOUND("there is no dialogue with this user")
    assert Conversation.objects.count() == 0


# -- versions


@pytest.fixture
def versioned(mei, alice):
    mei.owner = alice
    mei.save()
    mei.new_version({"description": "Mei mends boats now."})
    return mei


def described():
    return Generation.objects.latest("pk").prompt["character"]["description"]


def test_version_0_is_the_current_one(caller, asks, versioned):
    assert caller.post("chat/send", asks(user("Hi."), version=0)).status == 200
    assert described() == "Mei mends boats now."


def test_another_answer_is_given_in_the_version_that_is_named(caller, asks, versioned):
    first = caller.post("chat/send", asks(user("Hi.")))
    again = {"isRegenerate": True, "queryId": first.data["context"]["queryId"]}
    caller.post("chat/send", asks(version=1, context=again))
    assert described() == "Mei mends kites on the roof and calls Lin by name."


def test_an_answer_that_never_was_changes_no_version(caller, asks, versioned):
    caller.post("chat/send", asks(user("Hi."), version=1))
    answer = caller.post("chat/send", asks(user("Well?"), context={"answerId": "0" * 32}))
    assert answer.body["errorName"] == "NotFound"
    assert Conversation.objects.get().character_version == 1


@pytest.mark.parametrize("path", ["chat/send", "chat/generate"])
def test_a_described_role_says_that_it_answered_again(caller, custom, path):
    custom["input"]["aca"]["context"] = {"isRegenerate": True}
    assert caller.post(path, custom).data["context"]["isRegenerate"] is True


# -- the scene of a history that the caller keeps


@pytest.mark.parametrize("scene", ["", "A cellar of {{char}}."])
def test_the_scene_holds_names_and_what_the_system_says(alice, mei, asks, scene):
    mei.scenario = "A roof of {{char}} and {{user}}."
    system = {"role": "system", "content": "It rains on {{user}}."}
    body = asks(system, user("Hi."), scenario={"description": scene})
    asked = read_shape(ChatRequest, body)
    prompt = casting.character_prompt(
        alice, mei, asked.input.aca, asked.parameters, asked.input.messages
    )
    own = "A cellar of Mei." if scene else "A roof of Mei and Lin."
    assert prompt.scenario == f"{own}\nIt rains on Lin."
