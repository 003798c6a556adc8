"""Lets a call in: who asks, with which key, for what; and gives every answer its form.

A plain call gets an HTTP status and a body. A streaming call gets an `event:error` whatever is wrong
with it, since its readers see nothing else.
"""

import logging
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError
from django.http.response import HttpResponseBase
from pydantic import BaseModel

from roleplay.accounts import api_keys
from roleplay.accounts.models import ApiKey, User
from roleplay.api.bodies import read_json, read_shape
from roleplay.api.dialects import OPENAI, XINGCHEN, Dialect, error_answer, json_answer
from roleplay.api.errors import (
    ApiError,
    Broken,
    InvalidParam,
    InvalidToken,
    NoPermission,
    WrongMethod,
)
from roleplay.api.outcomes import refusals
from roleplay.api.route import Route

log = logging.getLogger(__name__)

S = TypeVar("S", bound=BaseModel)
BEARER = re.compile(r"\s*Bearer\s+(\S+)\s*", re.IGNORECASE)
ASKS_FOR_STREAM = re.compile(rb'"stream"\s*:\s*true')
FIRST_BYTES = 64 * 1024  # of a body that is too large to be read
SSE_HEADERS = ("X-AcA-SSE", "X-DashScope-SSE")
INSPECTION_HEADERS = ("X-AcA-DataInspection", "X-DashScope-DataInspection")


@dataclass(slots=True)
class Call:
    """A call that was let in. `request_id` is 32 hex digits; `path` holds the steps of the address."""

    request: HttpRequest
    key: ApiKey
    body: dict[str, Any]
    request_id: str
    streams: bool = False
    path: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect = XINGCHEN

    @property
    def user(self) -> User:
        """The key's owner, whose things and limits these are."""
        return self.key.user

    @property
    def inspects(self) -> bool:
        """Whether content inspection is asked for."""
        return _enabled(self.request, INSPECTION_HEADERS) is True

    def read(self, shape: type[S]) -> S:
        """The body as this shape. Raises InvalidParam."""
        return read_shape(shape, self.body)

    def query(self, shape: type[S]) -> S:
        """The query string as this shape: numbers and truth are read from their letters."""
        try:
            return shape.model_validate(self.request.GET.dict(), strict=False)
        except ValueError as error:
            raise InvalidParam(_told(error)) from None


def answer(request: HttpRequest, route: Route, **path: str) -> HttpResponseBase:
    """The answer to this call, whatever comes of it."""
    request_id = uuid.uuid4().hex
    streams = False
    try:
        streams = wants_stream(request, route)
        call = _let_in(request, route, request_id, streams, path)
        streams = call.streams
        with refusals():
            return _answered(route.view(call), request_id, route.bare)
    except ApiError as error:
        return _refused(route, error, request_id, streams)
    except SuspiciousOperation:
        odd = InvalidParam("the address, its parameters or the headers are more than can be read")
        return _refused(route, odd, request_id, streams)
    except Exception as error:
        return error_answer(route.dialect, broken(request_id, error), request_id, streams)


def _refused(route: Route, error: ApiError, request_id: str, streams: bool) -> HttpResponseBase:
    response = error_answer(route.dialect, error, request_id, streams)
    if response.status_code == 405:
        response["Allow"] = ", ".join(verbs_of(route))
    return response


def verbs_of(route: Route) -> tuple[str, ...]:
    """What the path takes. Where GET is, OpenAI's clients may ask for the headers alone."""
    head = ("HEAD",) if route.dialect is OPENAI and "GET" in route.methods else ()
    return (*route.methods, *head)


def broken(request_id: str, error: Exception) -> ApiError:
    """A fault of ours, told to the log; the caller is told under which id it is found there."""
    log.error("call %s failed", request_id, exc_info=error)
    return Broken(f"request {request_id}")


def wants_stream(request: HttpRequest, route: Route) -> bool:
    """Whether the answer is to be a stream. `Accept` says nothing about it where others do.

    A body is searched for its wish before it is read, so that the error of one that is not let in or
    cannot be read arrives as it would be seen; once it is read, what it says counts. Of one that is
    too large its beginning is searched, and then `Accept` counts too.
    """
    if route.stream == "header":
        told = _enabled(request, SSE_HEADERS)
        if told is not None:
            return told
        return request.headers.get("x-fag-servicename", "").strip().endswith("-sse")
    if route.stream == "body":
        try:
            return _asks(_body(request))
        except InvalidParam:
            return _reads_events(request) or _asks(_beginning(request))
    return False


def _asks(body: bytes) -> bool:
    return ASKS_FOR_STREAM.search(body) is not None


def _reads_events(request: HttpRequest) -> bool:
    return "text/event-stream" in request.headers.get("Accept", "").lower()


def _beginning(request: HttpRequest) -> bytes:
    """How a body begins that is too large; nothing of one that did not arrive."""
    with suppress(OSError, ValueError):
        return request.read(FIRST_BYTES)
    return b""


def _let_in(
    request: HttpRequest, route: Route, request_id: str, streams: bool, path: Mapping[str, str]
) -> Call:
    if request.method not in verbs_of(route):
        raise WrongMethod(f"this path takes {', '.join(route.methods)}")
    key = key_of(request)
    if not key.may(route.scope):
        raise NoPermission(f"this key has no scope {route.scope}")
    body = {} if request.method in ("GET", "HEAD") else read_json(_body(request))
    if route.stream == "body":
        streams = body.get("stream") is True
    return Call(request, key, body, request_id, streams, path, route.dialect)


def key_of(request: HttpRequest) -> ApiKey:
    """The live key in the Authorization header. Raises InvalidToken."""
    found = BEARER.fullmatch(request.headers.get("Authorization", ""))
    key = api_keys.find(found[1]) if found else None
    if key is None:
        raise InvalidToken
    api_keys.touch(key)
    return key


def _answered(value: Any, request_id: str, bare: bool) -> HttpResponseBase:
    if isinstance(value, HttpResponseBase):
        return value
    if bare:
        return json_answer(value)
    return json_answer({"requestId": request_id, "code": 200, "data": value, "success": True})


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except (RequestDataTooBig, RawPostDataException, UnreadablePostError, ValueError):
        # Of a client that has left the body is closed, and reading it is a ValueError. Of one that is
        # too large the beginning has been read.
        raise InvalidParam("the body is too large, or did not arrive whole") from None


def _enabled(request: HttpRequest, names: tuple[str, ...]) -> bool | None:
    """What the first of these headers says; None where none is there."""
    for name in names:
        if name in request.headers:
            return request.headers[name].strip().lower() == "enable"
    return None


def _told(error: ValueError) -> str:
    faults = error.errors(include_url=False) if hasattr(error, "errors") else []
    return "; ".join(f"{fault['loc'][0]} {fault['msg']}" for fault in faults[:3] if fault["loc"])
