"""An OpenAI-compatible upstream that only streams, cheaply, and says in each token when it was sent.

`python -m bench.upstream PORT`. The model's name says what is wanted: "100x20" is 100 tokens at 20 a
second. Token k is the text `<monotonic seconds> `; the clock is the machine's, so whoever reads it
on the same machine knows how old it is.
"""

import asyncio
import json
import re
import sys
import time

import uvloop

WANTED = re.compile(rb'"model":\s*"(\d+)x(\d+)"')
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def frame(choice: dict[str, object], **more: object) -> bytes:
    body = {
        "id": "b",
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, **choice}],
        **more,
    }
    return chunk(b"data: " + json.dumps(body).encode() + b"\n\n")


BEFORE, AFTER = frame({"delta": {"content": "@"}, "finish_reason": None}).split(b"@")
SIZE_OF_STAMP = len("<0000000.000000> ")
BEFORE = BEFORE.split(b"\r\n", 1)[1]
AFTER = AFTER.rsplit(b"\r\n", 1)[0]
PREFIX = b"%x\r\n" % (len(BEFORE) + SIZE_OF_STAMP + len(AFTER)) + BEFORE
SUFFIX = AFTER + b"\r\n"
END = (
    frame(
        {"delta": {}, "finish_reason": "stop"}, usage={"prompt_tokens": 1, "completion_tokens": 1}
    )
    + chunk(b"data: [DONE]\n\n")
    + b"0\r\n\r\n"
)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            found = LENGTH.search(head)
            body = await reader.readexactly(int(found[1])) if found else b""
            wanted = WANTED.search(body)
            count, pace = (int(wanted[1]), int(wanted[2])) if wanted else (1, 1)
            writer.write(HEAD)
            start = loop.time()
            for number in range(count):
                if number:
                    await asyncio.sleep(start + number / pace - loop.time())
                writer.write(PREFIX + b"<%014.6f> " % time.monotonic() + SUFFIX)
            writer.write(END)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
