"""Programs of our cast: each speaks to the API with a key of its own."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from roleplay import wiring
from roleplay.accounts import api_keys
from roleplay.accounts.models import SCOPES, User
from roleplay.conversations import replying
from roleplay.conversations.models import Generation
from roleplay.providers import retrying

STREAM = {"X-AcA-SSE": "enable"}
CUSTOM = {
    "input": {
        "messages": [{"role": "user", "content": "What are you mending?"}],
        "aca": {
            "botProfile": {"name": "Mei", "content": "Mei mends kites.", "type": "virtual"},
            "userProfile": {"userId": "u-1", "userName": "Lin", "basicInfo": ""},
        },
    }
}


@dataclass(frozen=True)
class Answer:
    """An answer as it arrived. `events` are pairs of event name and object, of a stream."""

    status: int
    text: str
    headers: Any

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def data(self) -> Any:
        assert self.body.get("success") is True, self.text
        return self.body["data"]

    @property
    def key(self) -> str:
        """The end of an error's key."""
        return str(self.body["errorMessageKey"]).removeprefix("aca.error.")

    @property
    def events(self) -> list[tuple[str, Any]]:
        found = []
        for frame in self.text.split("\n\n")[:-1]:
            *named, data = frame.split("\n")
            name = named[0].removeprefix("event:") if named else ""
            assert data.startswith("data:")
            found.append((name, json.loads(data[5:])))
        return found


class Caller:
    """A program with a key. `post` and `get` name a path below /v2/api/."""

    def __init__(self, user: User | None = None, scopes: Any = SCOPES, secret: str = "") -> None:
        if user:
            self.key, secret = api_keys.issue(user, "a program", scopes)
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def post(self, path: str, body: Any = None, method: str = "POST", **headers: str) -> Answer:
        content = body if isinstance(body, str | bytes) else json.dumps(body or {})
        return self._answer(
            self.client.generic(
                method,
                f"/v2/api/{path}",
                content,
                content_type="application/json",
                headers=self.headers | {name.replace("_", "-"): v for name, v in headers.items()},
            )
        )

    def stream(self, path: str, body: Any) -> Answer:
        return self.post(path, body, **STREAM)

    def begin(self, path: str, body: Any) -> Any:
        """A stream that nobody reads yet; `heard` reads it to its end."""
        return self.client.post(
            f"/v2/api/{path}",
            json.dumps(body),
            content_type="application/json",
            headers=self.headers | STREAM,
        )

    def heard(self, response: Any) -> Answer:
        return self._answer(response)

    def get(self, path: str, root: str = "/v2/api/", **query: Any) -> Answer:
        return self._answer(self.client.get(root + path, query, headers=self.headers))

    def ask(self, path: str, body: Any = None) -> Answer:
        """The same at the other door."""
        return self._answer(
            self.client.post(
                f"/v1/{path}",
                json.dumps(body),
                content_type="application/json",
                headers=self.headers,
            )
        )

    def _answer(self, response: Any) -> Answer:
        whole = response.streaming_content if response.streaming else [response.content]
        assert not response.cookies
        return Answer(response.status_code, b"".join(whole).decode(), response.headers)


@pytest.fixture(autouse=True)
def at_once(settings) -> Iterator[None]:
    """The demo engine does not take its time, and no engine outlives its story."""
    settings.DEMO_PACE = 0
    let_engines_go()
    yield
    let_engines_go()


def let_engines_go() -> None:
    if wiring._engines:
        asyncio.run_coroutine_threadsafe(wiring.close_engines(), wiring.runner().loop).result(10)


@pytest.fixture
def nothing_left(transactional_db) -> Iterator[None]:
    """Nothing may still be written while the next test empties the tables."""
    yield
    for generation in Generation.objects.running():
        replying.stop_reply(generation)
        to_the_end(generation)


def to_the_end(generation: Generation) -> Generation:
    """Waits for the end of this reply, and gives it as it was stored."""
    for _events in replying.listen(generation, 0):
        pass
    generation.refresh_from_db()
    return generation


@pytest.fixture
def impatient(monkeypatch) -> None:
    """A busy engine is asked again at once."""
    monkeypatch.setattr(retrying, "WAITS", (0.0, 0.0))


@pytest.fixture
def caller(nothing_left, alice: User) -> Caller:
    return Caller(alice)


@pytest.fixture
def bobs_caller(nothing_left, bob: User) -> Caller:
    return Caller(bob)


@pytest.fixture
def stranger(transactional_db) -> Caller:
    return Caller()


@pytest.fixture
def custom() -> dict[str, Any]:
    """A call of role chat for a role in words."""
    return json.loads(json.dumps(CUSTOM))
