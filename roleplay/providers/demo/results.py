"""Reads a tool's result aloud: JSON becomes plain words, anything else is told as it stands."""

import json
import re
from collections.abc import Iterator
from typing import Any

from roleplay.providers.demo.lines import Lines

LONGEST = 200  # characters
DEEPEST = 6
MARKS = re.compile(r"[\s{}\[\]\"“”「」*]+")


def in_words(result: str, lines: Lines) -> str:
    """The result without a bracket in it, at most 200 characters."""
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        told = result
    else:
        told = lines.between.join(_parts(value, lines, DEEPEST))
    flat = MARKS.sub(" ", told).strip()
    return flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"


def _parts(value: Any, lines: Lines, depth: int) -> Iterator[str]:
    """Each plain value, after the name it has; null and empty ones say nothing."""
    if value is None or value == "" or not depth:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _named(name, inner, lines, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner, lines, depth - 1)
    elif isinstance(value, bool):
        yield lines.yes_no[not value]
    else:
        yield str(value).strip().rstrip("。.")


def _named(name: str, value: Any, lines: Lines, depth: int) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _parts(value, lines, depth)
        return
    told = lines.between.join(_parts(value, lines, depth))
    if told:
        yield lines.pair.format(name=name.replace("_", " "), value=told)
