"""What can be wrong with a call, in the vendor's numbers and words.

The documented numbers are the vendor's; his page gives them HTTP status 400. A wrong key is 401 and
too much at once 429, which every client tells apart by the status. Numbers above 414 are ours, since
the vendor's are not published.
"""

from typing import Any, ClassVar

# The vendor's name of an error is not published beyond its key: its last words are used.
KEY = "aca.error."


class ApiError(Exception):
    """`detail` is for the programmer who reads the answer: what is wrong, and what to do.

    Where nothing is said, it is the kind's own `advice`. `code` is the vendor's number, `status` the
    HTTP one; `retry_after` in seconds where it is known.
    """

    status: ClassVar[int] = 400
    code: ClassVar[int] = 400
    key: ClassVar[str] = "invalid.request"
    words: ClassVar[str] = "Invalid Request"
    advice: ClassVar[str] = ""

    def __init__(self, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail or self.words)
        self.detail = detail or self.advice
        self.retry_after = retry_after

    @property
    def message(self) -> str:
        """The vendor's words, and ours behind them."""
        if not self.detail:
            return self.words
        if self.words.endswith("."):
            return f"{self.words} {self.detail[0].upper()}{self.detail[1:]}"
        return f"{self.words}: {self.detail}"


class InvalidParam(ApiError):
    """A field is missing, of the wrong type or out of range."""

    key = "invalid.param"
    words = "Invalid Param"


class Unreadable(ApiError):
    """The body is no JSON."""

    key = "invalid.request.params.unreadable"
    words = "Request Params Unreadable"


class WrongMethod(ApiError):
    """The path does not know this verb."""

    key = "invalid.request.method"
    words = "Invalid Request Method"


class InvalidToken(ApiError):
    """No key, or one that is wrong, revoked or over."""

    status = 401
    key = "invalid.token"
    words = "Unauthorized user! apikey is invalid."
    advice = "send Authorization: Bearer <key>"


class Duplicate(ApiError):
    """It is there already. 401 is the vendor's number for it; it says nothing about the key."""

    code = 401
    key = "data.duplicate"
    words = "Data Duplicate"


class NoPermission(ApiError):
    """The key lacks the scope, or the thing belongs to somebody else and is known to be there."""

    code = 403
    key = "no.permission"
    words = "No Permission"


class NotFound(ApiError):
    """There is no such thing, or none that this key may see: the two are not told apart."""

    code = 404
    key = "notfound"
    words = "Not Found"


class NoVersions(ApiError):
    """Only the owner manages versions."""

    code = 411
    key = "no.permission.mgmt.version"
    words = "No Permission to manage versions"


class ChatClosed(ApiError):
    """The character's owner does not let it be talked to."""

    code = 413
    key = "no.permission.open.chat"
    words = "No Permission to open chat"


class ApiClosed(ApiError):
    """The character's owner does not let it be used from programs."""

    code = 414
    key = "no.permission.open.api"
    words = "No Permission to open api"


class NotOffered(ApiError):
    """The platform has this service; this site does not."""

    code = 415
    key = "service.not.offered"
    words = "Service Not Offered"


class Refused(ApiError):
    """Content inspection or the model's own policy declined."""

    code = 416
    key = "data.inspection"
    words = "DataInspectionFailed: Input or output data may contain inappropriate content."


class TooLong(ApiError):
    """More than the model can read."""

    code = 417
    key = "input.too.long"
    words = "Input Too Long"


class Busy(ApiError):
    """One user, one chat at a time: the last answer of this dialogue is still being written."""

    status = 409
    code = 409
    key = "chat.busy"
    words = "Chat Busy"


class Throttled(ApiError):
    """Too much at once, or today's share is used up."""

    status = 429
    code = 429
    key = "throttling"
    words = "Throttling.RateQuota"


class ServiceFault(ApiError):
    """The engine behind this site failed; nothing of its own words is passed on."""

    status = 502
    code = 502
    key = "service.fault"
    words = "Service Fault"


class Unavailable(ApiError):
    """This site is leaving or full; ask again in a moment."""

    status = 503
    code = 503
    key = "service.unavailable"
    words = "Service Unavailable"


class TimedOut(ApiError):
    """The engine behind this site did not answer in time."""

    status = 504
    code = 504
    key = "service.timeout"
    words = "Service Timeout"


class Broken(ApiError):
    """A fault of ours."""

    status = 500
    code = 500
    key = "system"
    words = "System Error"


def error_body(error: ApiError, request_id: str) -> dict[str, Any]:
    """Both families of fields, so that every client finds its own.

    There is no `message`: the vendor's Python classes declare a boolean of that name. `retryAfter`
    (seconds) is ours, for errors inside a stream, which have no header of their own any more.
    """
    wait = {} if error.retry_after is None else {"retryAfter": max(1, round(error.retry_after))}
    return {
        "requestId": request_id,
        "code": error.code,
        "errorCode": error.code,
        "errorName": type(error).__name__,
        "errorMessage": error.message,
        "errorMessageKey": KEY + error.key,
        "httpStatusCode": error.status,
        "success": False,
        **wait,
    }
