"""Nothing, nonsense, and too much."""

import asyncio
import functools
import zlib

from tests.doubles.cases.replies import good
from tests.doubles.cases.table import CASES, Case, case, fails
from tests.doubles.dialects import dumps, event
from tests.doubles.talk import Talk


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
