"""Reads example dialogue as cards write it into turns."""

import re
from collections.abc import Iterator

from roleplay.prompting.placeholders import fill_placeholders
from roleplay.providers.base import Turn

SPEAKER = re.compile(r"^\s*(\{\{\s*(?:user|char)\s*\}\})\s*[:：]\s*", re.IGNORECASE)
SEPARATOR = re.compile(r"^\s*<START>\s*$", re.IGNORECASE)


def read_examples(text: str, user: str, character: str) -> tuple[Turn, ...]:
    """`{{user}}: …` and `{{char}}: …` lines as turns; further lines belong to the speaker before.

    Lines before the first speaker are nobody's and are left out.
    """
    turns = [
        Turn(role, fill_placeholders("\n".join(lines).strip(), user, character))
        for role, lines in _blocks(text)
    ]
    return tuple(turn for turn in turns if turn.text)


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    role: str = ""
    lines: list[str] = []
    for line in text.splitlines():
        found = SPEAKER.match(line)
        if found or SEPARATOR.match(line):
            if role:
                yield role, lines
            role, lines = "", []
        if found:
            role = "user" if "user" in found[1].lower() else "assistant"
            lines = [line[found.end() :]]
        elif role:
            lines.append(line)
    if role:
        yield role, lines
