"""Calls to a running site: lines that are cut, keys that are taken back, answers that take time."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.api.said import NO_KEY, SPOKEN, masked
from tests.clients.served import Served, served

pytestmark = pytest.mark.xdist_group("clients")

ENDED = ("done", "stopped", "interrupted", "failed")
# Pieces a second: a long reply then takes some ten seconds.
PACE = "60"
TWO_LOOKS = 2.5  # seconds: the site looks once a second
REVOKE = """
from roleplay.accounts import api_keys
api_keys.revoke(api_keys.find({secret!r}))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("live"), DEMO_PACE=PACE) as running:
        yield running


@dataclass
class Program:
    """A program with a key of its own, against the running site."""

    server: Served
    secret: str

    def headers(self, stream: bool) -> dict[str, str]:
        way = {"X-AcA-SSE": "enable"} if stream else {}
        return {"Authorization": f"Bearer {self.secret}", **way}

    def post(self, path: str, body: Any, timeout: float = 60) -> httpx.Response:
        return httpx.post(
            f"{self.server.address}/v2/api/{path}",
            json=body,
            headers=self.headers(stream=False),
            timeout=timeout,
            trust_env=False,
        )

    def stream(self, path: str, body: Any) -> Any:
        return httpx.stream(
            "POST",
            f"{self.server.address}/v2/api/{path}",
            json=body,
            headers=self.headers(stream=True),
            timeout=60,
            trust_env=False,
        )

    def is_revoked(self) -> None:
        self.server.site.manage(
            "shell", "--verbosity", "0", "-c", REVOKE.format(secret=self.secret)
        )


@pytest.fixture
def program(server: Served) -> Program:
    return Program(server, server.site.manage("create_api_key", "keeper").strip())


def frames(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    """The events of a stream as they come: name and object."""
    name = ""
    for line in response.iter_lines():
        if line.startswith("event:"):
            name = line.removeprefix("event:")
        elif line.startswith("data:"):
            yield name, json.loads(line.removeprefix("data:"))


def once(text: str = "/demo long") -> dict[str, Any]:
    """A role in words."""
    aca = {"botProfile": {"name": "Mei", "content": "Mei mends kites."}}
    return call(aca, text)


def saved(program: Program, user: str, text: str = "/demo long") -> dict[str, Any]:
    """A character of the site."""
    sheet = {"name": "Pip", "basicInformation": "Pip is small."}
    character = program.post("character/create", sheet).json()["data"]["characterId"]
    return call({"botProfile": {"characterId": character}}, text, user)


def call(aca: dict[str, Any], text: str, user: str = "u-1") -> dict[str, Any]:
    said = [{"role": "user", "content": text}]
    return {"input": {"messages": said, "aca": {**aca, "userProfile": {"userId": user}}}}


def text_in(data: dict[str, Any]) -> str:
    return str(data["choices"][0]["messages"][0]["content"])


def looked_up(server: Served, words: str, *values: Any) -> list[Any]:
    database = sqlite3.connect(server.site.data_dir / "lamplight.sqlite3")
    try:
        return database.execute(words, values).fetchall()
    finally:
        database.close()


def ended(server: Served, request_id: str, seconds: float = 30) -> tuple[str, str]:
    """How this answer ended: status and kind. Waits for it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ((status, kind),) = looked_up(
            server,
            "SELECT status, error_kind FROM conversations_generation WHERE key = ?",
            request_id,
        )
        if status in ENDED:
            return status, kind
        time.sleep(0.05)
    raise AssertionError(f"still {status}")


def running(server: Served) -> list[str]:
    found = looked_up(
        server, "SELECT key FROM conversations_generation WHERE status IN ('waiting', 'streaming')"
    )
    return [key for (key,) in found]


def only_running(server: Served, seconds: float = 10) -> str:
    """The id of the one answer that is being written; waits until there is one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := running(server):
            (key,) = found
            return str(key)
        time.sleep(0.02)
    raise AssertionError("nothing runs")


def test_words_arrive_while_there_are_more_to_come(program):
    with program.stream("chat/send", once("Hello.")) as response:
        arrived = [(time.monotonic(), data) for _, data in frames(response)]
    assert len(arrived) > 5
    times = [at for at, _ in arrived]
    longest = max(later - at for at, later in pairwise(times))
    # Not all in one go at the end, nor after one long wait.
    assert longest < 0.8 * (times[-1] - times[0])


# -- a key that is taken back


@pytest.mark.parametrize("way", ["once", "saved", "completions"])
def test_a_revoked_key_ends_an_open_stream(server, program, way):
    path, body = "chat/send", once()
    if way == "saved":
        body = saved(program, "u-revoked")
    elif way == "completions":
        said = [{"role": "user", "content": "/demo long"}]
        path, body = "completions", {"messages": said, "stream": True}
    with program.stream(path, body) as response:
        reading = frames(response)
        name, first = next(reading)
        program.is_revoked()
        since = time.monotonic()
        *_, (name, last) = reading
        waited = time.monotonic() - since
    assert (name, masked(last)) == ("error", NO_KEY("the key was revoked"))
    assert waited < 3
    request_id = first.get("requestId") or first["id"]
    assert ended(server, request_id) == ("stopped", "revoked")
    assert program.post("chat/send", once()).status_code == 401
    if way == "saved":
        # What was said until then stays with the person whose dialogue it is.
        ((text,),) = looked_up(
            server,
            "SELECT m.text FROM conversations_message m JOIN conversations_generation g"
            " ON g.message_id = m.id WHERE g.key = ?",
            request_id,
        )
        assert text.startswith(text_in(first))


def test_a_revoked_key_ends_a_plain_call_that_waits(server, program):
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(program.post("chat/send", once())))
    waiting.start()
    key = only_running(server)
    program.is_revoked()
    waiting.join(5)
    (answer,) = answers
    assert (answer.status_code, masked(answer.json())) == (401, NO_KEY("the key was revoked"))
    assert ended(server, key) == ("stopped", "revoked")


def test_another_key_of_the_same_person_reads_on(server, program):
    other = Program(server, server.site.manage("create_api_key", "keeper").strip())
    with program.stream("chat/send", once()) as response:
        reading = frames(response)
        next(reading)
        other.is_revoked()
        since = time.monotonic()
        for name, data in reading:
            assert (name, data["stop"]) == ("", False)
            if time.monotonic() - since > TWO_LOOKS:
                break
        else:
            raise AssertionError("the stream ended")


# -- a client that leaves


def test_an_answer_that_nobody_keeps_ends_with_its_reader(server, program):
    with program.stream("chat/send", once()) as response:
        reading = frames(response)
        _, first = next(reading)
        next(reading)
    assert ended(server, first["requestId"], seconds=3) == ("stopped", "")


def test_a_plain_one_too(server, program):
    with pytest.raises(httpx.ReadTimeout):
        program.post("chat/send", once(), timeout=1)
    for key in running(server):
        assert ended(server, key, seconds=3) == ("stopped", "")
    newest = looked_up(
        server, "SELECT status FROM conversations_generation ORDER BY id DESC LIMIT 1"
    )
    assert newest == [("stopped",)]


@pytest.mark.parametrize("streamed", [True, False], ids=["streamed", "plain"])
def test_an_answer_that_is_saved_goes_on_and_is_kept(server, program, streamed):
    user = f"u-left-{streamed}"
    body = saved(program, user, "Tell me about the sea, the sky, and everything between them.")
    if streamed:
        with program.stream("chat/send", body) as response:
            _, first = next(frames(response))
        request_id = first["requestId"]
    else:
        with pytest.raises(httpx.ReadTimeout):
            program.post("chat/send", body, timeout=0.3)
        request_id = only_running(server)
    assert ended(server, request_id) == ("done", "")
    kept = program.post("chat/message/histories", {"where": {"bizUserId": user}}).json()["data"]
    newest = kept["list"][0]
    assert newest["messageType"] == "character"
    assert kept["total"] == 2
    if streamed:
        assert newest["content"].startswith(text_in(first))
        assert len(newest["content"]) > len(text_in(first))


def test_a_stop_from_elsewhere_ends_the_stream(server, program):
    with program.stream("chat/send", once()) as response:
        reading = frames(response)
        _, first = next(reading)
        asked = {"requestId": first["requestId"], "content": text_in(first)}
        assert program.post("chat/stop", asked).json()["data"] is True
        *_, (name, last) = reading
    message = last["choices"][0]["messages"][0]
    assert (name, last["stop"]) == ("", True)
    assert message | {"content": ""} == {**SPOKEN, "content": ""}
    assert message["content"].startswith(text_in(first))
    assert last["usage"]["outputTokens"] > 0 < last["usage"]["inputTokens"]
    assert program.post("chat/stop", asked).json()["data"] is False


def test_two_users_are_answered_side_by_side(program):
    first, second = saved(program, "u-a"), saved(program, "u-b", "Hello.")
    with program.stream("chat/send", first) as one:
        reading = frames(one)
        next(reading)
        with program.stream("chat/send", second) as two:
            *_, (name, last) = frames(two)
        assert (name, last["stop"]) == ("", True)
        # The first one has not waited, and is not over.
        name, data = next(reading)
        assert (name, data["stop"]) == ("", False)
