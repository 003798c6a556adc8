"""What a reader is shown of a character before the first word: never more than a glimpse."""

import re

from characters.models import Character
from roleplay.text import HAN

GLIMPSE = 160
SNIPPET = 90
MARKS = re.compile(r"\*+")
SENTENCE_END = re.compile(r"[。！？…!?.][”」』\"']*\s*")


def about(character: Character) -> str:
    """The author's own introduction, else the first lines of the description."""
    words = character.creator_notes.strip() or character.description.strip()
    return shorten(_named(character, words), GLIMPSE)


def openings(character: Character) -> list[str]:
    """The first lines of each greeting, without their marks."""
    return [shorten(_named(character, MARKS.sub("", g)), SNIPPET) for g in character.greetings]


def excerpt(character: Character, paragraphs: int = 3) -> str:
    """How the first greeting begins, with its marks."""
    lines = [line for line in _named(character, character.greeting).splitlines() if line.strip()]
    return "\n".join(lines[:paragraphs])


def shorten(text: str, most: int) -> str:
    """The first paragraph, cut after its last whole sentence within `most` characters."""
    lines = [line.strip() for line in text.strip().split("\n\n")[0].splitlines()]
    first = ("" if HAN.search(text) else " ").join(lines)
    if len(first) <= most:
        return first
    ends = [match.end() for match in SENTENCE_END.finditer(first[:most])]
    return first[: ends[-1]].rstrip() if ends else first[: most - 1].rstrip() + "…"


def _named(character: Character, text: str) -> str:
    """Cards speak of {{char}} and {{user}}; a reader sees names."""
    you = "你" if character.language == "zh-Hans" else "you"
    text = re.sub(r"\{\{char\}\}|<BOT>", lambda _: character.name, text, flags=re.I)
    return re.sub(r"\{\{user\}\}|<USER>", you, text, flags=re.I)
