"""The demo engine asks for a tool where the person's words fit one, and never makes a value up."""

import json
import re

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roleplay.providers.base import (
    CharacterSheet,
    Delta,
    PersonaSheet,
    Prompt,
    Sampling,
    Tool,
    ToolCall,
    Turn,
)
from roleplay.providers.demo import DemoProvider
from roleplay.providers.demo.arguments import NotSaid, arguments_for
from roleplay.providers.demo.engine import estimated_tokens

pytestmark = pytest.mark.anyio

WEATHER = Tool(
    "weather",
    "可以查询天气预报",
    {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "城市或省份"},
            "format": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "description": "未来几天"},
        },
        "required": ["location", "format"],
    },
    id="001",
)
CITY_WEATHER = Tool(
    "get_current_weather",
    "Get the current weather in a given location",
    {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "The city, e.g. San Francisco"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["location"],
    },
)
REMINDER = Tool(
    "set_reminder",
    "设置提醒事项",
    {
        "type": "object",
        "properties": {
            "content": {"type": "string", "description": "要提醒的事"},
            "time": {"type": "string", "description": "时间"},
        },
        "required": ["content", "time"],
    },
)
ADD = Tool(
    "add",
    "把两个数字相加",
    {
        "type": "object",
        "properties": {"a": {"type": "number"}, "b": {"type": "number"}},
        "required": ["a", "b"],
    },
)
TOOLS = (WEATHER, REMINDER, ADD)
HUI = CharacterSheet("阿慧", sex="女", description="开了十二年茶馆。")


def asked(*turns, tools=TOOLS, **parts):
    made = [turn if isinstance(turn, Turn) else Turn("user", turn) for turn in turns]
    return Prompt(HUI, PersonaSheet("opaque"), tuple(made), tools=tools, **parts)


async def pieces_of(prompt, seed=7):
    engine = DemoProvider(pace=0, seed=seed)
    return [piece async for piece in engine.stream(engine.body(prompt), prompt)]


async def calls_of(prompt):
    """Each call as its name and its arguments."""
    calls = [piece for piece in await pieces_of(prompt) if isinstance(piece, ToolCall)]
    return [(call.name, json.loads(call.arguments)) for call in calls]


def text_in(pieces):
    return "".join(piece.text for piece in pieces if isinstance(piece, Delta))


# -- which tool


@pytest.mark.parametrize(
    ("words", "name", "arguments"),
    [
        ("北京今天天气怎么样", "weather", {"location": "北京", "format": "celsius"}),
        (
            "未来三天杭州的天气如何？",
            "weather",
            {"location": "杭州", "format": "celsius", "days": 3},
        ),
        ("查一下明天海口天气", "weather", {"location": "海口", "format": "celsius"}),
        ("天气真好，我们去莫干山吧", "weather", {"location": "莫干山", "format": "celsius"}),
        ("查一下明天莫干山天气", "weather", {"location": "莫干山", "format": "celsius"}),
        ("我想看看莫干山的天气", "weather", {"location": "莫干山", "format": "celsius"}),
        (
            "提醒我明天早上8点去银行",
            "set_reminder",
            {"content": "提醒我明天早上8点去银行", "time": "明天早上8点"},
        ),
        ("请把3和5.5相加", "add", {"a": 3, "b": 5.5}),
    ],
)
async def test_words_that_fit_a_tool_bring_one_call_of_it(words, name, arguments):
    assert await calls_of(asked(words)) == [(name, arguments)]


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (
            "What's the weather in Boston, in fahrenheit?",
            {"location": "Boston", "unit": "fahrenheit"},
        ),
        ("how is the weather in paris", {"location": "paris"}),
        ("Weather for New York tomorrow, please", {"location": "New York"}),
    ],
)
async def test_english_words_fit_as_well(words, arguments):
    prompt = asked(words, tools=(REMINDER, ADD, CITY_WEATHER))

    assert await calls_of(prompt) == [("get_current_weather", arguments)]


@pytest.mark.parametrize(
    "words",
    [
        "你好呀",
        "查询一下余额",
        "今天过得怎么样？",
        "Tell me a story about the sea.",
        "I live in a small house.",
        "What is the current time?",
        "((天气))",
        "……",
    ],
)
async def test_other_words_are_answered_in_words(words):
    pieces = await pieces_of(asked(words))

    assert [piece for piece in pieces if isinstance(piece, ToolCall)] == []
    assert text_in(pieces)


async def test_a_long_story_asks_for_nothing():
    assert await calls_of(asked("北京今天天气怎么样" + "。我接着讲这个故事" * 120)) == []


async def test_a_closed_choice_that_is_named_fits_too():
    lamp = Tool("lamp", parameters={"properties": {"mode": {"enum": ["晚安模式", "阅读模式"]}}})

    assert await calls_of(asked("开一下阅读模式吧", tools=(lamp,))) == [
        ("lamp", {"mode": "阅读模式"})
    ]


async def test_a_tool_whose_arguments_were_not_said_gives_way_to_the_next():
    counting = Tool("weather_days", "天气预报的天气", {**ADD.parameters})

    assert await calls_of(asked("杭州的天气呢", tools=(counting, WEATHER))) == [
        ("weather", {"location": "杭州", "format": "celsius"})
    ]
    assert await calls_of(asked("杭州的天气呢", tools=(counting,))) == []


async def test_a_call_ends_the_reply_as_a_call_and_is_counted():
    *_pieces, call, usage = await pieces_of(asked("北京今天天气怎么样"))

    assert re.fullmatch(r"call_[0-9a-f]{16}", call.id)
    assert usage.finish_reason == "tool_calls"
    assert usage.output_tokens == estimated_tokens(call.arguments)


async def test_the_same_seed_asks_in_the_same_words():
    prompt = asked("北京今天天气怎么样")

    assert await pieces_of(prompt, 3) == await pieces_of(prompt, 3)


@pytest.mark.parametrize(
    "prompt",
    [
        asked("你是AI吗？天气怎么样"),
        asked("我不想活了，天气怎么样"),
        asked("北京天气怎么样", start_of_reply="「北京啊"),
        asked("北京天气怎么样", Turn("assistant", "「晴。」")),
        asked("北京天气怎么样", tools=()),
    ],
    ids=["truth", "danger", "going-on", "answered", "no-tools"],
)
async def test_where_words_are_called_for_no_tool_is(prompt):
    assert await calls_of(prompt) == []


async def test_an_order_for_tools_still_takes_the_first_one():
    ((name, _arguments),) = await calls_of(asked("/demo 工具", tools=(ADD, WEATHER)))

    assert name == "add"


# -- its arguments

SENTENCE = "帮我给小林发邮件，地址是lin@example.com，说「明天见」，2026-05-20 之前发"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "description": "收件人"}, "小林"),
        ({"type": "string", "format": "email"}, "lin@example.com"),
        ({"type": "string", "description": "email address"}, "lin@example.com"),
        ({"type": "string", "format": "date"}, "2026-05-20"),
        ({"type": "string", "description": "正文"}, "明天见"),
        ({"type": ["null", "string"], "description": "日期"}, "明天"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}], "description": "收件人"}, "小林"),
        ({"const": "mail"}, "mail"),
        ({"type": "boolean", "description": "是否发邮件"}, True),
        ({"type": "boolean", "description": "是否抄送"}, False),
        ({"type": "array", "items": {"type": "string"}, "description": "收件人"}, ["小林"]),
        ({"type": "array", "items": {"enum": ["邮件", "短信"]}}, ["邮件"]),
        ({"type": "integer", "default": 3, "maximum": 9}, 3),
        ({"enum": ["高", "低"], "default": "低"}, "低"),
    ],
)
def test_a_required_value_is_taken_from_what_was_said(schema, value):
    whole = {"type": "object", "properties": {"it": schema}, "required": ["it"]}

    assert arguments_for(whole, SENTENCE) == {"it": value}
    assert jsonschema_rs.is_valid(whole, {"it": value})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer"},
        {"type": "number", "minimum": 10},
        {"type": "string", "format": "uuid"},
        {"type": "string", "maxLength": 3},
        {"type": "string", "pattern": "^(a+)+$"},
        {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        {"$ref": "#/$defs/it"},
        {"allOf": [{"type": "string"}]},
        {"type": "object", "properties": {"in": {"type": "integer"}}, "required": ["in"]},
        True,
    ],
)
def test_what_was_not_said_is_not_made_up(schema):
    whole = {"type": "object", "properties": {"it": schema}, "required": ["it"]}

    with pytest.raises(NotSaid):
        arguments_for(whole, "请帮我看一看天气")
    assert arguments_for({**whole, "required": []}, "请帮我看一看天气") == {}


@pytest.mark.parametrize(
    ("words", "people", "nights"),
    [("订两晚，三个人", 3, 2), ("三个人住两晚", 3, 2), ("for 3 people, 2 nights", 3, 2)],
)
def test_a_number_goes_where_its_unit_belongs(words, people, nights):
    schema = {
        "properties": {
            "nights": {"type": "integer", "description": "几晚 nights"},
            "people": {"type": "integer", "description": "几个人 people"},
        },
        "required": ["nights", "people"],
    }

    assert arguments_for(schema, words) == {"nights": nights, "people": people}


@pytest.mark.parametrize("words", ["查一下天气", "等一会儿", "说一点"])
def test_not_every_one_is_a_number(words):
    with pytest.raises(NotSaid):
        arguments_for({"properties": {"n": {"type": "integer"}}, "required": ["n"]}, words)


def test_a_tool_without_parameters_is_called_without_any():
    assert arguments_for({}, "在吗") == {}


plain = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 2, "maxLength": 6},
        {"type": "string", "description": "城市"},
        {"type": "string", "description": "date", "maxLength": 4},
        {"type": "integer", "minimum": 2, "multipleOf": 2},
        {"type": "number", "exclusiveMaximum": 30},
        {"type": "boolean"},
        {"type": "null"},
        {"enum": ["茶", "tea", 3]},
        {"type": "array", "items": {"type": "string"}, "maxItems": 1},
        {"type": "array", "items": {"enum": ["茶", "tea", "水"]}, "maxItems": 2, "minItems": 1},
    ]
)
schemas = st.recursive(
    plain,
    lambda inner: st.builds(
        lambda properties, keep: {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name in keep],
            "additionalProperties": False,
        },
        st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
        st.sets(st.sampled_from("abcd")),
    ),
    max_leaves=8,
)
said = st.lists(
    st.sampled_from(
        ["茶", "tea", "北京", "明天", "三天", "24", "-7.5", "在", "in Oslo", "，", " "]
    ),
    min_size=1,
    max_size=8,
).map("".join)


@given(schemas, said)
def test_whatever_is_called_with_fits_the_schema(schema, words):
    whole = {"type": "object", "properties": {"it": schema}, "required": ["it"]}
    try:
        arguments = arguments_for(whole, words)
    except NotSaid:
        return
    assert jsonschema_rs.is_valid(whole, arguments)


# -- its result


async def answer_after(*results):
    calls = (ToolCall("1", "weather", "{}"),)
    turns = [Turn("tool", result, tool_call_id="1") for result in results]
    pieces = await pieces_of(asked("北京天气怎么样", Turn("assistant", "", calls), *turns))
    assert [piece for piece in pieces if isinstance(piece, ToolCall)] == []
    return text_in(pieces)


async def told(*results):
    return re.search("查到了：(.*)。多谢你", await answer_after(*results))[1]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ('{"city": "北京", "temp_c": 25, "rain": false}', "city：北京，temp c：25，rain：否"),
        (
            '{"now": {"sky": "晴"}, "next": [{"day": 1, "t": null}, "雨"]}',
            "sky：晴，next：day：1，雨",
        ),
        ('["晴", "多云"]', "晴，多云"),
        ('"多云转晴。"', "多云转晴"),
        ("多云转晴，{25 度}", "多云转晴， 25 度"),
    ],
    ids=["object", "nested", "list", "text", "plain"],
)
async def test_a_result_is_told_in_plain_words(result, words):
    assert await told(result) == words


@pytest.mark.parametrize("result", ["", "{}", "null", "[" * 9_000], ids=str.__len__)
async def test_a_result_with_nothing_in_it_is_told_as_that(result):
    assert "那边什么也没说" in await answer_after(result)


async def test_every_result_that_just_came_is_told():
    assert await told('{"sky": "晴"}', '{"wind": 3}') == "sky：晴，wind：3"


async def test_a_long_result_is_told_in_part():
    assert await told(json.dumps(["雨" * 500])) == "雨" * 200 + "…"


# -- how a reply is drawn


async def test_the_caller_s_seed_goes_before_the_engine_s():
    prompt = asked("讲讲这家茶馆吧。", sampling=Sampling(seed=5))

    assert await pieces_of(prompt, 1) == await pieces_of(prompt, 2)
    assert DemoProvider(seed=1).body(prompt)["seed"] == 5
    other = asked("讲讲这家茶馆吧。", sampling=Sampling(seed=6))
    assert text_in(await pieces_of(other)) != text_in(await pieces_of(prompt))


@pytest.mark.parametrize("most", [1, 5, 20])
async def test_a_reply_ends_where_it_has_as_many_tokens_as_it_may(most):
    whole = text_in(await pieces_of(asked("讲讲这家茶馆吧。")))
    pieces = await pieces_of(asked("讲讲这家茶馆吧。", sampling=Sampling(max_tokens=most)))

    assert whole.startswith(text_in(pieces))
    assert most - 3 <= pieces[-1].output_tokens <= most
    assert pieces[-1].finish_reason == "length"


async def test_a_limit_that_is_not_reached_changes_nothing():
    limited = asked("讲讲这家茶馆吧。", sampling=Sampling(max_tokens=5_000))

    assert await pieces_of(limited) == await pieces_of(asked("讲讲这家茶馆吧。"))


async def test_a_reply_stops_before_the_words_it_is_to_stop_at():
    whole = text_in(await pieces_of(asked("讲讲这家茶馆吧。")))
    stop = whole[10:12]
    pieces = await pieces_of(asked("讲讲这家茶馆吧。", sampling=Sampling(stop=("§", stop))))

    assert text_in(pieces) == whole[: whole.index(stop)]
    assert pieces[-1].finish_reason == "stop"
