"""Reads what a model gave back for a task: strict in what it takes, forgiving in how it is wrapped.

Models put JSON into code fences, talk around it, think aloud before it, or break off in the middle.
What is whole is taken; where nothing is, `NoAnswer` says so.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
FENCE = re.compile(r"\A\s*```[\w-]*[ \t]*\n(.*?)\n?[ \t]*(?:```\s*)?\Z", re.DOTALL)
OPENING = re.compile(r"[{\[]")
LETTERS = re.compile(r"[\W_]+")
MOST_STARTS = 200  # places where JSON might begin
MOST_ITEMS = 100
MOST_READ = 1_000  # objects that are looked at for facts
LONGEST_VALUE = 2_000  # characters
LONGEST_TEXT = 20_000


class NoAnswer(ValueError):
    """What came back is not what was asked for. The message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What was said of somebody. `role` is theirs in the talk, `key` one of those wanted."""

    role: str
    key: str
    value: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NextSpeaker:
    """Who speaks next, and why; `thought` may be empty."""

    name: str
    thought: str = ""


def read_facts(text: str, wanted: Sequence[str]) -> list[Fact]:
    """The facts, each key as it was wanted; what nobody asked for is left out.

    Raises:
        NoAnswer: no JSON that could hold facts.
    """
    keys = [(one, _letters(one)) for one in wanted]
    found: dict[tuple[str, str], dict[str, None]] = {}  # values in the order of their coming
    for item in _items(text, "key")[:MOST_READ]:
        key = _meant(_letters(_words_of(item.get("key"))), keys)
        values = _texts(item.get("value"))
        if key and values:
            known = found.setdefault((_words_of(item.get("role")) or "user", key), {})
            known.update(dict.fromkeys(values))
    return [Fact(role, key, tuple(values)) for (role, key), values in found.items()][:MOST_ITEMS]


def read_summaries(text: str) -> list[str]:
    """The summaries, none twice.

    Raises:
        NoAnswer: no JSON that could hold them.
    """
    told = [
        summary
        for item in _items(text, "content", "summary", "text")
        for summary in _texts(
            next((item[k] for k in ("content", "summary", "text") if k in item), ())
        )
    ]
    return list(dict.fromkeys(told))[:MOST_ITEMS]


def read_speaker(text: str, names: Sequence[str]) -> NextSpeaker:
    """One of these names, and the model's reason.

    Raises:
        NoAnswer: none of them is named, or several are and no JSON says which.
    """
    for value in _values(text):
        if isinstance(value, dict) and (name := _named(_words_of(value.get("name")), names)):
            return NextSpeaker(name, _words_of(value.get("thought")))
    spoken = _spoken(text)
    # A name within another name does not count as named beside it.
    inside = {one for one in names for other in names if one != other and one in other}
    named = [name for name in dict.fromkeys(names) if name and name in spoken]
    named = [name for name in named if name not in inside] or named
    if len(named) == 1:
        return NextSpeaker(named[0])
    raise NoAnswer("the answer names nobody of the group")


def read_profile(text: str) -> str:
    """The description. It is asked for as plain text; an object that holds one text is taken too.

    Raises:
        NoAnswer: there is none.
    """
    spoken = _spoken(text)
    if spoken.startswith("{"):
        for value in _values(text):
            texts = (
                [inner for inner in value.values() if isinstance(inner, str)]
                if isinstance(value, dict)
                else []
            )
            if len(texts) == 1 and texts[0].strip():
                spoken = texts[0].strip()
            break
    if not spoken:
        raise NoAnswer("the answer holds no description")
    return spoken[:LONGEST_TEXT]


def _spoken(text: str) -> str:
    """The answer without thinking aloud and without a fence around it."""
    text = THOUGHTS.sub("", text)
    fenced = FENCE.match(text)
    return (fenced[1] if fenced else text).strip()


def _values(text: str) -> Iterator[Any]:
    """Every whole JSON object or array in this text that is not part of another one."""
    text = _spoken(text)
    decoder = json.JSONDecoder()
    place = 0
    for _ in range(MOST_STARTS):
        found = OPENING.search(text, place)
        if found is None:
            return
        try:
            value, place = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            place = found.end()
        else:
            yield value


def _items(text: str, *marks: str) -> list[dict[str, Any]]:
    """The objects that answer, wherever they stand; bare texts in a list count as `text`.

    An object is one of them where it has one of these marks; else its lists are looked into.
    """
    items: list[dict[str, Any]] = []
    understood = False
    for value in _values(text):
        lists = [value]
        if isinstance(value, dict) and not any(mark in value for mark in marks):
            lists = [inner for inner in value.values() if isinstance(inner, list)]
        for inner in lists:
            understood = True
            for item in inner if isinstance(inner, list) else [inner]:
                if isinstance(item, dict):
                    items.append(item)
                elif isinstance(item, str):
                    items.append({"text": item})
    if not understood:
        raise NoAnswer("the answer holds no JSON of the kind that was asked for")
    return items


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in map(_words_of, values) if text][:MOST_ITEMS]


def _words_of(value: Any) -> str:
    """A text, or a number as one; nothing else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()[:LONGEST_VALUE]


def _meant(bare: str, keys: Sequence[tuple[str, str]]) -> str:
    """The key that the model means, of pairs of a key and its letters.

    It has the same letters, or else is the only one that is part of them or they of it.
    """
    if not bare:
        return ""
    same = [one for one, other in keys if other == bare]
    near = [one for one, other in keys if other and (bare in other or other in bare)]
    return same[0] if same else near[0] if len(near) == 1 else ""


def _named(name: str, names: Sequence[str]) -> str:
    bare = _letters(name)
    return next((one for one in names if bare and _letters(one) == bare), "")


def _letters(text: str) -> str:
    return LETTERS.sub("", text).casefold()
