"""Tells from a status, a code and the engine's own words which of our errors it is.

Codes and words differ from vendor to vendor and change without notice, so the words are only
looked at for known marks; they never go into our error, a log or a page.
"""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from roleplay.providers import base
from roleplay.providers.base import ProviderError
from roleplay.providers.strict_json import mapping

LONGEST_WAIT = 86_400.0

# In this order: "insufficient_quota" comes with status 429 and is no matter of waiting.
MARKS: tuple[tuple[type[ProviderError], re.Pattern[str]], ...] = tuple(
    (kind, re.compile(marks, re.IGNORECASE))
    for kind, marks in (
        (
            base.Refused,
            r"data_?-?inspection|inappropriate content|content_filter|content_policy|"
            r"responsibleai|safety system|moderation|敏感|违规|不合规|内容安全",
        ),
        (
            base.OutOfMoney,
            r"insufficient[_ ](?:quota|balance|credit|fund)|arrearage|overdue|freetieronly|"
            r"free tier|exceeded your current quota|billing|payment|prepaid|欠费|余额|额度不足",
        ),
        (
            base.TooLong,
            r"context[_ ](?:length|size|window)|context_length_exceeded|exceed_context|"
            r"maximum context|range of input length|input length should|too many tokens|"
            r"prompt is too long|input[._ ]too[._ ]long|reduce the length|超长|长度超",
        ),
        (
            base.RateLimited,
            r"throttl|rate[_ -]?limit|rate[_ ]?quota|too many requests|allocationquota|"
            r"requests? per (?:second|minute|day)|\b[qtr]p[sm]\b|chat ?lock|限流|频繁|繁忙",
        ),
        (
            base.Unauthorized,
            r"invalid[._ ]?token|(?:invalid|incorrect|missing|no)[_ ]?api[_ -]?key|"
            r"apikey is invalid|api key (?:is )?invalid|unauthorized|authentication|"
            r"no[._ ]permission|permission[_ ]denied|access[._ ]?denied|not\.accept\.agreement",
        ),
        (
            base.ModelGone,
            r"model[_. ]?not[_. ]?(?:found|exist|supported)|"
            r"model [^.]{0,200}(?:not found|does not exist|not exist)|"
            r"aca\.error\.notfound|try pulling it|character (?:is )?not (?:found|exist)",
        ),
        (base.TimedOut, r"timed? ?out|timeout"),
        (base.Upstream, r"internal[_ ]?(?:server[_ ]?)?error|overloaded|unavailable|internalerror"),
        (base.Rejected, r"aca\.error\.(?:invalid|data\.duplicate)|invalid[_ ](?:request|param)"),
    )
)

STATUSES: Mapping[int, type[ProviderError]] = {
    401: base.Unauthorized,
    402: base.OutOfMoney,
    403: base.Unauthorized,
    404: base.ModelGone,
    407: base.Unauthorized,
    408: base.TimedOut,
    410: base.ModelGone,
    413: base.TooLong,
    429: base.RateLimited,
    451: base.Refused,
    504: base.TimedOut,
    524: base.TimedOut,
}
# Numbers that the Xingchen platform gives in `errorCode`: not HTTP, and 401 is "data duplicate".
PLATFORM_CODES: Mapping[int, type[ProviderError]] = {
    400: base.Rejected,
    401: base.Rejected,
    403: base.Unauthorized,
    404: base.ModelGone,
    410: base.Unauthorized,
    411: base.Unauthorized,
    412: base.Unauthorized,
    413: base.Unauthorized,
    414: base.Unauthorized,
    429: base.RateLimited,
}
WORDS = ("code", "errorCode", "errorName", "errorMessage", "errorMessageKey", "type", "message",
         "msg", "detail", "status", "param")  # fmt: skip


def from_status(
    status: int, headers: Mapping[str, str], body: Any = None, platform: bool = False
) -> ProviderError:
    """The error that an answer of this HTTP status means; `body` is its JSON or text, if any.

    `platform`: `errorCode` in the body is one of the Xingchen platform's own numbers.
    """
    kind = marked(body)
    if kind is base.Rejected or kind is None:
        code = mapping(body).get("errorCode", mapping(body).get("code"))
        if platform and status == 400 and isinstance(code, int) and code != 400:
            kind = PLATFORM_CODES.get(code, kind)
    if kind is None or (kind is base.Unauthorized and status >= 500):
        kind = of_status(status)
    return kind(f"HTTP {status}", retry_after=retry_after(headers))


def of_status(status: int) -> type[ProviderError]:
    """The error that this status alone means."""
    if status in STATUSES:
        return STATUSES[status]
    return base.Upstream if status >= 500 else base.Rejected


def from_event(body: Any, platform: bool = False) -> ProviderError:
    """The error that an error object inside a good answer means."""
    fields = mapping(body)
    kind = marked(body)
    if kind is None:
        inner = mapping(fields.get("error")) or fields
        for name in ("httpStatusCode", "status_code", "status", "code", "errorCode"):
            code = inner.get(name)
            number = (
                int(code) if isinstance(code, str) and code.isdecimal() and len(code) == 3 else code
            )
            if not isinstance(number, int) or not 300 <= number <= 599:
                continue
            if platform and name == "errorCode":
                kind = PLATFORM_CODES.get(number) or of_status(number)
            elif name != "httpStatusCode" or number != 400:
                kind = of_status(number)
            if kind:
                break
    told = fields.get("retryAfter")
    wait = float(told) if isinstance(told, int | float) and 0 <= told <= LONGEST_WAIT else None
    return (kind or base.Upstream)("an error inside the answer", retry_after=wait)


def is_error(fields: Mapping[str, Any]) -> bool:
    """Whether this object, where a reply should be, tells of an error."""
    if fields.get("error") or fields.get("errorCode") or fields.get("errorMessageKey"):
        return True
    if fields.get("success") is False or fields.get("object") == "error":
        return True
    code = fields.get("code")
    if "choices" in fields or "data" in fields or code in (None, "", 0, 200, "200"):
        return False
    return "code" in fields


def marked(body: Any) -> type[ProviderError] | None:
    """The error that the words in this body are known for, or None."""
    words = body[:4000] if isinstance(body, str) else " ".join(_words(body))[:4000]
    return next((kind for kind, marks in MARKS if marks.search(words)), None) if words else None


def _words(body: Any) -> list[str]:
    if isinstance(body, list):
        return _words(body[0]) if body else []
    found = [
        str(body[name])[:1000] for name in WORDS if isinstance(mapping(body).get(name), str | int)
    ]
    inner = mapping(body).get("error")
    return found + ([inner[:1000]] if isinstance(inner, str) else _words(inner) if inner else [])


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the engine wants to be asked again (at most a day), or None: not said."""
    value = headers.get("retry-after", "").strip()[:64]
    if not value:
        return None
    if re.fullmatch(r"\d+(?:\.\d+)?", value, re.ASCII):
        return min(float(value), LONGEST_WAIT)
    try:
        when = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None
    return min(max(when - time.time(), 0.0), LONGEST_WAIT)
