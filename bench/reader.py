"""Reads stamped streams over plain sockets, as cheaply as Python can."""

import asyncio
import re
import time
from dataclasses import dataclass, field

STAMP = re.compile(rb"<(\d{7}\.\d{6})> ")
END = (b"event: end", b"[DONE]")


@dataclass
class Heard:
    """What one reader heard: `delays` are (when, seconds from the upstream's write to our read)."""

    first: float = 0.0
    delays: list[tuple[float, float]] = field(default_factory=list)
    status: str = ""
    failed: str = ""


async def read_stream(
    port: int, request: bytes, asked: float | None = None, heard: Heard | None = None
) -> Heard:
    """Send this request and read to the stream's end. `asked`: when the turn was asked for."""
    heard = heard or Heard()
    asked = asked or time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    try:
        writer.write(request)
        rest = b""
        while data := await reader.read(65536):
            now = time.monotonic()
            rest += data
            seen = 0
            for found in STAMP.finditer(rest):
                if not heard.delays:
                    heard.first = now - asked
                heard.delays.append((now, now - float(found[1])))
                seen = found.end()
            if any(mark in rest for mark in END):
                heard.status = "done" if b'"done"' in rest or b"[DONE]" in rest else "other"
                return heard
            rest = rest[max(seen, len(rest) - 64) :]  # no stamp twice
        heard.failed = "closed early"
    except OSError as error:
        heard.failed = str(error)
    finally:
        writer.close()
    return heard
