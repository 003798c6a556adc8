"""How the two doors write: bodies, frames and errors, the vendor's way and OpenAI's."""

import json
from typing import Any, ClassVar, Protocol

from django.http import HttpResponse
from pydantic import BaseModel

from roleplay.api.errors import ApiError, NotFound, WrongMethod, error_body

JSON_TYPE = "application/json;charset=UTF-8"
STREAM_TYPE = "text/event-stream;charset=UTF-8"


class NoPath(NotFound):
    """Nothing answers at this path: told like anything that is not there, but it is no model."""

    advice = "there is no such path"


class Dialect(Protocol):
    """`lead` stands before the JSON of each frame. `all_in_stream`: errors of streaming calls are
    events even where the stream never began; `status` is theirs over HTTP."""

    lead: ClassVar[str]
    all_in_stream: ClassVar[bool]

    def status(self, error: ApiError) -> int: ...

    def body(self, error: ApiError, request_id: str) -> dict[str, Any]:
        """The error as the body of a plain answer."""
        ...

    def event(self, error: ApiError, request_id: str) -> str:
        """The error as a stream's readers see it."""
        ...


class Xingchen:
    lead: ClassVar[str] = "data:"
    all_in_stream: ClassVar[bool] = True

    def status(self, error: ApiError) -> int:
        return error.status

    def body(self, error: ApiError, request_id: str) -> dict[str, Any]:
        return error_body(error, request_id)

    def event(self, error: ApiError, request_id: str) -> str:
        # Without a blank after the colon: the vendor's own loops compare exactly that.
        return f"event:error\ndata:{dumped(error_body(error, request_id))}\n\n"


class OpenAI:
    lead: ClassVar[str] = "data: "
    all_in_stream: ClassVar[bool] = False

    KINDS: ClassVar[dict[int, tuple[str, str | None]]] = {
        401: ("authentication_error", "invalid_api_key"),
        403: ("permission_error", None),
        404: ("invalid_request_error", "model_not_found"),
        409: ("invalid_request_error", None),
        429: ("rate_limit_error", "rate_limit_exceeded"),
    }

    def status(self, error: ApiError) -> int:
        """Its clients tell errors apart by the status; much of the vendor's comes with 400."""
        if isinstance(error, WrongMethod):
            return 405
        return error.code if error.code in (403, 404) else error.status

    def body(self, error: ApiError, request_id: str) -> dict[str, Any]:
        status = self.status(error)
        kind, code = self.KINDS.get(
            status, ("server_error" if status >= 500 else "invalid_request_error", None)
        )
        code = None if isinstance(error, NoPath) else code
        told = {"message": error.message, "type": kind, "param": None, "code": code}
        return {"error": told}

    def event(self, error: ApiError, request_id: str) -> str:
        return f"data: {dumped(self.body(error, request_id))}\n\n"


XINGCHEN = Xingchen()
OPENAI = OpenAI()


def error_answer(
    dialect: Dialect, error: ApiError, request_id: str, streams: bool = False
) -> HttpResponse:
    """The error as this call's reader can see it."""
    if streams and dialect.all_in_stream:
        text, kind = dialect.event(error, request_id), STREAM_TYPE
    else:
        text, kind = dumped(dialect.body(error, request_id)), JSON_TYPE
    response = HttpResponse(text, content_type=kind, status=dialect.status(error))
    # A program with a wrong key asks again and again: what it did wrong is told to it, not to the log.
    response._has_been_logged = True  # type: ignore[attr-defined]
    if error.retry_after is not None:
        response["Retry-After"] = str(max(1, round(error.retry_after)))
    return unkept(response)


def json_answer(value: Any, status: int = 200) -> HttpResponse:
    """The value as a whole body."""
    return unkept(HttpResponse(dumped(value), content_type=JSON_TYPE, status=status))


def unkept(response: HttpResponse) -> HttpResponse:
    """What is answered to a key is nobody else's to keep."""
    response["Cache-Control"] = "no-store"
    return response


def _of_shape(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True, warnings=False)
    raise TypeError(f"{type(value).__name__} is not for the wire")


# JSON on one line; shapes under the names of the wire, without what is not set.
dumped = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_of_shape).encode
