"""Reads a call's body: JSON as strangers write it, into the shape that is asked for."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from roleplay.api.errors import InvalidParam, Unreadable
from roleplay.nesting import deeper_than
from roleplay.text import clean

DEEPEST = 32
LONGEST_NUMBER = 40
MOST_TOLD = 3  # faults of one body that its answer lists
LONGEST_PLACE = 200  # of a fault: callers name fields as they like

S = TypeVar("S", bound=BaseModel)

# A string, a comment, or a comma before a closing bracket: strings go first, so that a `//` inside
# one is text. A string without an end is taken to the end, or each of its quotes would be tried anew.
# Nothing is ever tried twice (`++`), or blanks by the megabyte would take memory by the hundred.
SLIPS = re.compile(r'"(?:[^"\\]++|\\(?s:.))*+"?|//[^\n]*+|,(?=(?:\s++|//[^\n]*+(?:\n|\Z))*+[\]}])')


def read_json(body: bytes) -> dict[str, Any]:
    """The object in this body. An empty body is an empty object.

    Read strictly first; then without `//` comments and trailing commas, which the vendor's own
    examples have. Its texts and names hold nothing that cannot be stored or sent on.

    Raises:
        Unreadable: no JSON, or no UTF-8.
        InvalidParam: JSON, but no object; a name twice; nested deeper than 32; an endless number.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("the body is not UTF-8") from None
    if not text.strip():
        return {}
    try:
        value = _decoded(text)
    except (ValueError, RecursionError):
        value = _forgivingly(text)
    if not isinstance(value, dict):
        raise InvalidParam("the body has to be a JSON object")
    if deeper_than(value, DEEPEST):
        raise InvalidParam(f"the body is nested deeper than {DEEPEST}")
    # What no database holds comes in escapes alone: UTF-8 was read strictly.
    return _cleaned(value) if "\\u" in text else value


def read_shape(shape: type[S], value: Any) -> S:
    """The value as this shape.

    Raises:
        InvalidParam: names the fields that do not fit.
    """
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        told = [f"{_place(fault, value)} {fault['msg']}".strip() for fault in faults[:MOST_TOLD]]
        raise InvalidParam("; ".join(told)) from None


def _forgivingly(text: str) -> Any:
    try:
        return _decoded(SLIPS.sub(lambda slip: slip[0] if slip[0][0] == '"' else "", text))
    except RecursionError:
        raise InvalidParam("the body is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"the body is no JSON: {_reason(error)}") from None


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return str(error)


def _decoded(text: str) -> Any:
    return json.loads(
        text,
        object_pairs_hook=_once,
        parse_constant=_no_constant,
        parse_int=_whole,
        parse_float=_finite,
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Which of the two was meant nobody can know, and others may read the other one.
        raise InvalidParam("a name stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise InvalidParam("a number of too many digits")
    return int(digits)


def _finite(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER or not math.isfinite(number := float(digits)):
        raise InvalidParam("a number out of range")
    return number


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    if isinstance(value, dict):
        return _once([(clean(name), _cleaned(inner)) for name, inner in value.items()])
    return value


def _place(fault: ErrorDetails, value: Any) -> str:
    """Where the fault is in this value, as its writer would name it."""
    steps = _steps(fault["loc"], value, missing=fault["type"] == "missing")
    written = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return written.removeprefix(".")[:LONGEST_PLACE]


def _steps(loc: tuple[str | int, ...], value: Any, missing: bool) -> Iterator[str | int]:
    """Those that lead through the value: pydantic puts the forms it tried between them."""
    for place, step in enumerate(loc, 1):
        if _leads_on(value, step):
            value = value[step]
            yield step
        elif missing and place == len(loc):
            yield step


def _leads_on(value: Any, step: str | int) -> bool:
    if isinstance(step, str):
        return isinstance(value, dict) and step in value
    return isinstance(value, list) and step < len(value)
