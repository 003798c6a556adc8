"""The answer to a call that was turned away before Django saw it, in the caller's form."""

import uuid
from collections.abc import Mapping

from django.http import HttpResponse

from roleplay.api.dialects import OPENAI, XINGCHEN, error_answer
from roleplay.api.errors import InvalidParam

WISHES = {b"x-aca-sse": b"enable", b"x-dashscope-sse": b"enable"}


def too_large(path: str, headers: Mapping[bytes, bytes]) -> HttpResponse | None:
    """The error for a body beyond the limit; None where the path is none of a door's.

    Whether a body wishes for a stream is not known of one that was not read: headers alone count,
    and where nothing but the body says it, what its reader would take.
    """
    path = "/" + path.lstrip("/")
    if not path.startswith(("/v1/", "/v2/api/")):
        return None
    dialect = OPENAI if path.startswith("/v1/") and not path.startswith("/v1/api/") else XINGCHEN
    wished = any(headers.get(name, b"").lower() == value for name, value in WISHES.items())
    streams = wished or headers.get(b"x-fag-servicename", b"").endswith(b"-sse")
    if path.rstrip("/").endswith("/completions"):
        streams = b"text/event-stream" in headers.get(b"accept", b"").lower()
    error = InvalidParam("the body is too large")
    return error_answer(dialect, error, uuid.uuid4().hex, streams)
