"""How much one call may bring, and how little work a wrong one makes."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from roleplay.api import casting, models_door
from roleplay.api.bodies import read_shape
from roleplay.api.shapes.chat import ApiCall, ChatMessage, FunctionCall
from roleplay.api.shapes.openai_like import ChatCompletionRequest
from roleplay.conversations.models import Generation
from tests.api.said import INVALID, TOO_LONG, masked, rows

LONG = "你" * 30_000
TOO_MUCH = TOO_LONG("send fewer or shorter messages")


class Counted(str):
    """A name that counts how often it is compared."""

    compared = 0

    def __eq__(self, other):
        type(self).compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_a_result_is_looked_for_among_the_calls_of_one_message():
    calls = FunctionCall.model_construct(
        thought="", api_call_list=[ApiCall(apiName=f"tool {n}") for n in range(100)]
    )
    asked = ChatMessage.model_construct(role="assistant", content="", name="", function_call=calls)
    result = ChatMessage.model_construct(
        role="function", content="x", name=Counted("none"), function_call=None
    )
    turns = casting.turns_of([asked] * 50 + [result] * 50)
    assert [turn.role for turn in turns] == ["assistant"] * 50 + ["tool"] * 50
    assert 0 < Counted.compared <= 50 * 100


def test_a_message_has_so_many_calls(caller, custom):
    asked = {"role": "assistant", "functionCall": {"apiCallList": [{}] * 129}}
    custom["input"]["messages"].insert(0, asked)
    told = "List should have at most 128 items after validation, not 129"
    expected = INVALID(f"input.messages[0].functionCall.apiCallList {told}")
    assert masked(caller.post("chat/send", custom).body) == expected


def platform(custom, mei):
    aca = {**custom["input"]["aca"], "botProfile": {"characterId": mei.pk.hex}}
    return {"input": {**custom["input"], "aca": aca}}


PLACES = ["a role", "a dialogue", "its own history", "completions", "chat/completions", "v1"]


@pytest.mark.parametrize("place", PLACES)
def test_what_no_engine_could_read_is_refused_and_not_kept(caller, custom, mei, place):
    before = rows()
    custom["input"]["aca"]["memory"] = {"summaries": [LONG]}
    said = {"messages": [{"role": "user", "content": LONG}]}
    if place == "v1":
        answer = caller.ask("chat/completions", {**said, "model": f"character/{mei.pk}"})
        assert answer.body["error"]["message"] == TOO_MUCH["errorMessage"]
        assert rows() == before
        return
    if "completions" in place:
        answer = caller.post(place, said)
    else:
        body = custom if place == "a role" else platform(custom, mei)
        if place == "its own history":
            body["input"]["aca"]["context"] = {"useChatHistory": False}
        answer = caller.post("chat/send", body)
    assert (answer.status, masked(answer.body)) == (400, TOO_MUCH)
    assert rows() == before


def test_a_tool_has_no_endless_schema(caller, custom):
    tool = {"name": "weather", "parameters": {"enum": ["x" * 20_000]}}
    custom["input"]["aca"]["functionList"] = [tool]
    told = "Value error, a tool's parameters have at most 20000 characters of JSON"
    expected = INVALID(f"input.aca.functionList[0].parameters {told}")
    assert masked(caller.post("chat/send", custom).body) == expected


@pytest.mark.parametrize("door", ["completions", "chat/completions", "v1"])
def test_where_only_the_assistant_spoke_there_is_nothing_to_answer(caller, mei, door):
    said = [{"role": "user", "content": " "}, {"role": "assistant", "content": "Hello."}]
    body = {"messages": said, "model": f"character/{mei.pk}"}
    answer = caller.ask("chat/completions", body) if door == "v1" else caller.post(door, body)
    told = INVALID("messages hold nothing to answer")
    if door == "v1":
        assert answer.body["error"]["message"] == told["errorMessage"]
    else:
        assert masked(answer.body) == told
    assert Generation.objects.count() == 0


def test_the_list_of_models_reads_no_sheets(caller, mei):
    with CaptureQueriesContext(connection) as asked:
        (model,) = caller.get("models", root="/v1/").body["data"]
    assert model["name"] == "Mei"
    (shelf,) = [one["sql"] for one in asked if 'FROM "characters_character"' in one["sql"]]
    assert "description" not in shelf


def test_engines_cannot_count_an_owner_back(caller, alice, mei):
    read = {"messages": [{"role": "user", "content": "Hi."}]}
    prompt = models_door.prompt_of(alice, mei, read_shape(ChatCompletionRequest, read))
    assert prompt.persona.user_id == casting.opaque_user(alice, f"character/{mei.pk}")
