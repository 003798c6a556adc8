"""However an answer ends, its reader is told: no piece of one is ever called the whole."""

import asyncio
import json

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from roleplay.api.answering import Frames
from roleplay.api.completions import CompletionWriting
from roleplay.api.dialects import XINGCHEN
from roleplay.http import EventStreamResponse, when_ended
from roleplay.streaming.events import Event
from tests.api.said import BROKEN, SERVICE, masked
from tests.api.visits import Visit, pages

PIECE = "灯下。"
END = Event(9_999, "end", {"status": "done", "kind": "", "retry_after": None})
FAILED = Event(9_999, "end", {"status": "failed", "kind": "upstream", "retry_after": None})
# The id in the words is the one beside them: the mask names it for where it saw it first.
OUR_FAULT = BROKEN("request errorMessage") | {"requestId": "errorMessage"}


class Told:
    """A reader of batches that are known before; an exception among them is raised."""

    def __init__(self, *batches):
        self.batches = batches

    def __iter__(self):
        for batch in self.batches:
            if isinstance(batch, Exception):
                raise batch
            yield batch

    async def __aiter__(self):
        for batch in self:
            yield batch


def pieces(count):
    return [[Event(number + 1, "delta", {"t": PIECE})] for number in range(count)]


def frames():
    return Frames(CompletionWriting("r", "m", {}), XINGCHEN, "0" * 32)


def request_under(server):
    """A request as this kind of server makes it."""
    if server == "wsgi":
        return RequestFactory().get("/")
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    return ASGIRequest(scope, None)


def streamed(server, reader, left, wire=None, may_read=lambda: True):
    """What arrives of this reader, and leaves a mark in `left` each time it is let go."""
    response = EventStreamResponse(
        request_under(server),
        reader,
        may_read,
        wire=wire or frames(),
        leave=lambda: left.append("left"),
    )
    if server == "wsgi":
        parts = list(response.parts)
    else:

        async def all_parts():
            return [part async for part in response.parts]

        parts = asyncio.run(all_parts())
    response.close()
    return b"".join(parts).decode()


def error_in(text):
    """The error event at the end of a stream, masked."""
    *_, last = text.removesuffix("\n\n").split("\n\n")
    name, data = last.split("\n")
    assert name == "event:error"
    return masked(json.loads(data.removeprefix("data:")))


servers = pytest.mark.parametrize("server", ["wsgi", "asgi"])


@servers
def test_a_stream_whose_log_was_lost_broke_off(server):
    left = []
    text = streamed(server, Told(*pieces(3)), left)
    assert error_in(text) == SERVICE("the answer broke off")
    assert left == ["left"]


@servers
def test_a_stream_that_was_told_its_end_says_nothing_more(server):
    text = streamed(server, Told(*pieces(3), [END]), [])
    assert "error" not in text
    assert text.count("data:") == 4


@servers
def test_a_stream_that_may_not_be_read_on_says_so(server, monkeypatch):
    monkeypatch.setattr("roleplay.http.CHECK_SECONDS", 0)
    text = streamed(server, Told(*pieces(3), [END]), [], may_read=lambda: False)
    assert error_in(text) == SERVICE("the answer broke off")


@servers
def test_a_stream_that_cannot_be_read_on_ends_with_our_fault(server):
    left = []
    text = streamed(server, Told(*pieces(3), OSError("no disk")), left)
    assert error_in(text) == OUR_FAULT
    assert left == ["left"]


def test_a_page_has_its_events_and_no_words_behind_them():
    response = EventStreamResponse(request_under("wsgi"), Told(*pieces(1)), lambda: True)
    assert [part.partition(b"\n")[0] for part in response.parts] == [b"retry: 1000", b"id: 1"]


def test_a_stream_that_nobody_began_to_read_is_let_go():
    left = []
    response = EventStreamResponse(
        request_under("wsgi"), Told(*pieces(3)), lambda: True, leave=lambda: left.append("left")
    )
    response.close()
    response.close()
    assert left == ["left"]


def test_the_replies_of_a_plain_answer_are_let_go_where_a_thread_waits():
    left = []
    with pytest.raises(OSError, match="no disk"):
        when_ended(
            request_under("wsgi"),
            [Told(OSError("no disk"))],
            lambda heard: None,
            lambda error: None,
            lambda: left.append("left"),
        )
    assert left == ["left"]


@pytest.mark.parametrize("count", [60, 2_001])
def test_all_that_was_written_is_told_before_the_error(count):
    wire = frames()
    told = "".join(wire(batch).decode() for batch in [*pieces(count), [FAILED]])
    *_, last, error, end = told.split("\n\n")
    assert last.count(PIECE) == count
    assert error.startswith("event:error\ndata:")
    assert end == ""


def test_what_was_told_is_not_told_again_before_the_error():
    wire = frames()
    told = "".join(wire(batch).decode() for batch in [*pieces(60), [FAILED]])
    assert told.count("data:") == 61


# -- what cannot be written, through both kinds of server


def asked_of(server, caller, path, body, stream=False):
    """Status and text of the answer."""
    headers = {"X-AcA-SSE": "enable"} if stream else {}
    if server == "wsgi":
        answer = caller._answer(
            caller.client.post(
                path, body, content_type="application/json", headers=caller.headers | headers
            )
        )
        return answer.status, answer.text
    with pages() as handler:

        async def visited():
            return await Visit(caller.headers | headers, body)(handler, path)

        visit = asyncio.run(visited())
    return visit.status, visit.text


@pytest.fixture
def breaking(settings):
    settings.ROOT_URLCONF = "tests.api.breaking"


@servers
def test_a_plain_answer_that_cannot_be_written_is_our_fault(server, caller, breaking):
    status, text = asked_of(server, caller, "/breaking", {})
    assert (status, masked(json.loads(text))) == (500, OUR_FAULT)


@servers
def test_a_stream_that_cannot_be_written_ends_with_our_fault(server, caller, breaking):
    status, text = asked_of(server, caller, "/breaking", {}, stream=True)
    assert (status, error_in(text)) == (200, OUR_FAULT)


@servers
def test_the_other_door_has_words_of_its_own_for_it(server, caller, breaking):
    error = {"message": "words", "type": "server_error", "param": None, "code": None}
    for asked in ({}, {"stream": True}):
        _, text = asked_of(server, caller, "/v1/breaking", asked)
        body = json.loads(text.removeprefix("data: "))
        assert body["error"]["message"].startswith("System Error: request ")
        assert body == {"error": error | {"message": body["error"]["message"]}}


def test_a_plain_answer_is_written_where_pages_are_and_not_among_the_streams(caller, breaking):
    _, text = asked_of("asgi", caller, "/telling", {})
    assert json.loads(text) == "pages"
