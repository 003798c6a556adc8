"""What `chat/send` costs beside the browser's path: `python -m bench.api` prints the table.

The same upstream, the same pace and the same windows as bench.replies; the answers are streamed in
pieces (incremental) and, as the vendor does by default, with the whole text in each frame
(cumulative). Figures are only comparable within a run.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench.reader import STAMP, Heard
from bench.replies import (
    OTHER_CORE,
    PACE,
    SERVER_CORE,
    STARTS,
    WINDOW,
    People,
    Window,
    connect,
    free_port,
    percentile,
    ramp,
)
from tests.doubles.site import ROOT, Site


async def read_frames(port: int, request: bytes) -> Heard:
    """Send this call and read its frames: the last stamp of each says how old it is."""
    heard, asked = Heard(), time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    try:
        writer.write(request)
        while frame := await reader.readuntil(b"\n\n"):
            now = time.monotonic()
            if b'"stop":true' in frame:
                heard.status = "done"
                return heard
            if b"event:error" in frame:
                heard.failed = frame[-300:].decode(errors="replace")
                return heard
            if found := STAMP.match(frame, frame.rfind(b"<")):
                heard.first = heard.first or now - asked
                heard.delays.append((now, now - float(found[1])))
    except (asyncio.IncompleteReadError, OSError) as error:
        heard.failed = str(error)
    finally:
        writer.close()
    return heard


def calls(port: int, key: str, incremental: bool) -> Callable[[int], Awaitable[Heard]]:
    """A call of role chat for each number, each by another user of the key's owner."""

    def request(number: int) -> bytes:
        aca = {
            "botProfile": {"name": "海梦", "content": "喜欢摄影的女孩"},
            "userProfile": {"userId": f"user-{number}"},
        }
        talk = {"messages": [{"role": "user", "content": "hello"}], "aca": aca}
        body = json.dumps({"input": talk, "parameters": {"incrementalOutput": incremental}})
        return (
            f"POST /v2/api/chat/send HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
            f"X-AcA-SSE: enable\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    return lambda number: read_frames(port, request(number))


def row(name: str, level: int, window: Window) -> None:
    delays = [delay * 1000 for delay in window.delays()]
    firsts = [heard.first * 1000 for heard in window.heard if heard.delays]
    failed = [heard.failed or heard.status for heard in window.heard if heard.status != "done"]
    print(
        f"| {name} | {level} | {len(delays) / WINDOW:.0f} | {percentile(firsts, 0.5):.1f} "
        f"| {percentile(delays, 0.5):.2f} | {percentile(delays, 0.99):.2f} "
        f"| {window.cpu_for_each():.3f} | {len(failed)} |",
        flush=True,
    )
    if failed:
        print("  failed:", failed[:3], file=sys.stderr)


async def measure(site: Site, people: People, key: str, upstream: int, levels: list[int]) -> None:
    assert site.process
    pid, port = site.process.pid, people.port
    print(
        "| path | streams | frames/s | first p50 ms | delay p50 ms | p99 | CPU ms/frame | failed |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for level in levels:
        tokens = int((level / STARTS + WINDOW + 4) * PACE)
        connect(site, upstream, f"{tokens}x{PACE}")
        browser = await ramp(level, lambda n: people.turn(people.each[n]), Window(pid))
        row("browser", level, browser)
        for name, incremental in (("chat/send, pieces", True), ("chat/send, whole", False)):
            row(name, level, await ramp(level, calls(port, key, incremental), Window(pid)))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--levels", default="1,50,200")
    levels = [int(level) for level in options.parse_args().levels.split(",")]
    os.sched_setaffinity(0, {OTHER_CORE})
    port = free_port()
    upstream = subprocess.Popen([sys.executable, "-m", "bench.upstream", str(port)], cwd=ROOT)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _run(Path(folder), port, levels)
    finally:
        upstream.kill()


def _run(folder: Path, upstream: int, levels: list[int]) -> None:
    many = "2000"
    site = Site(folder, GUESTS="1", REPLIES_AT_ONCE=many, REPLIES_AT_ONCE_PER_PERSON=many)
    site.manage("migrate", "--verbosity", "0")
    site.manage("create_admin", "--username", "owner", "--random-password")
    key = site.manage("create_api_key", "owner").strip()
    os.sched_setaffinity(0, {SERVER_CORE})  # inherited by the server
    site.start()
    os.sched_setaffinity(0, {OTHER_CORE})
    people = People(site, max(levels))
    uvloop.run(measure(site, people, key, upstream, levels))
    site.stop()


if __name__ == "__main__":
    main()
