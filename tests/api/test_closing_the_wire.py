"""One site is another's engine: what we serve, read by what we speak.

The `nearer` site is the one people chat on. Its Xingchen connection leads to the `farther` one, where
the demo engine answers; both are processes of their own.
"""

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.clients.served import WRONG_KEY, Served, served
from tests.doubles.guest import Guest, Heard
from tests.doubles.site import Site

pytestmark = pytest.mark.xdist_group("two-sites")

CALL_ID = re.compile(r'name="call_id" value="([^"]+)"')
ANSWER = re.compile(r'action="(/messages/\d+/answer/)"')
HEAD = re.compile(r'name="head"[^>]*value="(\d+)"')
WEATHER = {
    "id": "001",
    "name": "weather",
    "description": "查询一个地方的天气预报",
    "parameters": {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "地点"},
            "format": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["location", "format"],
    },
}
MAKE = """
import json
from characters.models import Character
for fields in json.loads({told!r}):
    print(Character.objects.create(visibility="public", **fields).pk)
"""
WAYS: dict[str, dict[str, Any]] = {
    "pieces": {},
    "cumulative": {"incremental": False},
    "plain": {"stream": False},
    "completions": {"endpoint": "completions"},
    "completions, plain": {"endpoint": "completions", "stream": False},
}


class Pair:
    """Both sites. `speak` makes the farther one the nearer one's engine, spoken to in this way."""

    def __init__(self, nearer: Site, farther: Served) -> None:
        self.nearer, self.farther = nearer, farther
        self._spoken: object = None

    def speak(self, way: str = "pieces", key: str = "") -> None:
        if self._spoken == (way, key):
            return
        told = {"stream": True, "incremental": True, "endpoint": "auto", **WAYS[way]}
        options = [
            part
            for name, value in told.items()
            for part in ("--option", f"{name}={json.dumps(value)}")
        ]
        self.nearer.manage(
            *("add_connection", "Main", "--kind", "xingchen", "--base-url", self.farther.address),
            *("--key-env", "FARTHER_KEY", "--default", *options),
            FARTHER_KEY=key or self.farther.key,
        )
        self._spoken = (way, key)

    def guest(self, character: str = "") -> Guest:
        """Somebody who has just begun a chat, with the first on the shelf if nobody is named."""
        guest = Guest(self.nearer.address)
        guest.enter(f"/characters/{character}/" if character else "")
        return guest

    def written(self, after: int = 0) -> list[tuple[str, str]]:
        """How what the farther site wrote stands: status and failure."""
        query = "SELECT status, error_kind FROM conversations_generation ORDER BY id"
        return self.asked(query)[after:]

    def asked(self, query: str) -> list[Any]:
        """The farther site's database, read without our code."""
        database = sqlite3.connect(self.farther.site.data_dir / "lamplight.sqlite3")
        rows = database.execute(query).fetchall()
        database.close()
        return rows

    def settled(self, after: int) -> tuple[str, str]:
        """How the one generation after these many ended over there; waits for it."""
        deadline = time.monotonic() + 10
        while True:
            (row,) = self.written(after)
            if row[0] not in ("waiting", "streaming"):
                return row
            assert time.monotonic() < deadline, row
            time.sleep(0.02)


@pytest.fixture(scope="module")
def farther(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("farther")) as running:
        yield running


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, farther: Served) -> Iterator[Pair]:
    with Site(tmp_path_factory.mktemp("nearer")) as nearer:
        yield Pair(nearer, farther)


@pytest.fixture(scope="module")
def cast(pair: Pair, farther: Served) -> dict[str, str]:
    """Characters of the nearer site by their parts: one is played over there, one is lost, one has
    a tool."""
    sheet = {"name": "守塔人", "basicInformation": "守塔人照看一座老灯塔。"}
    made = httpx.post(
        farther.address + "/v2/api/character/create",
        json=sheet,
        headers={"Authorization": f"Bearer {farther.key}"},
        trust_env=False,
    ).json()
    parts = {
        "played there": {"name": "塔", "platform_id": made["data"]["characterId"]},
        "lost there": {"name": "影", "platform_id": "0" * 32, "platform_version": 1},
        "with a tool": {
            "name": "小义",
            "kind": "assistant",
            "description": "会查天气的助手。",
            "tools": [WEATHER],
        },
    }
    told = json.dumps(list(parts.values()))
    code = MAKE.format(told=told)
    printed = pair.nearer.manage("shell", "--verbosity", "0", "-c", code)
    return dict(zip(parts, printed.split(), strict=True))


def hear(guest: Guest, reply: str) -> tuple[str, Heard]:
    """The text of a reply as its events tell it, and its last event."""
    text, events = "", list(guest.events(reply))
    for event in events:
        if event.kind == "delta":
            text += event.data["t"]
        elif event.kind == "replace":
            text = event.data["t"]
    assert events[-1].kind == "end"
    return text, events[-1]


@pytest.mark.parametrize("way", WAYS)
def test_a_conversation_goes_through_both_sites(pair, way):
    pair.speak(way)
    before = len(pair.written())
    guest = pair.guest()
    for words in ("你好，今天我们去看海吧？", "你最喜欢什么颜色？"):
        text, end = hear(guest, guest.send(words))
        assert text
        assert (end.data["status"], end.data["kind"]) == ("done", "")
    assert pair.written(before) == [("done", "")] * 2


def test_no_word_is_kept_over_there(pair):
    """The nearer site sends the whole talk each time, and asks for no history of it."""
    pair.speak()
    guest = pair.guest()
    hear(guest, guest.send("你好"))
    assert pair.asked("SELECT count(*) FROM conversations_message") == [(0,)]
    assert pair.asked("SELECT DISTINCT prompt FROM conversations_generation") == [("{}",)]


def test_a_character_of_the_farther_site_is_played_here(pair, cast):
    pair.speak()
    guest = pair.guest(cast["played there"])
    text, end = hear(guest, guest.send("你叫什么名字？"))
    assert "守塔人" in text
    assert end.data["status"] == "done"
    strange = pair.guest(cast["lost there"])
    _, end = hear(strange, strange.send("你好"))
    assert (end.data["status"], end.data["kind"]) == ("failed", "model_gone")


@pytest.mark.parametrize("way", ["pieces", "cumulative", "completions"])
def test_stopping_here_stops_the_engine_there(pair, way):
    pair.speak(way)
    before = len(pair.written())
    guest = pair.guest()
    reply = guest.send("/demo long")
    events = guest.events(reply)
    while next(events).kind != "delta":
        pass
    token = {"csrfmiddlewaretoken": guest.token}
    assert guest.http.post(f"/replies/{reply}/stop/", data=token).status_code == 204
    assert list(events)[-1].data["status"] == "stopped"
    assert pair.settled(before) == ("stopped", "")


# What happens there, and what people are told here.
FAULTS = {
    "/demo fail refused": "refused",
    "/demo fail too_long": "too_long",
    "/demo fail timed_out": "timed_out",
}


@pytest.mark.parametrize(("order", "kind"), FAULTS.items(), ids=list(FAULTS.values()))
@pytest.mark.parametrize("way", ["pieces", "plain", "completions"])
def test_a_failure_there_is_the_same_failure_here(pair, way, order, kind):
    pair.speak(way)
    guest = pair.guest()
    text, end = hear(guest, guest.send(order))
    assert text == ""
    assert (end.data["status"], end.data["kind"]) == ("failed", kind)


def test_whoever_is_busy_there_says_here_when_to_ask_again(pair):
    pair.speak("plain")
    before = len(pair.written())
    guest = pair.guest()
    _, end = hear(guest, guest.send("/demo fail rate_limited 40"))
    assert (end.data["status"], end.data["kind"]) == ("failed", "rate_limited")
    assert end.data["retry_after"] == 40
    # Asked once: nobody waits that long unasked.
    assert pair.written(before) == [("failed", "rate_limited")]


def test_a_failure_in_the_middle_there_keeps_the_words_here(pair):
    pair.speak()
    guest = pair.guest()
    text, end = hear(guest, guest.send("/demo fail upstream late"))
    assert text
    assert (end.data["status"], end.data["kind"]) == ("failed", "upstream")


def test_a_key_that_is_no_good_there_is_told_here(pair):
    pair.speak(key=WRONG_KEY)
    guest = pair.guest()
    _, end = hear(guest, guest.send("你好"))
    assert (end.data["status"], end.data["kind"]) == ("failed", "unauthorized")


@pytest.mark.parametrize("way", ["pieces", "plain"])
def test_a_tool_is_asked_for_there_and_answered_here(pair, cast, way):
    pair.speak(way)
    guest = pair.guest(cast["with a tool"])
    _, end = hear(guest, guest.send("今天杭州天气怎么样"))
    assert end.data["status"] == "done"
    page = guest.page()
    call, path, head = (found.search(page) for found in (CALL_ID, ANSWER, HEAD))
    assert call and path and head
    assert call[1] == "001"
    result = {"call_id": call[1], "text": '{"temperature": 26}'}
    text, end = hear(guest, guest.press(path[1], head[1], **result))
    assert "26" in text
    assert end.data["status"] == "done"
