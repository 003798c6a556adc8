"""What the engine of a reply costs: `python -m bench.replies` prints the table of docs/performance.md.

The server runs alone on one core; the upstream and the reader share the other one. Each level is
measured twice in one run: the upstream read directly, and through the application with everything
saved. Figures are only comparable within a run.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import uvloop

from bench.reader import Heard, read_stream
from tests.doubles.site import ROOT, Site

PACE = 20  # tokens a second
STARTS = 10  # replies a second, until all of a level run
WINDOW = 10  # seconds in which all of them run
SERVER_CORE, OTHER_CORE = 0, 1
TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_kib(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


class People:
    """Guests of the site, each with a session and a chat of their own."""

    def __init__(self, site: Site, count: int) -> None:
        self.port = int(site.address.rpartition(":")[2])
        self.each = [self._enter(site) for _ in range(count)]

    def _enter(self, site: Site) -> dict[str, str]:
        with httpx.Client(base_url=site.address, trust_env=False) as client:
            page = client.get("/").text
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
            start = re.search(r'action="(/characters/[-\w]+/chat/)"', page)
            assert token and start
            fields = {"csrfmiddlewaretoken": token[1], "greeting": "0"}
            chat = client.post(start[1], data=fields).headers["Location"]
            page = client.get(chat).text
            head = re.search(r'name="head"[^>]*value="(\d+)"', page)
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
            assert head and token
            cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            return {"chat": chat, "head": head[1], "token": token[1], "cookies": cookies}

    async def turn(self, person: dict[str, str]) -> Heard:
        """Send a message and read its reply to the end."""
        asked = time.monotonic()
        page = await self._post(person)
        address = re.search(r"/replies/[-\w]+/events/", page)
        if address is None:
            return Heard(failed=page[:200])
        head = re.findall(r'data-message="(\d+)"|name="head"[^>]*value="(\d+)"', page)
        person["head"] = max((n for pair in head for n in pair if n), key=int, default="")
        request = (
            f"GET {address[0]}?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Cookie: {person['cookies']}\r\nAccept: text/event-stream\r\n\r\n"
        )
        return await read_stream(self.port, request.encode(), asked)

    async def _post(self, person: dict[str, str]) -> str:
        key = os.urandom(12).hex()
        head = f"&head={person['head']}" if person["head"] else ""
        body = f"csrfmiddlewaretoken={person['token']}&send_key={key}{head}&text=hello"
        request = (
            f"POST {person['chat']}messages/ HTTP/1.1\r\nHost: 127.0.0.1\r\nHX-Request: true\r\n"
            f"Cookie: {person['cookies']}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request.encode())
        answer = await reader.read(-1)
        writer.close()
        return answer.decode(errors="replace")


def directly(port: int, tokens: int) -> Callable[[int], Awaitable[Heard]]:
    body = json.dumps({"model": f"{tokens}x{PACE}", "stream": True, "messages": []})
    request = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    return lambda _: read_stream(port, request)


class Window:
    """The moments in which every reply of a level runs: only what is heard then counts."""

    def __init__(self, pid: int | None = None) -> None:
        self.pid = pid
        self.begins = self.ends = 0.0
        self.spent = 0.0
        self.peak = 0
        self.heard: list[Heard] = []

    async def watch(self, after: float) -> None:
        await asyncio.sleep(after)
        self.begins, before = time.monotonic(), cpu_seconds(self.pid) if self.pid else 0
        await asyncio.sleep(WINDOW)
        self.ends = time.monotonic()
        if self.pid:
            self.spent, self.peak = cpu_seconds(self.pid) - before, resident_kib(self.pid)

    def delays(self) -> list[float]:
        return [d for h in self.heard for at, d in h.delays if self.begins <= at <= self.ends]

    def cpu_for_each(self) -> float:
        return self.spent * 1000 / max(len(self.delays()), 1)


async def ramp(level: int, start: Callable[[int], Awaitable[Heard]], window: Window) -> Window:
    """Start replies at a steady rate until all run, look for a while, and wait for all to end."""

    async def later(number: int) -> Heard:
        await asyncio.sleep(number / STARTS)
        return await start(number)

    watching = asyncio.create_task(window.watch(level / STARTS + 1))
    window.heard = list(await asyncio.gather(*(later(number) for number in range(level))))
    await watching
    return window


def row(name: str, level: int, window: Window, extra: str = " | |") -> None:
    delays = [delay * 1000 for delay in window.delays()]
    firsts = [h.first * 1000 for h in window.heard if h.delays]
    failed = [h.failed or h.status for h in window.heard if h.status != "done"]
    print(
        f"| {name} | {level} | {statistics.median(firsts):.1f} | {percentile(firsts, 0.99):.1f} "
        f"| {statistics.median(delays):.2f} | {percentile(delays, 0.99):.2f} | {len(failed)} |{extra}",
        flush=True,
    )
    if failed:
        print("  failed:", failed[:3], file=sys.stderr)


async def measure(site: Site, people: People, upstream: int, levels: list[int]) -> None:
    assert site.process
    pid = site.process.pid
    print(
        "| read | replies | first token p50 ms | p99 | delta p50 ms | p99 | failed | CPU ms/delta | KiB/stream |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for level in levels:
        tokens = int((level / STARTS + WINDOW + 4) * PACE)
        connect(site, upstream, f"{tokens}x{PACE}")
        row("directly", level, await ramp(level, directly(upstream, tokens), Window()))
        memory, window = resident_kib(pid), Window(pid)
        turn = await ramp(level, lambda n: people.turn(people.each[n]), window)
        kib = (window.peak - memory) / level
        row("through us", level, turn, f" {window.cpu_for_each():.3f} | {kib:.0f} |")


async def measure_turns(site: Site, people: People) -> None:
    """Replies of one token: what a turn costs, one after another and fifty at once."""
    assert site.process
    pid = site.process.pid
    before = cpu_seconds(pid)
    for number in range(100):
        await people.turn(people.each[number % 50])
    print(f"CPU for a turn, one after another: {(cpu_seconds(pid) - before) * 10:.1f} ms")
    for _ in range(3):
        before = cpu_seconds(pid)
        heard = await asyncio.gather(*(people.turn(person) for person in people.each[:50]))
        firsts = [h.first * 1000 for h in heard]
        failed = sum(h.status != "done" for h in heard)
        print(
            f"50 turns at once: first token p50 {statistics.median(firsts):.0f} ms, "
            f"p99 {percentile(firsts, 0.99):.0f} ms, failed {failed}, "
            f"CPU for a turn {(cpu_seconds(pid) - before) * 1000 / 50:.1f} ms"
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--levels", default="1,50,200,500")
    given = options.parse_args()
    levels = [int(level) for level in given.levels.split(",")]
    os.sched_setaffinity(0, {OTHER_CORE})
    port = free_port()
    upstream = subprocess.Popen([sys.executable, "-m", "bench.upstream", str(port)], cwd=ROOT)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _run(Path(folder), port, levels)
    finally:
        upstream.kill()


def _run(folder: Path, upstream: int, levels: list[int]) -> None:
    site = Site(folder, GUESTS="1", REPLIES_AT_ONCE="2000")
    site.manage("migrate", "--verbosity", "0")
    site.start()
    site.stop()
    began = time.monotonic()
    os.sched_setaffinity(0, {SERVER_CORE})  # inherited by the server
    site.start()
    os.sched_setaffinity(0, {OTHER_CORE})
    assert site.process
    print(f"second start: {time.monotonic() - began:.2f} s to the first answer")
    print(f"idle: {resident_kib(site.process.pid) / 1024:.0f} MiB")
    people = People(site, max(50, *levels))
    uvloop.run(measure(site, people, upstream, levels))
    connect(site, upstream, f"1x{PACE}")
    uvloop.run(measure_turns(site, people))
    site.stop()


def connect(site: Site, upstream: int, model: str) -> None:
    address = f"http://127.0.0.1:{upstream}/v1"
    words = ["--kind", "openai", "--base-url", address, "--model", model, "--key-env", "BENCH_KEY"]
    site.manage("add_connection", "Bench", *words, "--default", BENCH_KEY="bench-key-0123")


if __name__ == "__main__":
    main()
