"""What goes to the Xingchen platform, and what is made of its answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from roleplay.providers.base import (
    CharacterSheet,
    Delta,
    PersonaSheet,
    Prompt,
    Receipt,
    Tool,
    ToolCall,
    Turn,
    Unauthorized,
    Usage,
)
from roleplay.providers.xingchen import XingchenProvider
from tests.doubles.talk import REPLY
from tests.doubles.upstream import Upstream

pytestmark = pytest.mark.anyio

TEMPLATE = "8474991ea7cb4bee8f254ac93237cf79"
MEI = CharacterSheet(
    "海梦", kind="assistant", sex="女", birthday="5月20日", template_id=TEMPLATE, greeting="你好呀"
)
ALICE = PersonaSheet("123456789")
OUTING = Prompt(
    MEI,
    ALICE,
    (Turn("user", "你好"), Turn("assistant", "你好呀"), Turn("user", "今天我们出去玩吧？")),
)
WEATHER = Tool(
    "weather",
    "查询天气",
    {
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
    id="001",
)
XIAOYI = CharacterSheet(
    "小义",
    kind="assistant",
    description="你是一个对话Agent，你可以访问以下API，请自动规划当前最必要的API调用，尽你所能为用户提供帮助。",
)
FORECAST = Prompt(
    XIAOYI,
    PersonaSheet("tester01"),
    (Turn("user", "今天杭州天气怎么样"),),
    tools=(WEATHER,),
)
ASKED = ToolCall("001", "weather", '{"format":"celsius","location":"杭州"}')


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as server:
        yield server
        assert server.faults == []


async def reply(provider: XingchenProvider, prompt: Prompt) -> list[Any]:
    async with aclosing(provider.stream(provider.body(prompt), prompt)) as pieces:
        found = [piece async for piece in pieces]
    await provider.aclose()
    return found


def text_of(pieces: list[Any]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Delta))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("incremental", [True, False])
async def test_the_request_for_haimeng_is_the_one_of_the_documentation(
    upstream: Upstream, stream: bool, incremental: bool
) -> None:
    options = {"stream": stream, "incremental": incremental}
    pieces = await reply(XingchenProvider(upstream.url, "lm-alice", "", {}, options), OUTING)
    assert text_of(pieces) == REPLY
    asked = upstream.last
    assert (asked.method, asked.path) == ("POST", "/v2/api/chat/send")
    seed = asked.body["parameters"].pop("seed")
    assert 0 <= seed < 2**63
    assert asked.body == {
        "model": "xingchen-plus-v2",
        "parameters": {"incrementalOutput": incremental} if stream else {},
        "input": {
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
                    "customTemplateId": TEMPLATE,
                    "params": {
                        "characterName": "海梦",
                        "characterSex": "女",
                        "characterBirthday": "5月20日",
                    },
                },
                "userProfile": {"userId": "123456789", "basicInfo": ""},
                "scenario": {"description": ""},
                "context": {"useChatHistory": False},
            },
        },
    }
    headers = {
        "authorization": "Bearer lm-alice",
        "x-fag-appcode": "aca",
        "x-fag-servicename": "aca-chat-send-sse" if stream else "aca-chat-send",
        "content-type": "application/json",
        "x-aca-datainspection": "enable",
    }
    assert headers.items() <= asked.headers.items()
    assert asked.headers.get("x-aca-sse") == ("enable" if stream else None)
    assert "cookie" not in asked.headers


async def test_the_receipt_comes_first_and_the_usage_last(upstream: Upstream) -> None:
    pieces = await reply(XingchenProvider(upstream.url, "lm-alice"), OUTING)
    assert isinstance(pieces[0], Receipt)
    assert len(pieces[0].request_id) == len(pieces[0].answer_id) == 32
    assert pieces[0].model == "xingchen-plus-v2"
    assert pieces[-1] == Usage(7, len(REPLY), "stop")


@pytest.mark.parametrize("stream", [True, False])
async def test_the_weather_goes_to_completions_and_back(upstream: Upstream, stream: bool) -> None:
    provider = XingchenProvider(
        upstream.url_of("tool_call") if stream else upstream.url,
        "lm-alice",
        "xingchen-plus-v2",
        {"max_tokens": 100},
        {"stream": stream},
    )
    pieces = await reply(provider, FORECAST)
    tools = [
        {
            "id": "001",
            "type": "function",
            "function": {
                "name": "weather",
                "description": "查询天气",
                "parameters": dict(WEATHER.parameters),
            },
        }
    ]
    assert upstream.last.path.endswith("/v2/api/completions")
    assert upstream.last.body == {
        "model": "xingchen-plus-v2",
        "user": "tester01",
        "max_tokens": 100,
        "stream": stream,
        "messages": [
            {"name": "小义", "role": "system", "content": XIAOYI.description},
            {"role": "user", "content": "今天杭州天气怎么样"},
        ],
        "tools": tools,
    }
    assert upstream.last.headers["x-fag-servicename"] == "aca-completion"
    assert "x-aca-sse" not in upstream.last.headers
    if stream:
        assert [piece for piece in pieces if isinstance(piece, ToolCall)] == [ASKED]


async def test_a_tools_answer_goes_back_under_the_call_it_answers(upstream: Upstream) -> None:
    answered = replace(
        FORECAST,
        tools=(WEATHER,),
        turns=(
            *FORECAST.turns,
            Turn("assistant", "", tool_calls=(ASKED, replace(ASKED, id="001#2"))),
            Turn("tool", '{"temperature": 30}', tool_call_id="001"),
            Turn("tool", '{"temperature": 31}', tool_call_id="001#2"),
        ),
    )
    pieces = await reply(XingchenProvider(upstream.url_of("tool_call"), "k"), answered)
    call = {
        "id": "001",
        "type": "function",
        "function": {"name": "weather", "arguments": ASKED.arguments},
    }
    assert upstream.last.body["messages"][2:] == [
        {"role": "assistant", "content": "", "tool_calls": [call, call]},
        {"role": "tool", "tool_call_id": "001", "content": '{"temperature": 30}'},
        {"role": "tool", "tool_call_id": "001", "content": '{"temperature": 31}'},
    ]
    fresh = [piece.id for piece in pieces if isinstance(piece, ToolCall)]
    assert fresh == ["001#3"], "an id must stay unique in the whole thread"


def body_of(prompt: Prompt, **options: Any) -> dict[str, Any]:
    return XingchenProvider("https://xingchen.test", "k", options=options).body(prompt)


def test_a_custom_role_is_made_of_its_words() -> None:
    tea = CharacterSheet("阿茶", description="爱喝茶的猫。", traits="不说英语", sex="女", age=3)
    profile = body_of(replace(OUTING, character=tea))["input"]["aca"]["botProfile"]
    assert profile == {
        "enableOpenLine": False,
        "name": "阿茶",
        "type": "virtual",
        "content": "爱喝茶的猫。\n性别：女\n年龄：3岁",
        "traits": "不说英语",
    }


def test_a_custom_role_never_goes_without_content() -> None:
    bare = replace(OUTING, character=CharacterSheet("阿茶"))
    assert body_of(bare)["input"]["aca"]["botProfile"]["content"] == "你是阿茶。"


def test_a_platform_character_is_named_by_its_id() -> None:
    sheet = CharacterSheet("阿茶", platform_id="c-1", platform_version=3, template_id=TEMPLATE)
    profile = body_of(replace(OUTING, character=sheet))["input"]["aca"]["botProfile"]
    assert profile == {"enableOpenLine": False, "characterId": "c-1", "version": 3}


def test_a_sheets_own_params_win_over_name_sex_and_birthday() -> None:
    sheet = replace(MEI, params={"characterName": "小海", "mood": "好"}, open_line=True)
    profile = body_of(replace(OUTING, character=sheet))["input"]["aca"]["botProfile"]
    assert profile["enableOpenLine"] is True
    assert profile["params"] == {
        "characterName": "小海",
        "characterSex": "女",
        "characterBirthday": "5月20日",
        "mood": "好",
    }


def test_persona_scene_and_examples_have_their_places() -> None:
    prompt = replace(
        OUTING,
        character=CharacterSheet("阿茶"),
        persona=PersonaSheet("u-1", "小林", "学生"),
        scenario="海边",
        examples=(Turn("user", "在吗"), Turn("assistant", "在呀")),
    )
    aca = body_of(prompt)["input"]["aca"]
    assert aca["userProfile"] == {"userId": "u-1", "basicInfo": "学生", "userName": "小林"}
    assert aca["scenario"] == {"description": "海边"}
    assert aca["sampleMessages"] == [
        {"role": "user", "content": "在吗"},
        {"role": "assistant", "content": "在呀"},
    ]


def test_a_template_keeps_the_samples_it_has() -> None:
    prompt = replace(OUTING, examples=(Turn("user", "在吗"), Turn("assistant", "在呀")))
    assert "sampleMessages" not in body_of(prompt)["input"]["aca"]


def test_role_chat_gets_turns_that_alternate_and_one_system_message() -> None:
    turns = (
        Turn("system", "夜里"),
        Turn("user", "喂"),
        Turn("user", "在吗"),
        Turn("system", "下雨了"),
        Turn("assistant", "在"),
    )
    assert body_of(replace(OUTING, turns=turns))["input"]["messages"] == [
        {"role": "system", "content": "夜里"},
        {"role": "user", "content": "喂\n在吗\n（下雨了）"},
        {"role": "assistant", "content": "在"},
    ]


def test_tools_go_as_functions_where_the_operator_forces_role_chat() -> None:
    turns = (
        *FORECAST.turns,
        Turn("assistant", "", tool_calls=(ASKED,)),
        Turn("tool", "30度", tool_call_id="001"),
    )
    body = body_of(replace(FORECAST, turns=turns), endpoint="chat")
    assert body["input"]["aca"]["functionList"][0]["name"] == "weather"
    call = {"apiName": "weather", "parameters": {"format": "celsius", "location": "杭州"}}
    assert body["input"]["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "functionCall": {"thought": "", "apiCallList": [call]},
        },
        {"role": "function", "name": "weather", "content": "30度"},
    ]


def test_parameters_are_spelled_as_each_endpoint_wants_them() -> None:
    provider = XingchenProvider("", "k", parameters={"top_p": 0.5, "maxLength": 9, "seed": 4})
    assert provider.body(OUTING)["parameters"] == {
        "topP": 0.5,
        "maxLength": 9,
        "seed": 4,
        "incrementalOutput": True,
    }
    body = provider.body(FORECAST)
    assert (body["top_p"], body["max_tokens"], body["seed"]) == (0.5, 9, 4)


def test_starting_over_asks_with_another_seed() -> None:
    seeds = {body_of(OUTING)["parameters"]["seed"] for _ in range(5)}
    assert len(seeds) > 1


def test_a_broken_off_reply_is_sent_back_with_the_wish_to_go_on() -> None:
    messages = body_of(replace(OUTING, start_of_reply="（抬起头）"))["input"]["messages"]
    assert messages[-2] == {"role": "assistant", "content": "（抬起头）"}
    assert messages[-1]["role"] == "user" and "接着" in messages[-1]["content"]
    english = replace(OUTING, character=replace(MEI, language="en"), start_of_reply="Hi")
    assert "Go on" in body_of(english)["input"]["messages"][-1]["content"]


@pytest.mark.parametrize("incremental", [True, False])
async def test_a_continuation_that_repeats_the_beginning_shows_only_the_rest(
    upstream: Upstream, incremental: bool
) -> None:
    prompt = replace(OUTING, start_of_reply=REPLY[:11])
    provider = XingchenProvider(upstream.url, "k", options={"incremental": incremental})
    assert text_of(await reply(provider, prompt)) == REPLY[11:]


@pytest.mark.parametrize(
    "base_url", ["{}", "{}/", "{}/v2", "{}/v2/api", "{}/v2/api/", " {} ", "{}//"]
)
async def test_the_address_is_understood_with_and_without_its_path(
    upstream: Upstream, base_url: str
) -> None:
    await reply(XingchenProvider(base_url.format(upstream.url), "k"), OUTING)
    assert upstream.last.path == "/v2/api/chat/send"


async def test_inspection_can_be_switched_off(upstream: Upstream) -> None:
    await reply(XingchenProvider(upstream.url, "k", options={"inspection": False}), OUTING)
    assert upstream.last.headers["x-aca-datainspection"] == "disable"


async def test_stopping_tells_the_platform_what_was_shown(upstream: Upstream) -> None:
    provider = XingchenProvider(upstream.url, "lm-alice")
    await provider.stop("r-1", "你好")
    (asked,) = upstream.stops
    assert asked.path == "/v2/api/chat/stop"
    assert asked.body == {"requestId": "r-1", "content": "你好"}
    assert asked.headers["x-fag-servicename"] == "aca-chat-stop"
    await provider.stop("", "你好")
    assert len(upstream.stops) == 1
    await provider.aclose()


async def test_stopping_never_raises() -> None:
    provider = XingchenProvider("http://127.0.0.1:9", "键")
    async with asyncio.timeout(5):
        await provider.stop("r-1", "你好")
        await XingchenProvider("http://127.0.0.1:9", "k").stop("r-1", "你好")
    await provider.aclose()


@pytest.mark.parametrize("key", ["键", "a\nb", "a\r\nX-Evil: 1", "a\x00b"])
async def test_a_key_no_header_can_carry_is_a_wrong_key(upstream: Upstream, key: str) -> None:
    with pytest.raises(Unauthorized):
        await reply(XingchenProvider(upstream.url, key), OUTING)
    assert upstream.asked == []
