"""A person without a browser: enters as a guest, sends, and reads a reply's events over HTTP."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
HEAD = re.compile(r'name="head"[^>]*value="(\d+)"')
EVENTS = re.compile(r"/replies/([-\w]+)/events/")


@dataclass(frozen=True)
class Heard:
    """One event as it arrived. `id` is None where the server sent none."""

    at: float
    id: int | None
    kind: str
    data: dict[str, Any]


class Guest:
    """Speaks to the server at `address`; a chat with `character` (a path like /characters/…/)."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(
            base_url=address, trust_env=False, timeout=30, headers={"Accept-Language": "en"}
        )
        self.chat = ""
        self.token = ""

    def enter(self, character: str = "") -> str:
        """Begin a chat, with the first character on the shelf if none is named; its path."""
        page = self._read("/")
        start = f"{character}chat/" if character else _first(r'"(/characters/[-\w]+/chat/)"', page)
        answer = self.http.post(start, data={"csrfmiddlewaretoken": self.token})
        assert answer.status_code == 302, answer.text
        self.chat = answer.headers["Location"]
        return self.chat

    def page(self) -> str:
        return self._read(self.chat)

    def send(self, text: str, key: str | None = None) -> str:
        """Send words from the chat page as it is now; the key of the reply."""
        head = HEAD.search(self.page())
        return self.press(f"{self.chat}messages/", head[1] if head else "", key, text=text)

    def press(self, path: str, head: str, key: str | None = None, **fields: str) -> str:
        """One press of a button; the key of the reply that begins."""
        data = {
            "csrfmiddlewaretoken": self.token,
            "send_key": key or uuid.uuid4().hex,
            "head": head,
            **fields,
        }
        answer = self.http.post(path, data=data)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        return _first(EVENTS.pattern, answer.text)

    def events(
        self, reply: str, after: int | None = 0, last_seen: int | None = None
    ) -> Iterator[Heard]:
        """The events of a reply as they come; closing the iterator closes the line.

        `after` goes into the address, `last_seen` into Last-Event-ID, as a browser does.
        """
        seen = {} if last_seen is None else {"Last-Event-ID": str(last_seen)}
        address = f"/replies/{reply}/events/" + ("" if after is None else f"?after={after}")
        with self.http.stream("GET", address, headers=seen) as answer:
            assert answer.status_code == 200, answer.status_code
            yield from _events(answer.iter_bytes())

    def _read(self, path: str) -> str:
        page = self.http.get(path).text
        found = TOKEN.search(page)
        self.token = found[1] if found else self.token
        return page


def _events(parts: Iterator[bytes]) -> Iterator[Heard]:
    rest = b""
    for part in parts:
        *frames, rest = (rest + part).split(b"\n\n")
        for frame in frames:
            fields = dict(
                line.split(": ", 1) for line in frame.decode().split("\n") if ": " in line
            )
            if "data" in fields:
                number = int(fields["id"]) if "id" in fields else None
                kind = fields.get("event", "delta")
                yield Heard(time.monotonic(), number, kind, json.loads(fields["data"]))


def _first(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found, page[:2000]
    return found[1]
