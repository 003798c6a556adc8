"""The table of misbehaviours: a name, a line about it, how it is played, and how a reply must end.

`CASES[name].outcome(flavour)` is the named outcome: a reply that is done, with its text, or one of
the error kinds of `roleplay.providers.base`, with the text that had come before. Flavours are the
dialects, with role chat in both of its modes: `chat`, `cumulative`, `completions`, `openai`.
"""

import asyncio
import functools
import gzip
import json
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from tests.doubles.dialects import CHAT, COMPLETIONS, OPENAI, dumps, event
from tests.doubles.talk import REPLY, Talk

CUMULATIVE = "cumulative"
FLAVOURS = (CHAT, CUMULATIVE, COMPLETIONS, OPENAI)
Play = Callable[[Talk], Awaitable[None]]


@dataclass(frozen=True)
class Outcome:
    """`kind`: done, or an error's kind. `text`: what was said, None where it cannot be foretold.

    `calls`: (id, name, arguments). `tokens`: input and output counts, None: not looked at.
    """

    kind: str = "done"
    text: str | None = REPLY
    calls: tuple[tuple[str, str, str], ...] = ()
    finish: str = "stop"
    tokens: tuple[int | None, int | None] | None = None
    retry_after: tuple[float, float] | None = None


@dataclass(frozen=True)
class Case:
    """`options` are what a provider needs so that the case does not take a minute."""

    name: str
    about: str
    play: Play
    outcomes: Mapping[str, Outcome]
    options: Mapping[str, Any] = field(default_factory=dict)

    def outcome(self, flavour: str) -> Outcome:
        """How a reply in this flavour must end."""
        return self.outcomes.get(flavour) or self.outcomes[""]


CASES: dict[str, Case] = {}


def case(
    about: str,
    outcome: Outcome | None = None,
    options: Mapping[str, Any] | None = None,
    **outcomes: Outcome,
) -> Callable[[Play], Play]:
    """Enters a case under its function's name."""

    def enter(play: Play) -> Play:
        name = play.__name__
        every = {"": outcome or Outcome(), **outcomes}
        CASES[name] = Case(name, about, play, every, options or {})
        return play

    return enter


def fails(kind: str, text: str | None = "", **more: Any) -> Outcome:
    """An outcome that is an error."""
    return Outcome(kind, text, **more)


async def play(talk: Talk) -> None:
    """Plays the case that was asked for; any status from 300 to 599 is one too."""
    found = CASES.get(talk.asked.case)
    if found is not None:
        await found.play(talk)
    elif talk.asked.case.startswith("status_"):
        await plain_status(talk, int(talk.asked.case.removeprefix("status_")))
    else:
        await talk.page(404, dumps({"error": {"message": "no such case"}}), "application/json")


# --- replies that are good, or odd and still good


@case("An ordinary reply", Outcome(tokens=(7, len(REPLY))))
async def good(talk: Talk) -> None:
    await talk.say_all()
    await talk.finish()


@case(
    "Each token is the moment it was sent, in nanoseconds of the monotonic clock",
    Outcome(text=None),
)
async def stamped(talk: Talk) -> None:
    for _ in range(talk.tokens or 20):
        await talk.rest()
        await talk.say(f"{time.monotonic_ns()} ")
    await talk.finish()


@case("600 numbered tokens at a pace, to be killed in the middle of", Outcome(text=None))
async def kill_me(talk: Talk) -> None:
    talk.tokens = talk.tokens or 600
    talk.pace = talk.pace or 100.0
    await good(talk)


KILL_ME = "".join(f"t{number:04d} " for number in range(1, 601))


@case("Talks at a pace until somebody stops it", fails("timed_out", None), {"reply_seconds": 0.4})
async def stop_me(talk: Talk) -> None:
    talk.pace = talk.pace or 50.0
    for number in range(1, 100_000):
        await talk.rest()
        await talk.say(f"t{number:04d} ")


@case("Waits a third of a second before its first word")
async def slow_start(talk: Talk) -> None:
    await asyncio.sleep(0.3)
    await good(talk)


@case("The body comes a byte at a time")
async def byte_by_byte(talk: Talk) -> None:
    for byte in frames(talk):
        await talk.send(bytes([byte]))
        if byte == 10:
            await talk.flushed()
            await asyncio.sleep(0)
    await talk.stop_here()


@case("Bytes drip in slowly, cut in the middle of characters")
async def slow_drip(talk: Talk) -> None:
    body = frames(talk)
    for start in range(0, len(body), max(len(body) // 40, 1)):
        await talk.send(body[start : start + max(len(body) // 40, 1)])
        await asyncio.sleep(0.005)
    await talk.stop_here()


@case("Every character is cut in the middle of its bytes")
async def split_utf8(talk: Talk) -> None:
    body = frames(talk)
    cut = 0
    for place in range(1, len(body)):
        if 0x80 <= body[place] < 0xC0 <= body[place - 1]:
            await talk.send(body[cut:place])
            await talk.flushed()
            await asyncio.sleep(0.001)
            cut = place
    await talk.send(body[cut:])
    await talk.stop_here()


@case("A byte order mark comes first")
async def bom(talk: Talk) -> None:
    await talk.send(b"\xef\xbb\xbf" + frames(talk))
    await talk.stop_here()


@case("The byte order mark is cut in two")
async def bom_split(talk: Talk) -> None:
    for piece in (b"\xef", b"\xbb", b"\xbf" + frames(talk)):
        await talk.send(piece)
        await talk.flushed()
        await asyncio.sleep(0.02)
    await talk.stop_here()


@case("Lines end in CR alone")
async def cr_only(talk: Talk) -> None:
    await talk.send(frames(talk).replace(b"\n", b"\r"))
    await talk.stop_here()


@case("Lines end in CRLF, cut between the two")
async def crlf_split(talk: Talk) -> None:
    for piece in frames(talk).replace(b"\n", b"\r\n").split(b"\n")[:-1]:
        await talk.send(piece)
        await talk.send(b"\n")
    await talk.stop_here()


@case("Lines end in all three ways in turn")
async def mixed_line_ends(talk: Talk) -> None:
    ends = [b"\r\n", b"\r", b"\n"]
    # A blank line after a lone CR must not begin with LF, or the two would be one end.
    body = b"".join(
        piece + ends[number % 3] * 2
        for number, piece in enumerate(frames(talk).split(b"\n\n")[:-1])
    )
    await talk.send(body)
    await talk.stop_here()


@case(
    "U+2028, U+2029, U+0085 and other separators stand in the text",
    Outcome(text="一\u2028二\u2029三\x85四\x0b五\x0c六\x1c七"),
)
async def u2028(talk: Talk) -> None:
    for piece in ("一\u2028", "二\u2029三\x85", "四\x0b五\x0c六\x1c七"):
        await talk.say(piece)
    await talk.finish()


@case("Comments between the events")
async def comments(talk: Talk) -> None:
    for piece in talk.pieces():
        await talk.send(b": ping\n\n:\n")
        await talk.say(piece)
    await talk.finish()


@case("A blank after `data:`")
async def data_with_blank(talk: Talk) -> None:
    await talk.send(frames(talk).replace(b"data:", b"data: "))
    await talk.stop_here()


@case("No blank after any colon")
async def data_without_blank(talk: Talk) -> None:
    await talk.send(frames(talk).replace(b"data: ", b"data:"))
    await talk.stop_here()


@case("Events carry `id`, `retry` and fields nobody knows")
async def more_fields(talk: Talk) -> None:
    body = frames(talk).split(b"\n\n")[:-1]
    for number, piece in enumerate(body):
        await talk.send(b"id: %d\nretry: 10\nwhat: ever\nlonely\n%b\n\n" % (number, piece))
    await talk.stop_here()


@case("Each event has a name that means nothing special", Outcome())
async def event_message(talk: Talk) -> None:
    await talk.send(frames(talk).replace(b"data:", b"event: message\ndata:"))
    await talk.stop_here()


@case("Events with names of their own want to do things")
async def event_unknown(talk: Talk) -> None:
    for piece in talk.pieces():
        evil = event(talk.dialect.object("<script>pwn()</script>"), "event: execute\nid: ../../1\n")
        await talk.send(evil)
        await talk.say(piece)
    await talk.finish()


@case("Objects hold fields nobody knows, some with names of ours")
async def unknown_fields(talk: Talk) -> None:
    more = {"t": "<b>", "event": "end", "html": "<script>", "__proto__": {"a": 1}, "id2": ["x"]}
    for piece in talk.pieces():
        talk.said += piece
        text = piece if talk.dialect.incremental else talk.said
        await talk.send(event({**more, **talk.dialect.object(text)}))
    await talk.finish()


HTML = "<img src=x onerror=pwn()><script>pwn()</script>&amp;<b hx-get=/x>hi</b>"


@case("Markup in the text stays the text it is", Outcome(text=HTML))
async def html_in_text(talk: Talk) -> None:
    for start in range(0, len(HTML), 7):
        await talk.say(HTML[start : start + 7])
    await talk.finish()


NEWLINES = "一\n\ndata: 二\r\n\r\nevent: end\r三\n: 四\n\n\n"


@case(
    "Line ends of every kind and things that look like events, in the text", Outcome(text=NEWLINES)
)
async def newlines_in_text(talk: Talk) -> None:
    for character in NEWLINES:
        await talk.say(character)
    await talk.finish()


CONTROLS = (
    "".join(chr(code) for code in [*range(1, 32), 127, *range(128, 160)]) + "\u202e\u200b\ufeff"
)


@case("Every control character but NUL", Outcome(text=f"a{CONTROLS}b"))
async def control_chars(talk: Talk) -> None:
    for piece in ("a", CONTROLS, "b"):
        await talk.say(piece)
    await talk.finish()


@case("NUL in the text, as an escape", Outcome(text="a\ufffdb"))
async def nul_escape(talk: Talk) -> None:
    for piece in ("a\x00", "b"):
        await talk.say(piece)
    await talk.finish()


async def say_escaped(talk: Talk, *pieces: str) -> None:
    """Says pieces that hold halves of characters, which only escapes can carry."""
    for piece in pieces:
        talk.said += piece
        text = piece if talk.dialect.incremental else talk.said
        await talk.send(event(json.dumps(talk.dialect.object(text))))
    for closing in talk.dialect.closing(talk.said):
        await talk.send(event(json.dumps(closing)))
    await talk.end()


@case("Half a character stands alone", Outcome(text="a\ufffdb\ufffd"))
async def lone_surrogate(talk: Talk) -> None:
    await say_escaped(talk, "a\udc00", "b\ud83d")


@case("An emoji's two halves come in two frames", Outcome(text="好🌊呀"))
async def surrogate_pair_split(talk: Talk) -> None:
    await say_escaped(talk, "好\ud83c", "\udf0a", "呀")


FAMILY = "👨‍👩‍👧‍👦🏳️‍🌈e\u0301"


@case("Characters of several parts, one part a frame", Outcome(text=FAMILY))
async def joined_characters(talk: Talk) -> None:
    for piece in FAMILY:
        await talk.say(piece)
    await talk.finish()


@case("Bytes that are no UTF-8", Outcome(text="a\ufffd\ufffdb"))
async def invalid_utf8(talk: Talk) -> None:
    talk.said = "aXXb"
    for text in ("aXX", "b") if talk.dialect.incremental else ("aXX", "aXXb"):
        await talk.send(talk.dialect.frame(text).replace(b"XX", b"\xff\xfe"))
    for closing in talk.dialect.closing(talk.said):
        await talk.send(event(closing).replace(b"XX", b"\xff\xfe"))
    await talk.end()


@case("One object spread over several data lines")
async def multi_line_data(talk: Talk) -> None:
    for piece in talk.pieces():
        talk.said += piece
        text = piece if talk.dialect.incremental else talk.said
        lines = json.dumps(talk.dialect.object(text), indent=1).split("\n")
        await talk.send("".join(f"data: {line}\n" for line in lines).encode() + b"\n")
    await talk.finish()


@case("The closing blank line is missing")
async def no_last_blank(talk: Talk) -> None:
    await talk.send(frames(talk, done=False).rstrip(b"\n"))
    await talk.stop_here()


@case("Events are parted by one line end instead of two")
async def one_newline(talk: Talk) -> None:
    await talk.send(frames(talk).replace(b"\n\n", b"\n"))
    await talk.stop_here()


@case("Empty data, and data of blanks")
async def empty_data(talk: Talk) -> None:
    for piece in talk.pieces():
        await talk.send(b"data:\n\ndata:  \n\n")
        await talk.say(piece)
    await talk.finish()


@case("Frames without any choice between the others")
async def empty_choices(talk: Talk) -> None:
    for piece in talk.pieces():
        await talk.send(event({**talk.dialect.object(""), "choices": [], "stop": False}))
        await talk.say(piece)
    await talk.finish()


@case("`choices` is null between the others")
async def null_choices(talk: Talk) -> None:
    for piece in talk.pieces():
        await talk.send(event({**talk.dialect.object(""), "choices": None, "stop": False}))
        await talk.say(piece)
    await talk.finish()


@case("Content is null between the others")
async def null_content(talk: Talk) -> None:
    for piece in talk.pieces():
        await talk.send(event(talk.dialect.object(None)))
        await talk.say(piece)
    await talk.finish()


@case("Messages and deltas are null between the others")
async def null_messages(talk: Talk) -> None:
    for piece in talk.pieces():
        made = talk.dialect.object("")
        for name in ("messages", "message", "delta"):
            made["choices"][0].update({name: None} if name in made["choices"][0] else {})
        await talk.send(event(made))
        await talk.say(piece)
    await talk.finish()


@case("Going on is said as null, as nothing, and as an empty text")
async def finish_null(talk: Talk) -> None:
    for number, piece in enumerate(talk.pieces()):
        talk.said += piece
        made = talk.dialect.object(piece if talk.dialect.incremental else talk.said)
        choice = made["choices"][0]
        for part in (choice, *choice.get("messages", [])):
            for name in [n for n in part if n in ("finish_reason", "stopReason", "finishReason")]:
                part[name] = (None, "", "null")[number % 3]
        await talk.send(event(made))
    await talk.finish()


@case("The reply reached its longest", Outcome(finish="length"))
async def finish_length(talk: Talk) -> None:
    await talk.say_all()
    await talk.finish("length")


@case("The engine's own filter closes the reply", fails("refused", REPLY))
async def finish_filter(talk: Talk) -> None:
    await talk.say_all()
    await talk.finish("content_filter")


@case("The last frame comes twice")
async def finish_twice(talk: Talk) -> None:
    await talk.say_all()
    for closing in talk.dialect.closing(talk.said):
        await talk.send(event(closing) * 2)
    await talk.end()


@case("Text comes after the last frame")
async def text_after_finish(talk: Talk) -> None:
    await talk.say_all()
    for closing in talk.dialect.closing(talk.said):
        await talk.send(event(closing))
    await talk.send(event(talk.dialect.object("and one more thing")))
    await talk.end()


@case("The line stays open after the last frame", options={"silence_seconds": 30})
async def lingers(talk: Talk) -> None:
    await talk.say_all()
    for closing in talk.dialect.closing(talk.said):
        await talk.send(event(closing))
    await talk.silence()


@case("The line is cut after the last frame")
async def cut_after_finish(talk: Talk) -> None:
    await talk.say_all()
    for closing in talk.dialect.closing(talk.said):
        await talk.send(event(closing))
    await talk.cut()


@case("No `[DONE]`, only the end of the body")
async def no_done(talk: Talk) -> None:
    await talk.send(frames(talk, done=False))
    await talk.stop_here()


@case("No usage anywhere", Outcome(tokens=(None, None)))
async def usage_missing(talk: Talk) -> None:
    await talk.say_all()
    await talk.finish(usage=None)


async def finish_with_counts(talk: Talk, count: Any) -> None:
    await talk.say_all()
    await talk.finish(usage=dict.fromkeys(talk.dialect.usage(talk.said), count))


UNTOLD = Outcome(tokens=(None, None))


@case("Counts below zero", UNTOLD)
async def usage_negative(talk: Talk) -> None:
    await finish_with_counts(talk, -5)


@case("Counts that are texts", UNTOLD)
async def usage_strings(talk: Talk) -> None:
    await finish_with_counts(talk, "seven")


@case("Counts larger than any", UNTOLD)
async def usage_huge(talk: Talk) -> None:
    await finish_with_counts(talk, 10**18)


@case("Counts that are true, halves, lists", UNTOLD)
async def usage_odd(talk: Talk) -> None:
    await talk.say_all()
    names = list(talk.dialect.usage(""))
    await talk.finish(usage=dict(zip(names, (True, 1.5, [1]), strict=True)))


@case("Usage is a text", UNTOLD)
async def usage_no_object(talk: Talk) -> None:
    await talk.say_all()
    await talk.finish(usage="much")


@case("Events come twice under one id")
async def dup_events_same_id(talk: Talk) -> None:
    for number, piece in enumerate(frames(talk).split(b"\n\n")[:-1]):
        await talk.send(b"id: %d\n%b\n\n" % (number, piece) * (2 if number else 1))
    await talk.stop_here()


@case("All events have one id, and two of them are alike", Outcome(text="哈哈哈"))
async def same_id_always(talk: Talk) -> None:
    for piece in "哈哈哈":
        talk.said += piece
        text = piece if talk.dialect.incremental else talk.said
        await talk.send(event(talk.dialect.object(text), "id: 7\n"))
    await talk.finish()


async def say_texts(talk: Talk, texts: tuple[str, ...]) -> None:
    """Cumulative modes get these whole texts; others the pieces of the last one."""
    if talk.dialect.incremental:
        for piece in texts[-1]:
            await talk.say(piece)
    else:
        for text in texts:
            talk.said = text
            await talk.send(talk.dialect.frame(text))
    await talk.finish()


@case("A cumulative text is rewritten on the way", Outcome(text="今天很热，我们去游泳"))
async def cumul_rewrite(talk: Talk) -> None:
    await say_texts(
        talk, ("今天", "今天很", "今天很冷，我", "今天很热，我们", "今天很热，我们去游泳")
    )


@case("A cumulative text shrinks and grows again", Outcome(text="我们去爬山"))
async def cumul_shrink(talk: Talk) -> None:
    await say_texts(talk, ("我们", "我们去海边玩", "我们", "我们去爬山"))


@case("A cumulative text ends shorter than it was", Outcome(text="我们去"))
async def cumul_shrinks_at_end(talk: Talk) -> None:
    await say_texts(talk, ("我们", "我们去海边玩", "我们去"))


@case("A cumulative text is taken back for a refusal", Outcome(text="抱歉，换个话题吧。"))
async def cumul_replaced_by_refusal(talk: Talk) -> None:
    await say_texts(talk, ("从前", "从前有座", "从前有座山", "抱歉，换个话题吧。"))


@case("Frames repeat the same whole text")
async def cumul_heartbeat(talk: Talk) -> None:
    for piece in talk.pieces():
        await talk.say(piece)
        if not talk.dialect.incremental:
            await talk.send(talk.dialect.frame(talk.said) * 3)
    await talk.finish()


@case("Whole texts where pieces were asked for, and the other way about")
async def other_mode(talk: Talk) -> None:
    if talk.dialect.name == CHAT:
        talk.dialect.incremental = not talk.dialect.incremental
    await good(talk)


@case("Pieces, and a last frame with all of it once more")
async def closing_repeats(talk: Talk) -> None:
    await talk.say_all()
    if talk.dialect.name == CHAT:
        talk.dialect.incremental = False
    await talk.finish()


@case("A laugh of equal pieces", Outcome(text="哈" * 12))
async def laughing(talk: Talk) -> None:
    for _ in range(12):
        await talk.say("哈")
    await talk.finish()


@case("Text of a long evening", Outcome(text="很久很久以前，" * 1000))
async def long_reply(talk: Talk) -> None:
    for _ in range(100):
        await talk.say("很久很久以前，" * 10)
        await talk.flushed()
    await talk.finish()


@case("Events under the name of plain text")
async def wrong_content_type(talk: Talk) -> None:
    await talk.head(Content_Type="text/plain")
    await good(talk)


@case("Events under the name of JSON")
async def stream_as_json(talk: Talk) -> None:
    await talk.head(Content_Type="application/json")
    await good(talk)


@case("No content type at all")
async def no_content_type(talk: Talk) -> None:
    await talk.head(Content_Type="")
    await good(talk)


@case("One plain answer where a stream was asked for", Outcome(tokens=(7, len(REPLY))))
async def plain_for_stream(talk: Talk) -> None:
    await talk.page(200, dumps(talk.dialect.whole(REPLY)), "application/json")


@case("A plain answer under the name of events")
async def plain_as_events(talk: Talk) -> None:
    await talk.page(200, "\n " + dumps(talk.dialect.whole(REPLY)), "text/event-stream")


@case("Frames in the envelope of a plain answer")
async def enveloped_frames(talk: Talk) -> None:
    for piece in talk.pieces():
        talk.said += piece
        made = talk.dialect.object(piece if talk.dialect.incremental else talk.said)
        await talk.send(event(enveloped(talk, made)))
    for closing in talk.dialect.closing(talk.said):
        await talk.send(event(enveloped(talk, closing)))
    await talk.end()


def enveloped(talk: Talk, made: dict[str, Any]) -> dict[str, Any]:
    """The object in the platform's envelope; OpenAI's relatives have none."""
    if talk.dialect.name == OPENAI:
        return made
    return {"requestId": talk.dialect.id, "code": 200, "data": made, "success": True}


@case("Packed by gzip although nobody asked")
async def gzip_unasked(talk: Talk) -> None:
    body = gzip.compress(frames(talk))
    await talk.head(Content_Encoding="gzip")
    for start in range(0, len(body), 50):
        await talk.send(body[start : start + 50])
    await talk.stop_here()


@case("Packed by deflate although nobody asked")
async def deflate_unasked(talk: Talk) -> None:
    await talk.head(Content_Encoding="deflate")
    await talk.send(zlib.compress(frames(talk)))
    await talk.stop_here()


@case("Sets cookies")
async def set_cookie(talk: Talk) -> None:
    await talk.head(Set_Cookie="session=alice; Path=/; Max-Age=9999")
    await good(talk)


@case("Closes the line after a good reply")
async def connection_close(talk: Talk) -> None:
    await talk.head(Connection="close")
    await good(talk)
    talk.keep = False


@case("Thinks aloud beside the reply")
async def reasoning(talk: Talk) -> None:
    for piece in talk.pieces():
        made = talk.dialect.object("")
        choice = made["choices"][0]
        part = first_of(choice)
        part["reasoning_content"] = "I should answer politely."
        part["reasoning"] = "so I do"
        await talk.send(event(made))
        await talk.say(piece)
    await talk.finish()


def first_of(choice: dict[str, Any]) -> dict[str, Any]:
    """The message or delta of a choice."""
    if "messages" in choice:
        return choice["messages"][0]
    return choice["message"] if "message" in choice else choice["delta"]


@case("Content is a list of parts")
async def content_parts(talk: Talk) -> None:
    for piece in talk.pieces():
        talk.said += piece
        text = piece if talk.dialect.incremental else talk.said
        made = talk.dialect.object(
            [{"type": "text", "text": text[:1]}, {"type": "text", "text": text[1:]}]
        )
        await talk.send(event(made))
    await talk.finish()


@case("A second answer nobody asked for runs beside the first")
async def second_choice(talk: Talk) -> None:
    for piece in talk.pieces():
        await talk.say(piece)
        made = talk.dialect.object(talk.said)
        if talk.dialect.name == OPENAI:
            made["choices"][0].update(index=1)
            made["choices"][0]["delta"]["content"] = "the other answer"
            await talk.send(event(made))
    await talk.finish()


# --- tools

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


# --- errors that say so


async def plain_status(talk: Talk, status: int) -> None:
    """A status with a body that says nothing we know."""
    text = dumps({"note": "key sk-canary-0123456789abcdef <script>pwn()</script>"})
    await talk.page(status, "" if status == 304 else text, "application/json")


STATUSES = {
    300: "rejected", 304: "rejected", 400: "rejected", 401: "unauthorized", 402: "out_of_money",
    403: "unauthorized", 404: "model_gone", 405: "rejected", 408: "timed_out", 409: "rejected",
    410: "model_gone", 413: "too_long", 415: "rejected", 418: "rejected", 422: "rejected",
    429: "rate_limited", 451: "refused", 500: "upstream", 501: "upstream", 502: "upstream",
    503: "upstream", 504: "timed_out", 520: "upstream", 524: "timed_out", 529: "upstream",
    599: "upstream",
}  # fmt: skip


def _enter_statuses() -> None:
    for status, kind in STATUSES.items():

        async def answer(talk: Talk, status: int = status) -> None:
            await plain_status(talk, status)

        name = f"status_{status}"
        CASES[name] = Case(
            name, f"HTTP {status}, with a key in its body", answer, {"": fails(kind)}
        )


_enter_statuses()


@case("HTTP 204: nothing", fails("empty"))
async def no_content(talk: Talk) -> None:
    talk.keep = False
    talk.writer.write(b"HTTP/1.1 204 Told\r\nConnection: close\r\n\r\n")
    await talk.flushed()


@case("Sends the client elsewhere", fails("rejected"))
async def redirect(talk: Talk) -> None:
    here = f"http://127.0.0.1:{talk.writer.get_extra_info('sockname')[1]}"
    await talk.page(307, "", "text/plain", Location=f"{here}{talk.asked.path}")


WAITS = {
    "rate_limit": ("", None),
    "rate_limit_seconds": ("7", (7, 7)),
    "rate_limit_fraction": ("0.5", (0.5, 0.5)),
    "rate_limit_date": ("date", (15, 20)),
    "rate_limit_past": ("past", (0, 0)),
    "rate_limit_absurd": ("99999999999999999999", (86_400, 86_400)),
    "rate_limit_negative": ("-3", None),
    "rate_limit_garbage": ("soon; <b>", None),
    "rate_limit_far_date": ("Fri, 31 Dec 9999 23:59:59 GMT", (86_400, 86_400)),
    "rate_limit_bad_date": ("Fri, 99 Foo 99999 99:99:99", None),
}


def _enter_waits() -> None:
    for name, (value, seconds) in WAITS.items():

        async def answer(talk: Talk, value: str = value) -> None:
            dates = {
                "date": formatdate(time.time() + 20, usegmt=True),
                "past": formatdate(9, usegmt=True),
            }
            await talk.refuse("throttled", Retry_After=dates.get(value, value))

        about = f"HTTP 429 with Retry-After: {value or 'nothing'}"
        outcome = fails("rate_limited", retry_after=seconds)
        CASES[name] = Case(name, about, answer, {"": outcome})


_enter_waits()


@case(
    "HTTP 429, and a good reply when asked again",
    fails("rate_limited", retry_after=(0.05, 0.05)),
)
async def busy_once(talk: Talk) -> None:
    talk.memory["busy"] = talk.memory.get("busy", 0) + 1
    if talk.memory["busy"] % 2:
        await talk.refuse("throttled", Retry_After="0.05")
    else:
        await good(talk)


REFUSALS = {
    "token": "unauthorized", "permission": "unauthorized", "agreement": "unauthorized",
    "inspection": "refused", "arrears": "out_of_money", "no_quota": "out_of_money",
    "free_tier": "out_of_money", "throttled": "rate_limited", "allocation": "rate_limited",
    "too_long": "too_long", "input_range": "too_long", "no_model": "model_gone",
    "parameter": "rejected", "duplicate": "rejected", "internal": "upstream",
    "overloaded": "upstream",
}  # fmt: skip


def _enter_refusals() -> None:
    for trouble, kind in REFUSALS.items():

        async def refuse(talk: Talk, trouble: str = trouble) -> None:
            await talk.refuse(trouble)

        async def event_first(talk: Talk, trouble: str = trouble) -> None:
            await talk.send(talk.dialect.error_event(trouble))
            await talk.stop_here()

        async def event_middle(talk: Talk, trouble: str = trouble) -> None:
            await talk.say("你好")
            await talk.say("呀")
            await talk.send(talk.dialect.error_event(trouble))
            await talk.stop_here()

        async def as_success(talk: Talk, trouble: str = trouble) -> None:
            await talk.page(200, dumps(talk.dialect.error(trouble)), "application/json")

        for name, about, answer, text in (
            (f"error_{trouble}", "The vendor's own error", refuse, ""),
            (f"event_{trouble}", "An error event at once", event_first, ""),
            (f"middle_{trouble}", "An error event after some words", event_middle, "你好呀"),
            (f"ok_{trouble}", "An error under HTTP 200", as_success, ""),
        ):
            outcomes = {"": fails(kind, text)}
            if trouble == "duplicate" and answer is not refuse:
                # Without its number or a status it says nothing in this dialect.
                outcomes[OPENAI] = fails("upstream", text)
            CASES[name] = Case(name, f"{about}: {trouble}", answer, outcomes)


_enter_refusals()


def shape(name: str, kind: str, status: int, body: Any, about: str) -> None:
    """Enters an error of this body, the way one particular server words it."""

    async def answer(talk: Talk) -> None:
        text = body if isinstance(body, str) else dumps(body)
        await talk.page(status, text, "application/json")

    CASES[name] = Case(name, about, answer, {"": fails(kind)})


shape(
    "ollama_no_model",
    "model_gone",
    404,
    {"error": {"message": "model 'lamp' not found, try pulling it first"}},
    "Ollama without the model",
)
shape(
    "ollama_old_error",
    "model_gone",
    404,
    {"error": "model 'lamp' not found"},
    "An error that is a text",
)
shape(
    "llama_cpp_too_long",
    "too_long",
    400,
    {
        "error": {
            "code": 400,
            "message": "the request exceeds the available context size",
            "type": "exceed_context_size_error",
        }
    },
    "llama.cpp with too much to read",
)
shape(
    "llama_cpp_loading",
    "upstream",
    503,
    {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
    "llama.cpp while it loads",
)
shape(
    "vllm_too_long",
    "too_long",
    400,
    {
        "object": "error",
        "message": "This model's maximum context length is 2048 tokens.",
        "type": "BadRequestError",
        "code": 400,
    },
    "vLLM with too much to read",
)
shape(
    "vllm_no_model",
    "model_gone",
    404,
    {
        "object": "error",
        "message": "The model `lamp` does not exist.",
        "type": "NotFoundError",
        "code": 404,
    },
    "vLLM without the model",
)
shape(
    "dashscope_native",
    "rate_limited",
    429,
    {
        "code": "Throttling.AllocationQuota",
        "message": "Allocated quota exceeded",
        "request_id": "1",
    },
    "DashScope's own shape",
)
shape(
    "fastapi_detail",
    "rejected",
    422,
    {"detail": [{"loc": ["body"], "msg": "field required", "type": "missing"}]},
    "A validation error as FastAPI words it",
)
shape(
    "deepseek_balance",
    "out_of_money",
    402,
    {
        "error": {
            "message": "Insufficient Balance",
            "type": "unknown_error",
            "code": "invalid_request_error",
        }
    },
    "DeepSeek without money",
)
shape("number_only", "rejected", 400, {"errorCode": 400}, "Nothing but a number")
shape(
    "success_false",
    "upstream",
    200,
    {"success": False},
    "HTTP 200 and `success: false`, nothing more",
)
shape(
    "error_in_list",
    "model_gone",
    404,
    [{"error": {"code": 404, "message": "model not found", "status": "NOT_FOUND"}}],
    "An error in a list",
)


@case("An error event whose data is a plain sentence", fails("rate_limited", "你好"))
async def event_sentence(talk: Talk) -> None:
    await talk.say("你好")
    await talk.send(b"event: error\ndata: Too many requests <script>pwn()</script>\n\n")
    await talk.stop_here()


@case("An error that repeats the key it was sent", fails("unauthorized"))
async def key_echo(talk: Talk) -> None:
    key = talk.asked.headers.get("authorization", "")
    await talk.page(
        401, dumps({"error": {"message": f"wrong key: {key}", "code": key}}), "application/json"
    )


@case("An error page of a proxy", fails("upstream"))
async def html_error(talk: Talk) -> None:
    await talk.page(
        502, "<html><h1>502 Bad Gateway</h1>timeout billing model not found</html>", "text/html"
    )


@case("An error page larger than anybody reads", fails("upstream"))
async def huge_error(talk: Talk) -> None:
    await talk.page(500, "x" * (4 << 20), "text/plain")


@case("An error that never ends", fails("upstream"))
async def endless_error(talk: Talk) -> None:
    await talk.head(500)
    while True:
        await talk.send(b"x" * 10_000)
        await talk.flushed()
        await asyncio.sleep(0)


@case("An error without a body", fails("upstream"))
async def empty_error(talk: Talk) -> None:
    await talk.page(500, "", "")


@case("An error whose body is cut", fails("upstream"))
async def cut_error(talk: Talk) -> None:
    await talk.head(500, 1000)
    talk.writer.write(b'{"error":')
    await talk.cut()


# --- lines that break, and silence


@case("The line is closed without a word", fails("unreachable"))
async def close_before(talk: Talk) -> None:
    talk.keep = False


@case("The line is reset without a word", fails("unreachable"))
async def reset_before(talk: Talk) -> None:
    await talk.reset()


@case("The line is reset in the middle", fails("broke_off", None))
async def reset_middle(talk: Talk) -> None:
    await talk.say("你好")
    await talk.flushed()
    await asyncio.sleep(0.05)
    await talk.reset()


@case("The line is cut between events", fails("broke_off", "你好呀"))
async def cut_between(talk: Talk) -> None:
    for piece in ("你好", "呀"):
        await talk.say(piece)
    await talk.cut()


@case("The line is cut within JSON", fails("broke_off", "你好"))
async def cut_mid_json(talk: Talk) -> None:
    await talk.say("你好")
    await talk.send(talk.dialect.frame("你好呀")[:40])
    await talk.cut()


@case("The line is cut within the word `data`", fails("broke_off", "你好"))
async def cut_mid_event(talk: Talk) -> None:
    await talk.say("你好")
    await talk.send(b"da")
    await talk.cut()


@case("The body ends within JSON", fails("broke_off", "你好"))
async def end_mid_json(talk: Talk) -> None:
    await talk.say("你好")
    await talk.send(talk.dialect.frame("你好呀")[:40])
    await talk.stop_here()


@case("The body ends within a character", fails("broke_off", "你好"))
async def end_mid_character(talk: Talk) -> None:
    await talk.say("你好")
    data = talk.dialect.frame("你好")
    await talk.send(data[: data.index("你".encode()) + 1])
    await talk.stop_here()


@case("The stream ends without a closing word", fails("broke_off", REPLY))
async def no_terminator(talk: Talk) -> None:
    await talk.say_all()
    await talk.stop_here()


@case("`[DONE]` without a finish reason", fails("broke_off", REPLY))
async def done_without_finish(talk: Talk) -> None:
    await talk.say_all()
    await talk.send(b"data: [DONE]\n\n")
    await talk.stop_here()


@case("The body is shorter than its length says", fails("broke_off", "你好"))
async def short_body(talk: Talk) -> None:
    data = talk.dialect.frame("你好")
    await talk.head(length=len(data) + 1000)
    talk.writer.write(data)
    await talk.cut()


@case("No answer at all", fails("timed_out"), {"silence_seconds": 0.3})
async def silence_before(talk: Talk) -> None:
    await talk.silence()


@case("A status line, and then nothing", fails("timed_out"), {"silence_seconds": 0.3})
async def silence_after_head(talk: Talk) -> None:
    await talk.head()
    await talk.silence()


@case("Some words, and then nothing", fails("timed_out", "你好呀"), {"silence_seconds": 0.3})
async def silence_after(talk: Talk) -> None:
    for piece in ("你好", "呀"):
        await talk.say(piece)
    await talk.silence()


@case("Half an event, and then nothing", fails("timed_out", "你好"), {"silence_seconds": 0.3})
async def silence_mid_event(talk: Talk) -> None:
    await talk.say("你好")
    await talk.send(talk.dialect.frame("你好呀")[:30])
    await talk.silence()


@case("Nothing but comments, for ever", fails("timed_out"), {"reply_seconds": 0.4})
async def pings_only(talk: Talk) -> None:
    while True:
        await talk.send(b": ping\n\n")
        await talk.flushed()
        await asyncio.sleep(0.02)


@case("White space, for ever", fails("timed_out"), {"reply_seconds": 0.4})
async def blanks_only(talk: Talk) -> None:
    while True:
        await talk.send(b" \n")
        await talk.flushed()
        await asyncio.sleep(0.02)


# --- nothing, nonsense, too much


@case("An empty body", fails("empty"))
async def empty(talk: Talk) -> None:
    await talk.stop_here()


@case("Nothing but comments and the end", fails("empty"))
async def comments_only(talk: Talk) -> None:
    await talk.send(b": hello\n\n: bye\n\n")
    await talk.stop_here()


@case("`[DONE]` and nothing else", fails("empty"))
async def done_only(talk: Talk) -> None:
    await talk.send(b"data: [DONE]\n\n")
    await talk.stop_here()


@case("A good end without a word before it", fails("empty"))
async def empty_text(talk: Talk) -> None:
    await talk.finish()


@case("A reply of blanks", fails("empty", " \n\u3000 "))
async def whitespace_only(talk: Talk) -> None:
    for piece in (" \n", "\u3000 "):
        await talk.say(piece)
    await talk.finish()


@case("A plain answer without choices", fails("empty"))
async def plain_no_choices(talk: Talk) -> None:
    made = {**talk.dialect.object(""), "choices": [], "stop": True}
    await talk.page(200, dumps(made), "application/json")


def nonsense(name: str, about: str, body: str | bytes, kind: str = "application/json") -> None:
    """Enters a plain answer that is not to be understood."""

    async def answer(talk: Talk) -> None:
        await talk.page(200, body, kind)

    CASES[name] = Case(name, about, answer, {"": fails("nonsense")})


nonsense(
    "html_page", "A web page under HTTP 200", "<!doctype html><title>Sign in</title>", "text/html"
)
nonsense(
    "html_as_events", "A web page under the name of events", "\n <html></html>", "text/event-stream"
)
nonsense("not_json", "A brace and nothing sensible", "{hello}")
nonsense("json_list", "A list instead of an object", "[1, 2, 3]")
nonsense("other_api", "An object of another interface", '{"message": "hello", "status": "fine"}')
nonsense(
    "plain_deep",
    "JSON of a hundred thousand levels",
    '{"choices":' + "[" * 100_000 + "]" * 100_000 + "}",
)
nonsense("plain_cut", "JSON that ends in the middle", '{"choices": [{"mess')


def odd_frame(name: str, about: str, text: str, kind: str = "nonsense") -> None:
    """Enters a stream with one event of this data after some words."""

    async def answer(talk: Talk) -> None:
        await talk.say("你好")
        await talk.send(event(text))
        await talk.flushed()
        await talk.stop_here()

    CASES[name] = Case(name, about, answer, {"": fails(kind, "你好")})


odd_frame("json_deep", "JSON of ten thousand levels", '{"x":' + "[" * 10_000 + "]" * 10_000 + "}")
odd_frame("json_rather_deep", "JSON of two hundred levels", '{"x":' + "[" * 200 + "]" * 200 + "}")
odd_frame("json_bigint", "A number of five thousand digits", '{"created":' + "9" * 5000 + "}")
odd_frame("nan", "NaN, which is no JSON", '{"created":NaN,"choices":[]}')
odd_frame("infinity", "A number beyond all numbers", '{"created":1e999,"choices":[]}')
odd_frame("broken_json", "An event of broken JSON", '{"choices":[{]}')
odd_frame("json_text", "An event that is a JSON text", '"hello"')
odd_frame("json_null", "An event that is null", "null")
odd_frame("html_event", "An event that is markup", "<b>502</b>")


@case("`choices` is a text throughout", fails("nonsense"))
async def wrong_shapes(talk: Talk) -> None:
    await talk.send(event({"choices": "many", "id": 7, "usage": [], "stop": True}) * 3)
    await talk.stop_here()


@case("Content is a number", fails("nonsense"))
async def content_number(talk: Talk) -> None:
    await talk.send(event(talk.dialect.object(42)))
    await talk.finish()


@case("Content is an object", fails("nonsense"))
async def content_object(talk: Talk) -> None:
    await talk.send(event(talk.dialect.object({"text": "hi"})))
    await talk.finish()


@case("No HTTP at all", fails("nonsense"))
async def not_http(talk: Talk) -> None:
    talk.keep = False
    talk.writer.write(b"SSH-2.0-OpenSSH_9.6\r\nhello\r\n\r\n")
    await talk.flushed()
    await asyncio.sleep(0.05)


@case("A header of two hundred kilobytes", fails("nonsense"))
async def huge_header(talk: Talk) -> None:
    await talk.head(X_Big="x" * 200_000)
    await good(talk)


@case("A chunk whose length is no number", fails("timed_out", None), {"silence_seconds": 0.3})
async def bad_chunk(talk: Talk) -> None:
    await talk.say("你好")
    await talk.flushed()
    await asyncio.sleep(0.05)
    talk.keep = False
    talk.writer.write(b"zz\r\nhello\r\n")
    await talk.flushed()
    await asyncio.sleep(0.05)


@case("Said to be gzip, and is not", fails("nonsense"))
async def not_gzip(talk: Talk) -> None:
    await talk.head(Content_Encoding="gzip")
    await good(talk)


@case("Packed in a way nobody asked for", fails("nonsense"))
async def unknown_encoding(talk: Talk) -> None:
    await talk.head(Content_Encoding="zstd")
    await good(talk)


@functools.cache
def _bomb(lead: bytes, fill: bytes, megabytes: int = 64) -> list[bytes]:
    machine = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [machine.compress(lead)]
    pieces += [machine.compress(fill * (1 << 20)) for _ in range(megabytes)]
    return [piece for piece in [*pieces, machine.flush()] if piece]


async def explode(talk: Talk, pieces: list[bytes]) -> None:
    await talk.head(Content_Encoding="gzip")
    for piece in pieces:
        await talk.send(piece)
        await talk.flushed()
    await talk.stop_here()


@case("64 MiB in one event, packed small", fails("too_much"))
async def gzip_bomb(talk: Talk) -> None:
    await explode(talk, _bomb(b"data:", b"x"))


@case("64 MiB in one plain answer, packed small", fails("too_much"))
async def gzip_bomb_json(talk: Talk) -> None:
    await explode(talk, _bomb(b'{"choices":"', b"x"))


@case("64 MiB of blanks, packed small", fails("too_much"))
async def gzip_bomb_blank(talk: Talk) -> None:
    await explode(talk, _bomb(b"", b" "))


@case("A line of two megabytes", fails("too_much"))
async def huge_line(talk: Talk) -> None:
    await talk.send(b"data:")
    for _ in range(200):
        await talk.send(b"x" * 10_000)
        await talk.flushed()
    await talk.send(b"\n\n")
    await talk.stop_here()


@case("An event of many lines, two megabytes in all", fails("too_much"))
async def huge_event(talk: Talk) -> None:
    for _ in range(200):
        await talk.send(b"data:" + b"x" * 10_000 + b"\n")
        await talk.flushed()
    await talk.stop_here()


@case("Ten megabytes of plain answer", fails("too_much"))
async def huge_json(talk: Talk) -> None:
    text = dumps(talk.dialect.whole("x" * (10 << 20)))
    await talk.page(200, text, "application/json")


@case("Never ends, as fast as it can", fails("too_much", None))
async def never_ending(talk: Talk) -> None:
    while True:
        await talk.say("还有，" * 20)
        await talk.flushed()
        await asyncio.sleep(0)


@case("A flood of words in one go", fails("too_much", None))
async def flood(talk: Talk) -> None:
    for _ in range(40):
        await talk.say("x" * 1000)
    await talk.finish()


def frames(talk: Talk, done: bool = True) -> bytes:
    """All the bytes of an ordinary reply."""
    body = b""
    for piece in talk.pieces():
        talk.said += piece
        body += talk.dialect.frame(piece if talk.dialect.incremental else talk.said)
    for closing in talk.dialect.closing(talk.said):
        body += event(closing)
    return body + (b"data: [DONE]\n\n" if done and talk.dialect.name == OPENAI else b"")
