"""Programs that hang up, keys that are taken back, two calls at once, a server that leaves.

All over real sockets: what is at stake is what happens to an answer when its line or its key goes.
"""

import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.clients.masks import Mask
from tests.clients.served import Served, served

pytestmark = pytest.mark.xdist_group("leaving")

ROLE = {"name": "阿遥", "content": "阿遥在山上的气象站值夜。"}
SLOW = "40"  # pieces a second: a long answer takes a quarter of a minute
PATIENCE = 10.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = tmp_path_factory.mktemp("leaving")
    with served(place, DEMO_PACE=SLOW, DRAIN_SECONDS="0") as running:
        yield running


@pytest.fixture(scope="module")
def keeper(server: Served) -> str:
    """A character of the site, whose talk is kept; its id."""
    sheet = {"name": "守塔人", "basicInformation": "守塔人照看一座老灯塔。"}
    return ask(server, "character/create", sheet).json()["data"]["characterId"]


def ask(server: Served, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    known = {"Authorization": f"Bearer {server.key}"} | headers
    address = f"{server.address}/v2/api/{path}"
    return httpx.post(address, json=body, headers=known, timeout=30, trust_env=False)


def saying(words: str, role: dict[str, Any] = ROLE, user: str = "rider-1") -> dict[str, Any]:
    aca = {"botProfile": role, "userProfile": {"userId": user}}
    return {"input": {"messages": [{"role": "user", "content": words}], "aca": aca}}


@contextmanager
def listening(
    server: Served, body: dict[str, Any], key: str = ""
) -> Iterator[Iterator[dict[str, Any]]]:
    """The frames of a stream as they come; an error is a frame with an `errorCode`."""
    with httpx.stream(
        "POST",
        server.address + "/v2/api/chat/send",
        json=body,
        headers={"Authorization": f"Bearer {key or server.key}", "X-AcA-SSE": "enable"},
        timeout=30,
        trust_env=False,
    ) as answer:
        lines = answer.iter_lines()
        yield (json.loads(line[5:]) for line in lines if line.startswith("data:"))


def text_of(frame: dict[str, Any]) -> str:
    return frame["choices"][0]["messages"][0]["content"]


def stored(server: Served, query: str, *values: str) -> list[Any]:
    """The site's database, read and written without our code."""
    with sqlite3.connect(server.site.data_dir / "lamplight.sqlite3", timeout=10) as database:
        rows = database.execute(query, values).fetchall()
    database.close()
    return rows


def ending_of(server: Served, request_id: str) -> tuple[str, str]:
    """Status and failure of this answer once it has ended."""
    query = "SELECT status, error_kind FROM conversations_generation WHERE key = ?"
    deadline = time.monotonic() + PATIENCE
    while True:
        (row,) = stored(server, query, request_id)
        if row[0] not in ("waiting", "streaming"):
            return row
        assert time.monotonic() < deadline, row
        time.sleep(0.02)


def error(number: int, status: int, name: str, key: str, words: str) -> dict[str, Any]:
    return {
        "requestId": "requestId",
        "code": number,
        "errorCode": number,
        "errorName": name,
        "errorMessage": words,
        "errorMessageKey": f"aca.error.{key}",
        "httpStatusCode": status,
        "success": False,
    }


BROKE_OFF = error(502, 502, "ServiceFault", "service.fault", "Service Fault: the answer broke off")
BUSY = error(
    409, 409, "Busy", "chat.busy", "Chat Busy: wait for the last answer to end, or stop it"
)


def test_an_answer_that_is_kept_nowhere_stops_when_its_reader_leaves(server):
    with listening(server, saying("/demo long")) as frames:
        request_id = next(frames)["requestId"]
    assert ending_of(server, request_id) == ("stopped", "")


def test_a_plain_answer_stops_too_when_nobody_waits_for_it(server):
    newest = "SELECT key FROM conversations_generation ORDER BY id DESC LIMIT 1"
    before = stored(server, newest)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            server.address + "/v2/api/chat/send",
            json=saying("/demo long"),
            headers={"Authorization": f"Bearer {server.key}"},
            timeout=httpx.Timeout(PATIENCE, read=1),
            trust_env=False,
        )
    after = stored(server, newest)
    assert after != before
    assert ending_of(server, after[0][0]) == ("stopped", "")


def test_an_answer_of_a_saved_dialogue_is_finished_without_its_reader(server, keeper):
    asked = saying("灯亮着吗？", {"characterId": keeper}, "rider-2")
    with listening(server, asked) as frames:
        first = next(frames)
    assert ending_of(server, first["requestId"]) == ("done", "")
    where = {"characterId": keeper, "bizUserId": "rider-2"}
    page = ask(server, "chat/message/histories", {"where": where}).json()["data"]["list"]
    newest = page[0]
    assert newest["messageId"] == first["context"]["answerId"]
    assert newest["content"].startswith(text_of(first))
    assert len(newest["content"]) > len(text_of(first))


def test_an_answer_that_was_taken_from_its_server_is_never_called_whole(server):
    running = "SELECT id FROM conversations_generation WHERE status = 'streaming'"
    with (
        ThreadPoolExecutor(1) as beside,
        listening(server, saying("/demo long")) as frames,
    ):
        next(frames)
        plain = beside.submit(ask, server, "chat/send", saying("/demo long"))
        deadline = time.monotonic() + PATIENCE
        while len(stored(server, running)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        stored(
            server, f"UPDATE conversations_generation SET owner = 'other' WHERE id IN ({running})"
        )
        *_, last = frames
        answer = plain.result(PATIENCE)
    assert Mask()(last) == BROKE_OFF
    assert (answer.status_code, Mask()(answer.json())) == (502, BROKE_OFF)


def test_one_user_has_one_chat_at_a_time(server, keeper):
    role = {"characterId": keeper}
    with listening(server, saying("/demo long", role, "rider-3")) as frames:
        shown = next(frames)
        again = saying("你好", role, "rider-3")
        refused = ask(server, "chat/send", again)
        assert (refused.status_code, Mask()(refused.json())) == (409, BUSY)
        with listening(server, again) as others:
            assert Mask()(list(others)) == [BUSY]
        somebody_else = ask(server, "chat/send", saying("你好", role, "rider-4"))
        assert somebody_else.json()["success"] is True
        stop = {"requestId": shown["requestId"], "content": text_of(shown)}
        assert ask(server, "chat/stop", stop).json()["data"] is True
        *_, last = frames
        assert last["stop"] is True
    assert ask(server, "chat/send", again).json()["success"] is True


def test_a_key_that_is_taken_back_ends_its_streams_and_no_others(server):
    spare = server.site.manage("create_api_key", "keeper", "--name", "spare").strip()
    with (
        listening(server, saying("/demo long"), spare) as frames,
        listening(server, saying("/demo long")) as others,
    ):
        request_id = next(frames)["requestId"]
        next(others)
        stored(server, "UPDATE accounts_apikey SET revoked = datetime('now') WHERE name = 'spare'")
        begun = time.monotonic()
        *_, last = frames
        assert Mask()(last) == error(
            400,
            401,
            "InvalidToken",
            "invalid.token",
            "Unauthorized user! apikey is invalid. The key was revoked",
        )
        assert time.monotonic() - begun < 5
        assert "choices" in next(others)
    assert ending_of(server, request_id)[1] == "revoked"


def test_a_server_that_leaves_says_so_and_is_itself_again_afterwards(server):
    with listening(server, saying("/demo long")) as frames:
        next(frames)
        assert server.site.process
        server.site.process.send_signal(signal.SIGTERM)
        *_, last = frames
    assert Mask()(last) == error(
        503,
        503,
        "Unavailable",
        "service.unavailable",
        "Service Unavailable: the server restarted",
    )
    assert server.site.process.wait(30) == 0
    server.site.start()
    assert ask(server, "chat/send", saying("你好")).json()["success"] is True
