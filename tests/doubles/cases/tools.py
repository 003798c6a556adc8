"""Tool calls, whole, in fragments, twice, and without end."""

import json
from typing import Any

from tests.doubles.cases.replies import first_of
from tests.doubles.cases.table import CUMULATIVE, Outcome, case, fails
from tests.doubles.dialects import CHAT, COMPLETIONS, OPENAI, event
from tests.doubles.talk import Talk

WEATHER = ("001", "weather", '{"format":"celsius","location":"杭州"}')


async def call_tools(talk: Talk, *calls: tuple[str, str, Any]) -> None:
    for made in talk.dialect.tool_frame(list(calls)):
        await talk.send(event(made))
    talk.said = " "
    await talk.end()


def called(*calls: tuple[str, str, str]) -> Outcome:
    return Outcome(text="", calls=calls, finish="stop")


def as_functions(*calls: tuple[str, str, str]) -> dict[str, Outcome]:
    """Role chat has no ids and no JSON text; OpenAI's relatives end with their own reason."""
    functions = tuple(
        (name, name, json.dumps(json.loads(text), ensure_ascii=False)) for _, name, text in calls
    )
    asked = Outcome(text="", calls=calls, finish="tool_calls")
    return {CHAT: called(*functions), CUMULATIVE: called(*functions), OPENAI: asked}


@case("Asks for the weather", called(WEATHER), **as_functions(WEATHER))
async def tool_call(talk: Talk) -> None:
    await call_tools(talk, WEATHER)


TWICE = (WEATHER, ("001#2", "weather", '{"format":"celsius","location":"北京"}'))
TWICE_AS_FUNCTIONS = {
    flavour: called(
        ("weather", "weather", '{"format": "celsius", "location": "杭州"}'),
        ("weather#2", "weather", '{"format": "celsius", "location": "北京"}'),
    )
    for flavour in (CHAT, CUMULATIVE)
}


@case(
    "Asks for one tool twice under one id",
    called(*TWICE),
    **TWICE_AS_FUNCTIONS,
    openai=Outcome(text="", calls=TWICE, finish="tool_calls"),
)
async def tool_twice(talk: Talk) -> None:
    await call_tools(talk, WEATHER, ("001", "weather", TWICE[1][2]))


@case("A tool call in every frame again", called(WEATHER), **as_functions(WEATHER))
async def tool_repeated(talk: Talk) -> None:
    if talk.dialect.name == COMPLETIONS:
        made = talk.dialect.tool_frame([WEATHER])[0]
        made["choices"][0]["finish_reason"], made["stop"] = "null", False
        await talk.send(event(made) * 3)
    await call_tools(talk, WEATHER)


CUT_ARGUMENTS = '{"format":"cels'


@case(
    "Arguments that are no JSON are passed on as the text they are",
    called(("001", "weather", CUT_ARGUMENTS)),
    chat=called(("weather", "weather", CUT_ARGUMENTS)),
    cumulative=called(("weather", "weather", CUT_ARGUMENTS)),
    openai=Outcome(text="", calls=(("001", "weather", CUT_ARGUMENTS),), finish="tool_calls"),
)
async def tool_bad_arguments(talk: Talk) -> None:
    if talk.dialect.name == CHAT:
        made = talk.dialect.tool_frame([("", "weather", "{}")])[0]
        call = made["choices"][0]["messages"][0]["functionCall"]["apiCallList"][0]
        call["parameters"] = CUT_ARGUMENTS
        await talk.send(event(made))
        await talk.stop_here()
    else:
        await call_tools(talk, ("001", "weather", CUT_ARGUMENTS))


@case(
    "Arguments are an object instead of a text",
    called(("001", "weather", '{"location": "杭州"}')),
    chat=called(("weather", "weather", '{"location": "杭州"}')),
    cumulative=called(("weather", "weather", '{"location": "杭州"}')),
    openai=Outcome(
        text="", calls=(("001", "weather", '{"location": "杭州"}'),), finish="tool_calls"
    ),
)
async def tool_arguments_object(talk: Talk) -> None:
    arguments: Any = {"location": "杭州"}
    if talk.dialect.name == CHAT:
        await call_tools(talk, ("", "weather", json.dumps(arguments)))
    else:
        await call_tools(talk, ("001", "weather", arguments))


@case("A tool call without an id", called(("weather", "weather", "{}")),
      openai=Outcome(text="", calls=(("weather", "weather", "{}"),), finish="tool_calls"))  # fmt: skip
async def tool_without_id(talk: Talk) -> None:
    await call_tools(talk, ("", "weather", "{}"))


@case("A tool nobody offered", called(("x", "rm", "{}")),
      chat=called(("rm", "rm", "{}")), cumulative=called(("rm", "rm", "{}")),
      openai=Outcome(text="", calls=(("x", "rm", "{}"),), finish="tool_calls"))  # fmt: skip
async def tool_unknown(talk: Talk) -> None:
    await call_tools(talk, ("x", "rm", "{}"))


@case("A tool call without a name", fails("empty"))
async def tool_nameless(talk: Talk) -> None:
    await call_tools(talk, ("001", "", "{}"))


@case("Text and a tool call", Outcome(text="让我看看。", calls=(WEATHER,)),
      chat=Outcome(text="让我看看。", calls=(("weather", "weather", '{"format": "celsius", "location": "杭州"}'),)),
      cumulative=Outcome(text="让我看看。", calls=(("weather", "weather", '{"format": "celsius", "location": "杭州"}'),)),
      openai=Outcome(text="让我看看。", calls=(WEATHER,), finish="tool_calls"))  # fmt: skip
async def tool_with_text(talk: Talk) -> None:
    await talk.say("让我看看。")
    await call_tools(talk, WEATHER)


@case("`tool_calls` is null", Outcome())
async def tool_calls_null(talk: Talk) -> None:
    for piece in talk.pieces():
        talk.said += piece
        made = talk.dialect.object(piece if talk.dialect.incremental else talk.said)
        first_of(made["choices"][0]).update(tool_calls=None, functionCall=None)
        await talk.send(event(made))
    await talk.finish()


@case("Arguments in fragments", called(WEATHER), **as_functions(WEATHER))
async def tool_fragments(talk: Talk) -> None:
    if talk.dialect.name != OPENAI:
        return await call_tools(talk, WEATHER)
    await send_fragment(talk, 0, WEATHER[0], WEATHER[1], "")
    for character in WEATHER[2]:
        await send_fragment(talk, 0, None, None, character)
    await talk.finish("tool_calls")
    return None


async def send_fragment(talk: Talk, index: Any, call_id: Any, name: Any, arguments: str) -> None:
    function = {"name": name, "arguments": arguments}
    await talk.send(
        event(
            talk.dialect.object(None, None, [{"index": index, "id": call_id, "function": function}])
        )
    )


TWO = (("a", "one", '{"n":1}'), ("b", "two", '{"n":2}'))


@case(
    "Fragments of two calls in turn, with numbers that leave a gap",
    called(*TWO),
    **as_functions(*TWO),
)
async def tool_interleaved(talk: Talk) -> None:
    if talk.dialect.name != OPENAI:
        return await call_tools(talk, *TWO)
    for place, (call_id, name, _) in ((0, TWO[0]), (5, TWO[1])):
        await send_fragment(talk, place, call_id, name, "")
    for one, two in zip(TWO[0][2], TWO[1][2], strict=True):
        await send_fragment(talk, 0, None, None, one)
        await send_fragment(talk, 5, None, None, two)
    await talk.finish("tool_calls")
    return None


@case("Two calls, both numbered 0", called(*TWO), **as_functions(*TWO))
async def tool_same_number(talk: Talk) -> None:
    if talk.dialect.name != OPENAI:
        return await call_tools(talk, *TWO)
    for call_id, name, arguments in TWO:
        await send_fragment(talk, 0, call_id, name, arguments)
    await talk.finish("tool_calls")
    return None


@case("The line is cut within a tool call", fails("broke_off"))
async def tool_cut(talk: Talk) -> None:
    made = talk.dialect.tool_frame([WEATHER])[0]
    data = event(made)
    await talk.send(data[: len(data) // 2])
    await talk.cut()


@case("Arguments without end", fails("too_much"))
async def tool_huge_arguments(talk: Talk) -> None:
    await call_tools(talk, ("001", "weather", json.dumps({"x": "y" * 30_000})))


@case("A thousand tool calls", fails("too_much"))
async def tool_thousand(talk: Talk) -> None:
    await call_tools(talk, *[(str(number), "weather", "{}") for number in range(1000)])


@case("Calls the same tool whenever it is asked", called(WEATHER), **as_functions(WEATHER))
async def tool_loop(talk: Talk) -> None:
    await call_tools(talk, WEATHER)
