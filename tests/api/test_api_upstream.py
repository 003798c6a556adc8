"""What an engine really gets of a call: all that was said, and nobody's key or name."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from roleplay.connections.models import Connection
from roleplay.conversations.models import Conversation, Generation
from tests.api.said import SERVICE, SPOKEN, answered, masked, text_of
from tests.doubles.cases import CASES
from tests.doubles.talk import REPLY
from tests.doubles.upstream import Upstream, in_thread

KEY = "lm-canary-key-0123456789"
WEATHER = {"name": "weather", "description": "The weather.", "parameters": {"type": "object"}}
TOOL = {"id": "001", "type": "function", "function": WEATHER}
MEMORY = {
    "summaries": ["Lin lost a kite."],
    "originals": [{"role": "user", "content": "I like blue."}],
    "tags": [{"role": "user", "key": "colour", "value": ["blue", "grey"]}],
}
REMEMBERED = ["Lin lost a kite.", "user colour: blue, grey", "user: I like blue."]
SAMPLES = [{"role": "user", "content": "Hot?"}, {"role": "assistant", "content": "Rather."}]
FULL = {
    "model": "xingchen-max",
    "parameters": {
        "topP": 0.5,
        "topK": 500,
        "temperature": 1,
        "seed": 9,
        "maxLength": 50,
        "minLength": 5,
    },
    "input": {
        "messages": [
            {"role": "system", "content": "It rains."},
            {"role": "user", "content": "Hi."},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "Well?"},
        ],
        "aca": {
            "botProfile": {
                "name": "Mei",
                "content": "Mei mends kites.",
                "type": "reproduction",
                "traits": "Never swears.",
            },
            "userProfile": {
                "userId": "canary-user",
                "userName": "Lin",
                "basicInfo": "Nine years old.",
            },
            "scenario": {"description": "A roof."},
            "sampleMessages": SAMPLES,
            "memory": MEMORY,
        },
    },
}
TALK = [
    {"role": "user", "content": "Hi."},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Well?"},
]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with in_thread() as running:
        yield running
        assert running.faults == []


@pytest.fixture
def engine(upstream: Upstream, db: None) -> Callable[..., None]:
    """Makes this the site's engine, playing a case."""

    def connect(kind: str, case: str = "good", most: int = 40, **options: Any) -> None:
        most_of = {"maxLength": most} if kind == "xingchen" else {"max_tokens": most}
        made = Connection(
            name="Main",
            kind=kind,
            base_url=upstream.url_of(case),
            model="lamp-1" if kind == "openai" else "",
            parameters=most_of,
            options=options,
            is_default=True,
        )
        made.enter_key(KEY)
        made.save()

    return connect


@pytest.fixture
def full() -> dict[str, Any]:
    return json.loads(json.dumps(FULL))


def opaque(user_id: str) -> bool:
    return len(user_id) == 32 and set(user_id) <= set("0123456789abcdef")


def check_nobody_is_told(upstream: Upstream, caller: Any) -> None:
    """Neither the program's key, nor its owner, nor the name it has for its user."""
    secret = caller.headers["Authorization"].split()[1]
    for asked in upstream.asked:
        sent = json.dumps([asked.path, asked.headers, asked.body], ensure_ascii=False)
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        for canary in (secret, secret[3:], "canary-user", "alice"):
            assert canary not in sent


# -- role chat


def test_a_platform_is_told_everything(caller, engine, upstream, full):
    engine("xingchen", endpoint="chat")
    answer = caller.post("chat/send", full)
    body = upstream.last.body
    user = body["input"]["aca"]["userProfile"].pop("userId")
    assert opaque(user)
    assert body == {
        "model": "xingchen-plus-v2",
        "parameters": {
            "topP": 0.5,
            "topK": 100,
            "temperature": 1.0,
            "seed": 9,
            "maxLength": 40,  # no more than the operator allows
            "minLength": 5,
            "incrementalOutput": True,
        },
        "input": {
            "messages": TALK,
            "aca": {
                "botProfile": {
                    "enableOpenLine": False,
                    "name": "Mei",
                    "type": "reproduction",
                    "content": "Mei mends kites.",
                    "traits": "Never swears.",
                },
                "userProfile": {"userName": "Lin", "basicInfo": "Nine years old."},
                "scenario": {"description": "A roof.\nIt rains."},
                "context": {"useChatHistory": False},
                "sampleMessages": SAMPLES,
                "memory": {"summaries": REMEMBERED},
            },
        },
    }
    assert text_of(answer.data) == REPLY
    told = {"bizUserId": "canary-user", "modelName": "xingchen-max"}
    lock = {"chatLockKey": "chat_chatLockKey_canary-user_null_now"}
    assert masked(answer.data) == answered(**told, **lock)
    usage = {"inputTokens": 7, "outputTokens": len(REPLY), "userTokens": 2, "pluginTokens": 0}
    assert answer.data["usage"] == usage
    check_nobody_is_told(upstream, caller)


def test_a_template_goes_on_as_a_template(caller, engine, upstream, full):
    engine("xingchen", endpoint="chat")
    full["input"]["aca"]["botProfile"] = {
        "enableOpenLine": True,
        "customTemplateId": "a" * 32,
        "params": {"characterName": "海梦", "characterSex": "女", "mood": "好"},
    }
    caller.post("chat/send", full)
    assert upstream.last.body["input"]["aca"]["botProfile"] == {
        "enableOpenLine": True,
        "name": "海梦",
        "type": "virtual",
        "customTemplateId": "a" * 32,
        "params": {"characterName": "海梦", "characterSex": "女", "mood": "好"},
    }


def test_another_server_is_told_the_same_in_words(caller, engine, upstream, full):
    engine("openai")
    assert text_of(caller.post("chat/send", full).data) == REPLY
    direction = """\
You are Mei. Always speak as Mei, and never for the other person.

Mei mends kites.

Always keep to this:
Never swears.

Scene:
A roof.
It rains.

The person you are talking to:
Lin
Nine years old.

What you remember:
Lin lost a kite.
user colour: blue, grey
user: I like blue.

Example dialogue. It only shows the way of speaking and has not happened:
Lin: Hot?
Mei: Rather."""
    assert upstream.last.body == {
        "model": "lamp-1",
        "temperature": 1.0,
        "top_p": 0.5,
        "seed": 9,
        "max_tokens": 40,
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "system", "content": direction}, *TALK],
    }
    check_nobody_is_told(upstream, caller)


@pytest.mark.parametrize("kind", ["xingchen", "openai"])
def test_a_saved_dialogue_says_who_speaks_and_what_was_said(
    caller, engine, upstream, full, mei, kind
):
    engine(kind)
    full["input"]["aca"]["botProfile"] = {"characterId": mei.pk.hex}
    for _ in range(2):
        caller.post("chat/send", full)
    body = upstream.last.body
    messages = body["input"]["messages"] if kind == "xingchen" else body["messages"][1:]
    assert messages == [
        {"role": "assistant", "content": "*Mei looks up.* “Hello, Lin.”"},
        {"role": "user", "content": "Well?"},
        {"role": "assistant", "content": REPLY},
        {"role": "user", "content": "Well?"},
    ]
    if kind == "xingchen":
        aca = body["input"]["aca"]
        story = Conversation.objects.get()
        assert aca["userProfile"] == {
            "userId": story.upstream_user,
            "userName": "Lin",
            "basicInfo": "Nine years old.",
        }
        assert aca["memory"] == {"summaries": REMEMBERED}
        assert aca["botProfile"]["content"] == (
            "Mei mends kites on the roof and calls Lin by name."
        )
    check_nobody_is_told(upstream, caller)


def test_one_user_is_one_user_to_the_engine_and_two_owners_have_none_in_common(
    caller, bobs_caller, engine, upstream, full
):
    engine("xingchen", endpoint="chat")

    def told(program, user):
        full["input"]["aca"]["userProfile"]["userId"] = user
        program.post("chat/send", full)
        return upstream.last.body["input"]["aca"]["userProfile"]["userId"]

    first = told(caller, "u-1")
    assert told(caller, "u-1") == first
    assert len({first, told(caller, "u-2"), told(bobs_caller, "u-1")}) == 3


# -- tools


def test_role_chat_passes_tools_on_and_calls_back(caller, engine, upstream, full):
    engine("xingchen", "tool_call", endpoint="chat")
    full["input"]["aca"]["functionList"] = [WEATHER]
    answer = caller.post("chat/send", full)
    assert upstream.last.body["input"]["aca"]["functionList"] == [WEATHER]
    call = {"apiName": "weather", "parameters": {"format": "celsius", "location": "杭州"}}
    message = answer.data["choices"][0]["messages"][0]
    assert message == {
        **SPOKEN,
        "content": "",
        "functionMessage": True,
        "functionCall": {"thought": "", "apiCallList": [call]},
    }

    full["input"]["messages"] += [
        message,
        {"role": "function", "name": "weather", "content": "26"},
    ]
    engine_says_well(engine)
    caller.post("chat/send", full)
    made = {"thought": "", "apiCallList": [call]}
    assert upstream.last.body["input"]["messages"][-2:] == [
        {"role": "assistant", "content": "", "functionCall": made},
        {"role": "function", "name": "weather", "content": "26"},
    ]


def engine_says_well(engine, kind="xingchen", **options):
    Connection.objects.all().delete()
    engine(kind, **(options or {"endpoint": "chat"}))


def called(arguments, id_="001"):
    return {"id": id_, "type": "function", "function": {"name": "weather", "arguments": arguments}}


TWICE = ['{"format":"celsius","location":"杭州"}', '{"format":"celsius","location":"北京"}']
ASSISTANT = {
    "user": "canary-user",
    "max_tokens": 100,
    "temperature": 0.3,
    "top_p": 0.4,
    "seed": 3,
    "tools": [TOOL],
    "messages": [
        {"role": "system", "name": "Otto", "content": "You help."},
        {"role": "user", "content": "Hangzhou and Beijing?"},
    ],
}


@pytest.mark.parametrize("kind", ["xingchen", "openai"])
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_two_calls_of_one_tool_are_told_apart_behind_us_alone(
    caller, engine, upstream, kind, stream
):
    options = {"endpoint": "completions"} if kind == "xingchen" else {}
    engine(kind, "tool_twice", **options)
    answer = caller.post("completions", {**ASSISTANT, "stream": stream})
    last = answer.events[-1][1] if stream else answer.body
    message = last["choices"][0]["message"]
    assert message["tool_calls"] == [called(arguments) for arguments in TWICE]

    results = [{"role": "tool", "tool_call_id": "001", "content": text} for text in ("26", "9")]
    said = [*ASSISTANT["messages"], message, *results]
    engine_says_well(engine, kind, **options or {"stream": True})
    caller.post("completions", {**ASSISTANT, "messages": said})
    *_, calls, first, second = upstream.last.body["messages"]
    ids = [call["id"] for call in calls["tool_calls"]]
    assert [call["function"]["arguments"] for call in calls["tool_calls"]] == TWICE
    assert [first["content"], second["content"]] == ["26", "9"]
    assert [first["tool_call_id"], second["tool_call_id"]] == ids
    # The platform takes a definition's id for every call of it; others want each to be its own.
    assert len(set(ids)) == (1 if kind == "xingchen" else 2)
    check_nobody_is_told(upstream, caller)


def test_an_assistant_is_told_everything(caller, engine, upstream):
    engine("xingchen", endpoint="completions")
    answer = caller.post("completions", ASSISTANT)
    body = upstream.last.body
    assert opaque(body.pop("user"))
    assert body == {
        "model": "xingchen-plus-v2",
        "max_tokens": 40,
        "temperature": 0.3,
        "top_p": 0.4,
        "seed": 3,
        "stream": True,
        "messages": ASSISTANT["messages"],
        "tools": [TOOL],
    }
    assert answer.body["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": len(REPLY),
        "total_tokens": 7 + len(REPLY),
    }


def test_an_assistant_elsewhere_too(caller, engine, upstream):
    engine("openai")
    caller.post("completions", {**ASSISTANT, "stop": ["x"]})
    direction = "You are Otto. Always speak as Otto, and never for the other person.\n\nYou help."
    assert upstream.last.body == {
        "model": "lamp-1",
        "max_tokens": 40,
        "temperature": 0.3,
        "top_p": 0.4,
        "seed": 3,
        "stop": ["x"],
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "system", "content": direction}, ASSISTANT["messages"][1]],
        "tools": [{"type": "function", "function": WEATHER}],
    }


def test_the_other_door_applies_the_card_and_the_greeting(caller, engine, upstream, mei, xiaolin):
    engine("openai")
    asked = {
        "model": f"character/{mei.pk}",
        "user": "canary-user",
        "seed": -1,
        "messages": [
            {"role": "developer", "content": "It rains."},
            {"role": "user", "content": "Well?"},
        ],
    }
    caller.ask("chat/completions", asked)
    system, *talk = upstream.last.body["messages"]
    assert upstream.last.body["seed"] == -1
    assert "Mei mends kites on the roof and calls 小林 by name." in system["content"]
    assert "Scene:\nA roof, late wind.\nIt rains." in system["content"]
    assert "The person you are talking to:\n小林\n摄影社社员" in system["content"]
    assert talk == [
        {"role": "assistant", "content": "*Mei looks up.* “Hello, 小林.”"},
        {"role": "user", "content": "Well?"},
    ]
    check_nobody_is_told(upstream, caller)


# -- streams of an engine


@pytest.mark.parametrize("ours", [False, True], ids=["cumulative", "pieces"])
@pytest.mark.parametrize("theirs", [False, True], ids=["from cumulative", "from pieces"])
def test_either_kind_of_stream_is_made_of_either(caller, engine, full, ours, theirs):
    engine("xingchen", endpoint="chat", incremental=theirs)
    full["parameters"]["incrementalOutput"] = ours
    texts = [text_of(frame) for _, frame in caller.stream("chat/send", full).events]
    if ours:
        assert ("".join(texts), texts[-1]) == (REPLY, "")
    else:
        assert texts[-2:] == [REPLY, REPLY]


def test_an_engine_that_breaks_off_is_told_of_at_the_end(caller, engine, full):
    engine("openai", "cut_between")
    *frames, (name, body) = caller.stream("chat/send", full).events
    assert frames
    assert (name, masked(body)) == ("error", SERVICE("the answer broke off"))
    assert Generation.objects.get().status == "interrupted"


# -- errors of an engine


ERRORS = sorted(name for name in CASES if name.startswith(("status_", "error_", "key_echo")))
DOCUMENTED = {"ServiceFault", "Throttled", "TooLong", "Refused", "TimedOut"}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["xingchen", "openai"])
def test_no_word_of_an_engines_errors_is_passed_on(caller, engine, full, kind):
    """Those of the upstream repeat the key they were sent, and more."""
    for case in ERRORS:
        Connection.objects.all().delete()
        engine(kind, case)
        answer = caller.post("chat/send", full)
        assert answer.body["errorName"] in DOCUMENTED, case
        ((name, body),) = caller.stream("chat/send", full).events
        assert (name, masked(body)) == ("error", masked(answer.body)), case
        for text in (answer.text, str(body)):
            assert "canary" not in text.replace("canary-user", ""), case
            assert "127.0.0.1" not in text
