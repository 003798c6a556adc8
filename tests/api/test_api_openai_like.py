"""The doors that speak as OpenAI does: the vendor's `chat/completions`, and `/v1`."""

import json

import pytest

from characters.models import Character
from roleplay.conversations.models import Conversation, Generation, Message
from tests.api.said import INVALID, masked

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
    },
}
HELLO = [{"role": "user", "content": "What is your name?"}]


@pytest.fixture(params=["vendor", "v1"])
def door(request, caller, mei):
    """Asks at one of the two doors, and says how its frames begin."""
    if request.param == "vendor":
        role = {"botProfile": {"name": "Mei", "content": "Mei mends kites."}}
        ours = {"model": "xingchen-max", "aca": {**role, "userProfile": {"userId": "u-1"}}}
        return Door(lambda body: caller.post("chat/completions", ours | body), "data:", ours)
    ours = {"model": f"character/{mei.pk}"}
    return Door(lambda body: caller.ask("chat/completions", ours | body), "data: ", ours)


class Door:
    def __init__(self, ask, lead, ours):
        self.ask, self.lead, self.model = ask, lead, ours["model"]

    def chunks(self, body):
        answer = self.ask({"stream": True, **body})
        assert answer.status == 200, answer.text
        *chunks, end, rest = answer.text.split("\n\n")
        assert (end, rest) == (f"{self.lead}[DONE]", "")
        assert all(chunk.startswith(f"{self.lead}{{") for chunk in chunks)
        return [json.loads(chunk.removeprefix(self.lead)) for chunk in chunks]

    def whole(self, *messages, reason="stop"):
        """The body of a plain answer, masked."""
        choices = [
            {"index": place, "message": message, "finish_reason": reason}
            for place, message in enumerate(messages)
        ]
        return {
            **self.head("chat.completion"),
            "choices": choices,
            "usage": {
                "prompt_tokens": "count",
                "completion_tokens": "count",
                "total_tokens": "count",
            },
        }

    def chunk(self, delta, reason=None):
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {**self.head("chat.completion.chunk"), "choices": [choice]}

    def head(self, kind):
        model = "character/id" if self.model.startswith("character") else self.model
        return {"id": "chatcmpl-id", "object": kind, "created": "now", "model": model}


def told(value):
    """Masked; the character's id in the model's name is none that differs."""
    if isinstance(value, dict) and str(value.get("model", "")).startswith("character/"):
        value = {**value, "model": "character/id"}
    if isinstance(value, list):
        return [told(one) for one in value]
    return masked(value)


SAID = {"role": "assistant", "content": "words"}


def test_a_whole_answer(door):
    answer = door.ask({"messages": HELLO})
    assert (answer.status, told(answer.body)) == (200, door.whole(SAID))
    assert "Mei" in answer.body["choices"][0]["message"]["content"]
    usage = answer.body["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]


def test_a_stream_is_of_pieces(door):
    body = {"messages": HELLO, "seed": 2}
    chunks = door.chunks(body)
    first, *middle, last = chunks
    assert first["choices"][0]["delta"]["role"] == "assistant"
    pieces = [chunk["choices"][0]["delta"]["content"] for chunk in (first, *middle)]
    assert told(last) == door.chunk({}, "stop")
    assert [told(chunk) for chunk in middle] == [
        door.chunk({"content": text}) for text in pieces[1:]
    ]
    plain = door.ask(body).body["choices"][0]["message"]["content"]
    assert "".join(pieces) == plain
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_what_it_cost_is_told_where_it_is_asked_for(door):
    *before, last = door.chunks({"messages": HELLO, "stream_options": {"include_usage": True}})
    counts = {"prompt_tokens": "count", "completion_tokens": "count", "total_tokens": "count"}
    expected = {**door.head("chat.completion.chunk"), "choices": [], "usage": counts}
    assert told(last) == expected
    assert not any("usage" in chunk for chunk in before)


def test_several_answers(door):
    answer = door.ask({"messages": HELLO, "n": 3})
    assert told(answer.body) == door.whole(SAID, SAID, SAID)
    assert Generation.objects.filter(status="done").count() == 3


@pytest.mark.parametrize("several", [False, True], ids=["one word", "a list"])
def test_an_answer_stops_where_it_is_told_to(door, several):
    body = {"messages": HELLO, "seed": 2}
    plain = door.ask(body).body["choices"][0]["message"]["content"]
    word = plain[20:25]
    answer = door.ask({**body, "stop": ["never said", word] if several else word})
    assert answer.body["choices"][0]["message"]["content"] == plain[: plain.index(word)]


def test_a_cut_answer_says_so(door):
    answer = door.ask({"messages": HELLO, "max_tokens": 5})
    assert told(answer.body) == door.whole(SAID, reason="length")
    answer = door.ask({"messages": HELLO, "max_tokens": 500, "max_completion_tokens": 5})
    assert told(answer.body) == door.whole(SAID, reason="length")


def test_a_tool_is_asked_for(door):
    body = {"messages": [{"role": "user", "content": "/demo tools"}], "tools": [WEATHER]}
    answer = door.ask(body)
    (call,) = answer.body["choices"][0]["message"]["tool_calls"]
    assert call["id"]
    function = {"name": "weather", "arguments": '{"location": "示例"}'}
    asked = {"id": call["id"], "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [asked]}
    assert told(answer.body) == door.whole(message, reason="tool_calls")

    first, last = door.chunks(body)
    ((call,),) = [first["choices"][0]["delta"]["tool_calls"]]
    delta = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"index": 0, "id": call["id"], "type": "function", "function": function}],
    }
    assert first["choices"] == [{"index": 0, "delta": delta, "finish_reason": None}]
    assert told(last) == door.chunk({}, "tool_calls")

    result = {"role": "tool", "tool_call_id": asked["id"], "content": '{"temperature": 26}'}
    body["messages"] += [message, result]
    assert "26" in door.ask(body).body["choices"][0]["message"]["content"]


def test_content_may_come_in_parts(door):
    parts = [
        {"type": "text", "text": "What is "},
        {"type": "image_url", "image_url": {"url": "https://x.test/a.png"}},
        {"type": "text", "text": "your name?"},
    ]
    body = {"messages": [{"role": "user", "content": parts}], "seed": 3}
    whole = {"messages": HELLO, "seed": 3}
    assert door.ask(body).body["choices"] == door.ask(whole).body["choices"]


def test_what_was_rewritten_stands_at_the_end(door):
    body = {"messages": [{"role": "user", "content": "/demo replace"}], "seed": 3}
    plain = door.ask(body).body["choices"][0]["message"]["content"]
    pieces = [chunk["choices"][0]["delta"].get("content", "") for chunk in door.chunks(body)]
    assert "".join(pieces).endswith(plain)


def test_nothing_of_it_is_kept(door):
    door.ask({"messages": HELLO})
    assert (Conversation.objects.count(), Message.objects.count()) == (0, 0)
    assert list(Generation.objects.values_list("prompt", flat=True)) == [{}]


FAULTS = {
    "no messages": ({"messages": []}, "messages List should have at least 1 item"),
    "nothing said": (
        {"messages": [{"role": "system", "content": "Be kind."}]},
        "messages hold nothing to answer",
    ),
    "too many": ({"messages": HELLO, "n": 5}, "n Input should be less than or equal to 4"),
    "temperature": ({"messages": HELLO, "temperature": 3}, "temperature Input should be less"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_does_not_fit_is_named(door, case):
    body, detail = FAULTS[case]
    answer = door.ask(body)
    assert answer.status == 400
    told_of = answer.body.get("errorMessage") or answer.body["error"]["message"]
    assert told_of.startswith(f"Invalid Param: {detail}")


# -- the vendor's own


def test_a_character_of_this_site_has_another_door(caller, mei):
    body = {"messages": HELLO, "aca": {"botProfile": {"characterId": mei.pk.hex}}}
    detail = "name a character of this site in chat/send, or as a model of /v1"
    assert masked(caller.post("chat/completions", body).body) == INVALID(detail)


def test_a_system_message_may_be_all_there_is_of_a_role(caller):
    system = {"role": "system", "content": "You mend clocks."}
    answer = caller.post("chat/completions", {"messages": [system, *HELLO]})
    assert answer.body["model"] == "xingchen-plus-latest"
    assert answer.body["choices"][0]["message"]["content"]


# -- /v1


def test_models_are_the_characters_on_the_shelf(caller, alice, bob, mei):
    mine = Character.objects.create(name="Pip", owner=alice)
    Character.objects.create(name="Hidden", owner=bob)
    Character.objects.create(name="Shut", owner=bob, visibility="public", allows_api=False)
    answer = caller.get("models", "/v1/")
    shown = [
        {
            "id": f"character/{one.pk}",
            "object": "model",
            "created": int(one.created.timestamp()),
            "owned_by": "lamplight",
            "name": one.name,
        }
        for one in (mine, mei)
    ]
    assert (answer.status, answer.body) == (200, {"object": "list", "data": shown})
    one = caller.get(f"models/character/{mine.pk}", "/v1/")
    assert (one.status, one.body) == (200, shown[0])


def test_an_owner_speaks_to_what_others_may_not(caller, bobs_caller, mei, bob):
    mei.owner, mei.allows_api = bob, False
    mei.save()
    body = {"model": f"character/{mei.pk}", "messages": HELLO}
    assert bobs_caller.ask("chat/completions", body).status == 200
    assert caller.ask("chat/completions", body).status == 404


@pytest.mark.parametrize("named", [{}, {"model": None}, {"model": ""}, {"model": " "}])
def test_a_call_that_names_no_model_lacks_a_field(caller, named):
    error = {
        "message": "Invalid Param: model Field required; /v1/models lists them",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    answer = caller.ask("chat/completions", {"messages": HELLO, **named})
    assert (answer.status, answer.body) == (400, {"error": error})


@pytest.mark.parametrize("name", ["gpt-4", "character/", "character/mei", "character/" + "0" * 32])
def test_another_model_is_not_there(caller, name):
    error = {
        "message": f"Not Found: there is no model {name!r}; /v1/models lists them",
        "type": "invalid_request_error",
        "param": None,
        "code": "model_not_found",
    }
    answer = caller.ask("chat/completions", {"model": name, "messages": HELLO})
    assert (answer.status, answer.body) == (404, {"error": error})
    stream = caller.ask("chat/completions", {"model": name, "messages": HELLO, "stream": True})
    assert (stream.status, stream.body) == (404, {"error": error})


def test_one_seed_says_the_same_and_another_something_else(caller, mei):
    def said(seed):
        body = {"model": f"character/{mei.pk}", "messages": HELLO, "seed": seed}
        return caller.ask("chat/completions", body).body["choices"][0]["message"]["content"]

    assert said(5) == said(5)
    assert len({said(seed) for seed in range(-3, 3)}) > 1
