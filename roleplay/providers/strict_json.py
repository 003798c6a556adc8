"""Reads JSON that a stranger wrote: no NaN, no endless numbers, no depth that breaks us."""

import json
import math
from typing import Any

from roleplay.nesting import deeper_than
from roleplay.providers.base import Nonsense

DEEPEST = 64
LONGEST_NUMBER = 40
LARGEST_COUNT = 2**31 - 1


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number of too many digits")
    return int(digits)


def _finite(digits: str) -> float:
    if len(digits) > LONGEST_NUMBER or not math.isfinite(number := float(digits)):
        raise ValueError("a number out of range")
    return number


_decoder: Any = json.JSONDecoder(parse_constant=_no_constant, parse_int=_whole, parse_float=_finite)
# Its own `decode` does the same in two calls and two searches for white space more.
_scan = _decoder.scan_once
WHITE = " \t\n\r"


def read_json(text: str) -> Any:
    """The value of this JSON text.

    Raises:
        Nonsense: not JSON, nested deeper than 64, or with a number nobody could mean.
    """
    try:
        value, end = _scan(text := text.strip(WHITE), 0)
        if end != len(text):
            raise ValueError("something after the value")
    except (ValueError, RecursionError, StopIteration) as error:
        # The decoder's own message quotes nothing, but its `doc` holds the text: not chained.
        raise Nonsense(f"unreadable JSON ({type(error).__name__})") from None
    # Counting brackets costs next to nothing and spares ordinary frames the walk.
    if text.count("[") + text.count("{") > DEEPEST and deeper_than(value, DEEPEST):
        raise Nonsense("JSON nested too deeply")
    return value


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def first(value: Any) -> dict[str, Any]:
    """The first object of a list, else an empty one."""
    return mapping(value[0]) if isinstance(value, list) and value else {}


def text_of(value: Any) -> str:
    """The value if it is text, else ""."""
    return value if isinstance(value, str) else ""


def count(value: Any) -> int | None:
    """A token count, or None where the engine sent something that is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= LARGEST_COUNT else None
