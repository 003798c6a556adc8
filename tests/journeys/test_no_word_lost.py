"""The promises about losing nothing, over real sockets against a real server that is really killed.

The number of kills is small here; `KILLS=50 scripts/test tests/journeys/test_no_word_lost.py -n 0`
tells the whole story, and prints its figures with `-s`.
"""

import contextlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.doubles.cases import KILL_ME
from tests.doubles.guest import HEAD, Guest, Heard
from tests.doubles.site import Site
from tests.doubles.upstream import Upstream, in_thread

KILLS = int(os.environ.get("KILLS", "4"))
pytestmark = pytest.mark.xdist_group("journeys")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with in_thread() as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    made.manage("migrate", "--verbosity", "0")
    address = f"{upstream.url}/v1"
    words = ["--kind", "openai", "--base-url", address, "--model", "lamp-1", "--default"]
    made.manage("add_connection", "Main", *words, "--key-env", "KEY", KEY="sk-0123456789abcdef")
    with made:
        yield made


def stored(site: Site, reply: str) -> tuple[str, str, str]:
    """What the database holds of a reply, read without our code: status, text, the words before it."""
    database = sqlite3.connect(Path(site.data_dir) / "lamplight.sqlite3")
    row = database.execute(
        "SELECT g.status, m.text, p.text FROM conversations_generation g"
        " JOIN conversations_message m ON m.id = g.message_id"
        " JOIN conversations_message p ON p.id = m.parent_id WHERE g.key = ?",
        [reply.replace("-", "")],
    ).fetchone()
    database.close()
    assert row
    return row


def listen(guest: Guest, reply: str, heard: list[Heard]) -> threading.Thread:
    def read() -> None:
        # The server may be killed meanwhile.
        with contextlib.suppress(httpx.TransportError):
            for event in guest.events(reply):
                heard.append(event)

    thread = threading.Thread(target=read)
    thread.start()
    return thread


def until_heard(heard: list[Heard], characters: int) -> None:
    deadline = time.monotonic() + 30
    while len(text_of(heard)) < characters and time.monotonic() < deadline:
        time.sleep(0.01)


def text_of(heard: list[Heard]) -> str:
    return "".join(event.data["t"] for event in heard if event.kind == "delta")


def test_a_kill_in_mid_reply_keeps_all_but_the_last_moment(site):
    chance = random.Random(20)
    behind = []
    for number in range(KILLS):
        guest = Guest(site.address)
        guest.enter()
        words = f"number {number} [[case:kill_me]]"
        reply = guest.send(words)
        heard: list[Heard] = []
        thread = listen(guest, reply, heard)
        until_heard(heard, chance.randrange(0, 570 * 6))
        site.kill()
        killed = time.monotonic()
        thread.join(10)
        shown = text_of(heard)
        shown_a_second_before = text_of([event for event in heard if event.at < killed - 1])
        site.start()
        status, text, asked = stored(site, reply)
        assert asked == words
        assert status == "interrupted"
        assert KILL_ME.startswith(text)
        assert text.startswith(shown_a_second_before)
        behind.append(len(shown) - len(text))
        _goes_on(guest, reply, site, text)
    print(f"\nkills {KILLS}: shown minus saved, in characters of 600 a second: max {max(behind)}")


def _goes_on(guest: Guest, reply: str, site: Site, text: str) -> None:
    """After the restart the reply can be continued, or begun anew."""
    found = HEAD.search(guest.page())
    assert found
    head = found[1]
    act = "continue" if text else "regenerate"
    more = guest.press(f"/messages/{head}/{act}/", head)
    events = guest.events(more)
    for event in events:
        if event.kind in ("delta", "replace"):
            break
    events.close()
    guest.http.post(f"/replies/{more}/stop/", data={"csrfmiddlewaretoken": guest.token})
    for event in guest.events(more):
        if event.kind == "end":
            assert event.data["status"] in ("stopped", "done")
    assert stored(site, more)[1].startswith(text)


def test_two_hundred_broken_lines_lose_and_repeat_nothing(site):
    chance = random.Random(6)
    guest = Guest(site.address)
    guest.enter()
    reply = guest.send("[[case:kill_me pace=40]]")
    heard: list[Heard] = []
    cuts, ended = 0, False
    while not ended:
        last = heard[-1].id if heard else 0
        take = chance.randrange(0, 2)
        events = guest.events(reply, after=0, last_seen=last)
        for event in events:
            heard.append(event)
            ended = event.kind == "end"
            if cuts < 200 and take == 0:
                break
            take -= 1
        events.close()
        cuts += not ended
        if cuts >= 200 and len(heard) > 2000:
            raise AssertionError("the reply does not end")
    numbers = [event.id for event in heard]
    assert numbers == sorted(set(numbers))
    assert text_of(heard) == KILL_ME
    assert stored(site, reply)[:2] == ("done", KILL_ME)
    assert cuts >= 200


@pytest.mark.parametrize("told", ["99999", "x", "-1", "1e3"])
def test_a_last_event_id_that_was_never_given_gets_the_whole_text(site, told):
    guest = Guest(site.address)
    guest.enter()
    reply = guest.send("[[case:good tokens=20]]")
    for _event in guest.events(reply):
        pass
    with guest.http.stream(
        "GET", f"/replies/{reply}/events/", headers={"Last-Event-ID": told}
    ) as answer:
        body = answer.read().decode()
    assert stored(site, reply)[1] in body.replace("\\n", "\n")
    assert body.count("event: end") == 1


def test_leaving_lets_a_short_reply_finish_and_keeps_a_long_one(site):
    guest, other = Guest(site.address), Guest(site.address)
    guest.enter()
    other.enter()
    short = guest.send("[[case:good pace=40 tokens=40]]")
    long = other.send("[[case:kill_me]]")
    heard: list[Heard] = []
    thread = listen(guest, short, heard)
    while not heard:
        time.sleep(0.01)
    site.environment["DRAIN_SECONDS"] = "25"
    assert site.stop() == 0
    thread.join(10)
    site.start()
    assert heard[-1].kind == "end"
    assert stored(site, short)[0] == "done"
    status, text, _ = stored(site, long)
    assert status in ("done", "interrupted")
    assert KILL_ME.startswith(text) and text


def test_a_second_server_on_the_same_data_is_refused(site):
    import subprocess
    import sys

    from tests.doubles.site import ROOT

    second = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env={**site.environment, "PORT": "0"},
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert "A server already runs" in second.stderr
