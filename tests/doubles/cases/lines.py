"""Lines that break, and lines that fall silent."""

import asyncio

from tests.doubles.cases.table import case, fails
from tests.doubles.talk import REPLY, Talk


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
