"""Bodies beyond the limit are refused, whatever they say of their length."""

import pytest

from roleplay.api.too_large import too_large
from roleplay.serving.body_limit import MOST_BYTES, BodyLimit
from roleplay.serving.pooled import PooledHandler

pytestmark = pytest.mark.anyio


class Reader:
    """An application that reads to the end and answers with the number of bytes it got."""

    def __init__(self):
        self.got, self.asked = 0, False

    async def __call__(self, scope, receive, send):
        self.asked = True
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.got += len(message["body"])
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(self.got).encode()})


async def post(application, *parts, length=None, path="/"):
    """Status, headers and body of the answer to these parts, and how many parts were taken."""
    waiting, sent = list(parts), []

    async def receive():
        if not waiting:
            return {"type": "http.disconnect"}
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"testserver")]
    if length is not None:
        headers.append((b"content-length", length))
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": headers,
    }
    await application(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], dict(sent[0]["headers"]), body, len(parts) - len(waiting)


async def test_what_fits_goes_through_untouched():
    status, _, body, _ = await post(BodyLimit(Reader(), 10), b"12345", b"67890", length=b"10")
    assert (status, body) == (200, b"10")


@pytest.mark.parametrize("length", [b"11", b"9" * 18, b"9" * 5000])
async def test_a_length_beyond_the_limit_is_refused_unread(length):
    reader = Reader()
    status, headers, body, taken = await post(BodyLimit(reader, 10), b"1" * 11, length=length)
    assert (status, headers[b"connection"], taken) == (413, b"close", 0)
    assert headers[b"content-length"] == str(len(body)).encode()
    assert not reader.asked


@pytest.mark.parametrize("length", [None, b"3", b"", b"-1", b"many"])
async def test_an_unsaid_or_untrue_length_is_counted_as_it_comes(length):
    reader = Reader()
    parts = [b"12345"] * 100
    status, headers, _, taken = await post(BodyLimit(reader, 10), *parts, length=length)
    assert (status, headers[b"connection"], taken) == (413, b"close", 3)
    assert reader.got == 10


async def test_an_answer_that_has_begun_is_not_begun_again():
    async def hasty(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()
        await send({"type": "http.response.body", "body": b"heard enough"})

    status, _, body, _ = await post(BodyLimit(hasty, 10), b"1" * 11)
    assert (status, body) == (200, b"heard enough")


async def test_what_is_no_request_passes_by():
    seen = []

    async def life(scope, receive, send):
        seen.append(scope["type"])

    await BodyLimit(life, 10)({"type": "lifespan"}, None, None)
    assert seen == ["lifespan"]


async def test_django_stops_reading_at_the_limit():
    mebibyte = b"x" * 1024 * 1024
    limited = BodyLimit(PooledHandler(threads=1))
    status, _, _, taken = await post(limited, *[mebibyte] * 30, path="/accounts/login/")
    assert (status, taken) == (413, MOST_BYTES // len(mebibyte) + 1)


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ("/v2/api/chat/send", b'"errorMessageKey":"aca.error.invalid.param"'),
        ("//v2/api/chat/send", b'"errorMessageKey":"aca.error.invalid.param"'),
        ("/v1/chat/completions", b'{"error":{"message":"Invalid Param'),
    ],
)
async def test_a_program_is_refused_in_its_own_form(path, mark):
    application = BodyLimit(Reader(), 10, refusal=too_large)
    status, headers, body, _ = await post(application, b"x" * 11, length=b"11", path=path)
    assert (status, headers[b"content-type"]) == (400, b"application/json;charset=UTF-8")
    assert mark in body


async def test_a_person_is_refused_in_plain_words_still():
    application = BodyLimit(Reader(), 10, refusal=too_large)
    status, _, body, _ = await post(application, b"x" * 11, length=b"11", path="/settings/")
    assert (status, body) == (413, b"This request is too large.\n")
