"""Replies that are good, and replies that are odd and still good."""

import asyncio
import gzip
import json
import time
import zlib
from typing import Any

from tests.doubles.cases.table import Outcome, case, fails
from tests.doubles.dialects import CHAT, OPENAI, dumps, event
from tests.doubles.talk import REPLY, Talk


def frames(talk: Talk, done: bool = True) -> bytes:
    """All the bytes of an ordinary reply."""
    body = b""
    for piece in talk.pieces():
        talk.said += piece
        body += talk.dialect.frame(piece if talk.dialect.incremental else talk.said)
    for closing in talk.dialect.closing(talk.said):
        body += event(closing)
    return body + (b"data: [DONE]\n\n" if done and talk.dialect.name == OPENAI else b"")


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
