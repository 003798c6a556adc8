"""The whole way from a person's words to the vendor's wire and back, and every way it can break.

The upstream is a real server on a loopback socket; what it saw and what the database holds are
compared with what should be.
"""

import html
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from characters.models import Character
from characters.starters import load_starters
from roleplay.connections.models import Connection
from roleplay.conversations.models import Conversation, Generation
from roleplay.conversations.replying import Act, answer_tool, listen, start_reply, start_story
from roleplay.conversations.words import state_line
from roleplay.providers import retrying
from tests.conversations.conftest import texts, the_reply, to_the_end
from tests.doubles.cases import CASES, CHAT, COMPLETIONS, CUMULATIVE, FLAVOURS, OPENAI, Case
from tests.doubles.talk import REPLY
from tests.doubles.upstream import Upstream, in_thread

KEY = "lm-canary-key-0123456789"
OPTIONS: dict[str, dict[str, Any]] = {
    CHAT: {"endpoint": "chat", "incremental": True},
    CUMULATIVE: {"endpoint": "chat", "incremental": False},
    COMPLETIONS: {"endpoint": "completions"},
    OPENAI: {},
}
QUICK = {"silence_seconds": 5, "connect_seconds": 5, "reply_seconds": 20, "most_characters": 20_000}
WEATHER = {
    "id": "001",
    "name": "weather",
    "description": "通过调用天气预报API获取当地天气预报信息通过调用天气预报API获取当地天气预报信息",
    "parameters": {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "地点"},
            "format": {
                "type": "string",
                "enum": ["celsius", "fahrenheit"],
                "description": "温度单位",
            },
        },
        "required": ["location", "format"],
    },
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with in_thread() as running:
        yield running
        assert running.faults == []


@pytest.fixture
def connected(upstream: Upstream) -> Callable[..., Connection]:
    """Makes this the site's connection: a flavour of the wire, playing a case."""

    def connect(flavour: str, case: str = "good", **options: Any) -> Connection:
        kind = "openai" if flavour == OPENAI else "xingchen"
        made = Connection(
            name="Main",
            kind=kind,
            base_url=upstream.url_of(case),
            model="lamp-1" if kind == "openai" else "",
            options={**QUICK, **OPTIONS[flavour], **options},
            is_default=True,
        )
        made.enter_key(KEY)
        made.save()
        return made

    return connect


@pytest.fixture
def haimeng(db: None) -> Character:
    load_starters()
    return Character.objects.get(key="haimeng")


def the_seeds_story(alice: Any, haimeng: Character) -> Conversation:
    """The seed's talk: it begins with the person's 你好, answered by 你好呀."""
    haimeng.greeting, haimeng.alternate_greetings = "", []
    haimeng.save()
    story = start_story(alice, haimeng)
    said = story.messages.create(role="user", parent=story.head, text="你好")
    story.head = story.messages.create(role="assistant", parent=said, text="你好呀")
    story.save()
    return story


@pytest.mark.parametrize("stream", [True, False], ids=["streaming", "plain"])
@pytest.mark.parametrize("flavour", [CHAT, CUMULATIVE])
def test_haimengs_request_equals_the_seed(alice, haimeng, connected, upstream, flavour, stream):
    connected(flavour, stream=stream)
    story = the_seeds_story(alice, haimeng)
    reply = to_the_end(start_reply(story, "今天我们出去玩吧？", Act("press-0001")))
    asked = upstream.last
    assert asked.path.endswith("/v2/api/chat/send")
    assert asked.body["input"] == {
        "messages": [
            {"role": "user", "content": "你好"},
            {"role": "assistant", "content": "你好呀"},
            {"role": "user", "content": "今天我们出去玩吧？"},
        ],
        "aca": {
            "botProfile": {
                "enableOpenLine": False,
                "name": "海梦",
                "type": "assistant",
                "customTemplateId": "8474991ea7cb4bee8f254ac93237cf79",
                "params": {
                    "characterName": "海梦",
                    "characterSex": "女",
                    "characterBirthday": "5月20日",
                },
            },
            "userProfile": {"userId": story.upstream_user, "basicInfo": ""},
            "scenario": {"description": ""},
            # Beyond the seed: the platform keeps no history of ours (section 4.4).
            "context": {"useChatHistory": False},
        },
    }
    parameters = asked.body["parameters"]
    assert parameters.pop("seed") >= 0
    assert parameters == ({"incrementalOutput": flavour == CHAT} if stream else {})
    assert asked.body["model"] == "xingchen-plus-v2"
    assert set(asked.body) == {"model", "parameters", "input"}
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["x-fag-appcode"] == "aca"
    assert asked.headers["x-fag-servicename"] == (
        "aca-chat-send-sse" if stream else "aca-chat-send"
    )
    assert asked.headers.get("x-aca-sse") == ("enable" if stream else None)
    assert asked.headers["x-aca-datainspection"] == "enable"
    assert (reply.status, reply.message.text) == ("done", REPLY)
    assert reply.prompt == asked.body | {"parameters": reply.prompt["parameters"]}
    assert reply.request_id and reply.answer_id


@pytest.mark.parametrize("stream", [True, False], ids=["streaming", "plain"])
def test_the_weather_tool_goes_out_and_its_result_comes_back(alice, connected, upstream, stream):
    connected(COMPLETIONS, "tool_call", endpoint="auto", stream=stream).save()
    Connection.objects.update(parameters={"maxLength": 100})
    agent = Character.objects.create(
        name="小义",
        kind="assistant",
        visibility="public",
        description="你是一个对话Agent，你可以访问以下API，请自动规划当前最必要的API调用，尽你所能为用户提供帮助。",
        tools=[WEATHER],
    )
    story = start_story(alice, agent)
    reply = to_the_end(start_reply(story, "今天杭州天气怎么样", Act("press-0001")))
    system = {"name": "小义", "role": "system", "content": agent.description}
    question = {"role": "user", "content": "今天杭州天气怎么样"}
    function = {name: WEATHER[name] for name in ("name", "description", "parameters")}
    seed = {
        "model": "xingchen-plus-v2",
        "user": story.upstream_user,
        "max_tokens": 100,
        "stream": stream,
        "messages": [system, question],
        "tools": [{"id": "001", "type": "function", "function": function}],
    }
    assert upstream.last.body == seed
    assert upstream.last.headers["x-fag-servicename"] == "aca-completion"
    (call,) = reply.message.tool_calls
    assert (call["id"], call["name"]) == ("001", "weather")
    assert json.loads(call["arguments"]) == {"format": "celsius", "location": "杭州"}

    Connection.objects.update(base_url=upstream.url_of("good"))
    result = '{"temperature": 26}'
    told = to_the_end(answer_tool(reply.message, call["id"], result, Act("press-0002")))
    assert upstream.last.body == seed | {
        "messages": [
            system,
            question,
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {
                        "id": "001",
                        "type": "function",
                        "function": {"name": "weather", "arguments": call["arguments"]},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "001", "content": result},
        ]
    }
    assert (told.status, told.message.text) == ("done", REPLY)
    story.refresh_from_db()
    assert [role for role, _ in texts(story)] == ["user", "assistant", "tool", "assistant"]


def test_every_call_of_a_reply_has_its_result_before_the_character_goes_on(
    alice, alices_browser, connected, upstream
):
    connected(COMPLETIONS, "tool_twice", endpoint="auto")
    agent = Character.objects.create(
        name="小义", kind="assistant", visibility="public", tools=[WEATHER]
    )
    story = start_story(alice, agent)
    reply = to_the_end(start_reply(story, "杭州和上海的天气", Act("press-0001")))
    first, second = (call["id"] for call in reply.message.tool_calls)
    asked = len(upstream.asked)
    assert answer_tool(reply.message, first, "26", Act("press-0002")) is None
    assert len(upstream.asked) == asked
    page = alices_browser.get(reverse("chat", args=[story.pk])).content.decode()
    assert f'value="{second}"' in page and f'value="{first}"' not in page
    Connection.objects.update(base_url=upstream.url_of("good"))
    story.refresh_from_db()
    reply.message.conversation = story
    told = answer_tool(reply.message, second, "28", Act("press-0003"))
    assert told and to_the_end(told).status == "done"
    results = [m for m in upstream.last.body["messages"] if m["role"] == "tool"]
    assert [result["content"] for result in results] == ["26", "28"]


def test_stopping_tells_the_vendor_and_closes_the_line(alice, mei, connected, upstream):
    connected(CHAT, "stop_me")
    story = start_story(alice, mei)
    generation = start_reply(story, "Go on.", Act("press-0001"))
    events = iter(listen(generation, 0))
    while not any(event.kind == "delta" for event in next(events)):
        pass
    asked = upstream.last
    client = Client()
    client.force_login(alice)
    client.post(reverse("stop_reply", args=[generation.key]))
    ended = to_the_end(generation)
    assert ended.status == "stopped" and ended.message.text
    upstream.wait(lambda: asked.gone is not None)
    upstream.wait(lambda: upstream.stops)
    stop = upstream.stops[-1]
    assert stop.body == {"requestId": ended.request_id, "content": ended.message.text}
    assert stop.headers["x-fag-servicename"] == "aca-chat-stop"


def test_two_conversations_share_nothing_upstream(alice, mei, connected, upstream):
    connected(CHAT, "set_cookie")
    for number in range(2):
        to_the_end(start_reply(start_story(alice, mei), "Hello.", Act(f"press-{number:04}")))
    first, second = upstream.asked[-2:]
    ids = [asked.body["input"]["aca"]["userProfile"]["userId"] for asked in (first, second)]
    assert ids[0] != ids[1]
    assert "cookie" not in first.headers and "cookie" not in second.headers


# The providers' own tests play every case in every flavour; here each is played in one, in turn.
# FAULTS=all plays them all.
PLAYED = [
    (case, flavour)
    for place, case in enumerate(CASES.values())
    for flavour in (
        FLAVOURS if os.environ.get("FAULTS") == "all" else FLAVOURS[place % 4 : place % 4 + 1]
    )
]


@pytest.mark.parametrize(
    ("case", "flavour"), PLAYED, ids=[f"{case.name}-{flavour}" for case, flavour in PLAYED]
)
def test_every_fault_is_an_ending_with_words(
    alice, alices_browser, mei, connected, caplog, monkeypatch, case: Case, flavour: str
):
    # Nobody waits for a busy engine here.
    monkeypatch.setattr(retrying, "WAITS", (0.0, 0.0))
    monkeypatch.setattr(retrying, "LONGEST_WAIT", 0.0)
    connected(flavour, case.name + ("/pace/2000" if case.name == "kill_me" else ""), **case.options)
    story = start_story(alice, mei)
    to_the_end(start_reply(story, "Hello.", Act("press-0001")))
    reply = the_reply(story)
    expected = case.outcome(flavour)

    assert texts(story)[1] == ("user", "Hello.")
    assert (reply.status, reply.error_kind) == (status_of(expected.kind), kind_of(expected))
    if expected.text is not None:
        assert reply.message.text == expected.text
    assert "Traceback" not in caplog.text

    page = alices_browser.get(reverse("chat", args=[story.pk])).content.decode()
    assert KEY not in page and "<script>pwn" not in page
    line = state_line(reply, reply.message.text, is_staff=False)
    assert (line is None) == (expected.kind == "done")
    assert line is None or line.words in html.unescape(page)
    check_integrity(story)


def status_of(kind: str) -> str:
    return {"done": "done", "broke_off": "interrupted"}.get(kind, "failed")


def kind_of(expected: Any) -> str:
    return "" if expected.kind == "done" else str(expected.kind)


def check_integrity(story: Conversation) -> None:
    assert story.messages.filter(parent=None).count() == 1
    assert Generation.objects.running().count() == 0
    assert Conversation.objects.get(pk=story.pk).head_id == story.messages.latest("pk").pk
