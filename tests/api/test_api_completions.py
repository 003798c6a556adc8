"""`completions`: the assistant with tools, bare in both modes."""

from itertools import pairwise

import pytest

from roleplay.conversations.models import Generation
from tests.api.said import INVALID, masked

WEATHER = {
    "id": "001",
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather forecast of a place.",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}
ANSWERED = {"role": "assistant", "content": "words", "tool_calls": []}
RESULT = '{"temperature": 26}'


def user(text="What is the weather like in Hangzhou today?"):
    return {"role": "user", "content": text}


def completion(message=ANSWERED, reason="stop", spent="count", model="xingchen-plus-v2"):
    """The body, masked."""
    return {
        "id": "id",
        "created": "now",
        "model": model,
        "choices": [{"index": 1, "finish_reason": reason, "message": message}],
        "usage": {"prompt_tokens": spent, "completion_tokens": spent, "total_tokens": spent},
        "stop": reason != "null",
    }


def call(id_="001", name="weather", arguments='{"location": "Hangzhou"}'):
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def asked(*calls):
    return {"role": "assistant", "content": "", "tool_calls": list(calls)}


def says(body):
    return body["choices"][0]["message"]


def frames(answer):
    assert answer.headers["Content-Type"] == "text/event-stream;charset=UTF-8", answer.text
    assert {name for name, _ in answer.events} == {""}, answer.text
    return [body for _, body in answer.events]


def test_an_assistant_answers_without_an_envelope(caller):
    answer = caller.post("completions", {"messages": [user("Hello.")]})
    assert (answer.status, masked(answer.body)) == (200, completion())
    usage = answer.body["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]


def test_a_stream_repeats_the_message_so_far(caller):
    body = {"messages": [user("Hello.")], "stream": True, "seed": 4, "model": "xingchen-max"}
    found = frames(caller.post("completions", body))
    going_on = completion(reason="null", spent=0, model="xingchen-max")
    assert masked(found) == [going_on] * (len(found) - 1) + [completion(model="xingchen-max")]
    *growing, last = [says(frame)["content"] for frame in found]
    assert all(longer.startswith(text) and longer != text for text, longer in pairwise(growing))
    assert last == growing[-1]
    plain = caller.post("completions", {**body, "stream": False})
    assert says(plain.body)["content"] == last


def test_headers_say_nothing_here_about_streaming(caller):
    plain = caller.post("completions", {"messages": [user("Hello.")]}, X_AcA_SSE="enable")
    assert masked(plain.body) == completion()


def test_a_long_answer_says_that_it_was_cut(caller):
    body = {"messages": [user("Hello.")], "max_tokens": 6}
    assert masked(caller.post("completions", body).body) == completion(reason="length")
    assert masked(frames(caller.post("completions", {**body, "stream": True}))[-1]) == completion(
        reason="length"
    )


# -- tools


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_call_bears_the_id_of_its_definition(caller, stream):
    body = {"messages": [user()], "tools": [CLOCK, WEATHER], "stream": stream}
    answer = caller.post("completions", body)
    found = frames(answer) if stream else [answer.body]
    assert masked(found) == [completion(asked(call()))]


def test_without_an_id_the_name_is_it(caller):
    tool = {"function": WEATHER["function"]}
    answer = caller.post("completions", {"messages": [user()], "tools": [tool]})
    assert says(answer.body) == asked(call("weather"))


MATCHES = {
    "by the id": (asked(call()), "001"),
    "by the definition": (asked(call("call-7")), "001"),
    "by the name": (asked(call("call-7")), "weather"),
    "as the example has it": (asked(call("weather")), "001"),
    "by nothing": (asked(call()), "something"),
    "without an id": (asked(call("")), ""),
    "where the call was dropped": ({"role": "assistant", "content": ""}, "001"),
    "where nobody called": (None, "001"),
    "of two of one tool": (asked(call(), call()), "001"),
}


@pytest.mark.parametrize("case", MATCHES)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_result_finds_its_call(caller, case, stream):
    """Whatever the caller made of the ids, the flow ends with an ordinary answer."""
    said, id_ = MATCHES[case]
    result = {"role": "tool", "tool_call_id": id_, "content": RESULT}
    messages = [user(), *([said] if said else []), result]
    body = {"messages": messages, "tools": [CLOCK, WEATHER], "stream": stream}
    answer = caller.post("completions", body)
    last = frames(answer)[-1] if stream else answer.body
    assert masked(last) == completion()
    assert "26" in says(last)["content"]


CHOICES = {
    "auto": ("auto", "weather"),
    "required": ("required", "weather"),
    "none": ("none", None),
    "named": ({"type": "function", "function": {"name": "clock"}}, "clock"),
    "a name that is not there": ({"type": "function", "function": {"name": "moon"}}, None),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_the_caller_chooses_among_the_tools(caller, choice):
    chosen, name = CHOICES[choice]
    body = {
        "messages": [user("/demo tools")],
        "tools": [WEATHER, CLOCK],
        "tool_choice": chosen,
    }
    calls = says(caller.post("completions", body).body)["tool_calls"]
    assert [one["function"]["name"] for one in calls] == ([name] if name else [])


def test_a_system_message_says_who_answers(caller):
    system = {"role": "system", "name": "Otto", "content": "You are Otto, a clockmaker."}
    body = {"messages": [system, user("What is your name?")], "seed": 1}
    assert "Otto" in says(caller.post("completions", body).body)["content"]


# -- what cannot be answered


NO_BODY = {
    "nothing": ({}, "messages Field required"),
    "no message": (
        {"messages": []},
        "messages List should have at least 1 item after validation, not 0",
    ),
    "another role": (
        {"messages": [{"role": "function", "content": "x"}]},
        "messages[0].role Input should be 'system', 'user', 'assistant' or 'tool'",
    ),
    "a content in parts": (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
        "messages[0].content Input should be a valid string",
    ),
    "a tool without a name": (
        {"messages": [user()], "tools": [{"function": {}}]},
        "tools[0].function.name Field required",
    ),
    "no tokens": (
        {"messages": [user()], "max_tokens": 0},
        "max_tokens Input should be greater than or equal to 1",
    ),
}


@pytest.mark.parametrize("case", NO_BODY)
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_what_does_not_fit_is_named(caller, case, stream):
    body, detail = NO_BODY[case]
    answer = caller.post("completions", {**body, "stream": stream})
    if stream:
        ((name, told),) = answer.events
        assert (name, masked(told)) == ("error", INVALID(detail))
    else:
        assert (answer.status, masked(answer.body)) == (400, INVALID(detail))
    assert Generation.objects.count() == 0


SILENT = {
    "the system alone": [{"role": "system", "content": "Be kind."}],
    "nothing but blanks": [user("  ")],
}


@pytest.mark.parametrize("case", SILENT)
def test_where_nobody_spoke_there_is_nothing_to_answer(caller, case):
    answer = caller.post("completions", {"messages": SILENT[case]})
    assert masked(answer.body) == INVALID("messages hold nothing to answer")
    assert Generation.objects.count() == 0


def test_an_assistant_may_go_on_unasked(caller):
    talk = [user("Hi."), {"role": "assistant", "content": "Hello."}]
    assert masked(caller.post("completions", {"messages": talk}).body) == completion()
