"""Bodies with everything that differs from run to run replaced, so that the rest can be equal.

An id becomes the name of the field it was first seen in (fields in alphabetical order), with a
number behind it where the name is taken: equal ids stay equal and different ones different. A count
of tokens above nought becomes `count`, a time of now `now`, and the engine's words `words`. What
does not look as it should stays as it is and makes a difference.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
DASHED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)?")
STAMP = re.compile(r"(?<=_)\d{13}$")
COUNTS = {
    "inputTokens",
    "outputTokens",
    "userTokens",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
}
SECONDS = {"created"}
MILLISECONDS = {"gmtCreate", "gmtModified"}
A_WHILE = 600  # seconds


class Exactly:
    """A number or a truth that equals its own kind alone: elsewhere in Python 0 is False and 1.0 is 1."""

    def __init__(self, value: int | float | bool) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        value = other.value if isinstance(other, Exactly) else other
        return type(value) is type(self.value) and value == self.value

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return repr(self.value)


class Mask:
    """Masks values one after the other; an id it has seen keeps its name."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def __call__(self, value: Any, key: str = "") -> Any:
        if isinstance(value, Mapping):
            return self._fields(value)
        if isinstance(value, list):
            return [self(item, key) for item in value]
        if isinstance(value, str):
            return self._text(value, key)
        return self._number(value, key)

    def _fields(self, value: Mapping[str, Any]) -> dict[str, Any]:
        masked = {key: self(value[key], key) for key in sorted(value)}
        spoken = value.get("role") == "assistant" or value.get("messageType") == "character"
        if spoken and value.get("content"):
            masked["content"] = "words"
        return masked

    def _text(self, value: str, key: str) -> str:
        if key in MILLISECONDS and ISO.fullmatch(value):
            return "now"

        def named(found: re.Match[str]) -> str:
            return self._name(found[0], key)

        return STAMP.sub("now", DASHED.sub(named, HEX.sub(named, value)))

    def _name(self, found: str, key: str) -> str:
        if found not in self.names:
            taken = sum(name.partition("-")[0] == key for name in self.names.values())
            self.names[found] = f"{key}-{taken + 1}" if taken else key
        return self.names[found]

    def _number(self, value: Any, key: str) -> Any:
        if type(value) is int:
            if key in COUNTS and value > 0:
                return "count"
            if key in SECONDS and _recent(value):
                return "now"
            if key in MILLISECONDS and _recent(value / 1000):
                return "now"
        return value if value is None else Exactly(value)


def _recent(seconds: float) -> bool:
    return abs(time.time() - seconds) < A_WHILE
