"""What a character's card offers the demo engine: words to answer with, in the card's own voice."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from roleplay.providers.base import CharacterSheet, Prompt, Turn
from roleplay.providers.demo.hearing import clauses, size
from roleplay.text import language_of

# Short ones are answers to something; these are long enough to stand by themselves.
SPEECH = re.compile("「([^「」\n]{14,90})」|“([^“”\n]{14,200})”")
STANDS_ALONE = 14
FEMALE = re.compile(r"女|雌|母|♀|\bf(emale)?\b|\bwoman\b|\bgirl\b", re.IGNORECASE)
MALE = re.compile(r"男|雄|公|♂|\bm(ale)?\b|\bman\b|\bboy\b", re.IGNORECASE)
WORD = re.compile(r"[a-z]{3,}")
HAN_PAIR = re.compile("(?=([\u3400-\u9fff]{2}))")
COMMON = {"the", "and", "you", "your", "that", "this", "with", "for", "are", "was", "what", "have"}


@dataclass(frozen=True, slots=True)
class Marks:
    """How this card writes speech: outer and inner quotation marks."""

    outer: tuple[str, str]
    inner: tuple[str, str]

    def say(self, text: str) -> str:
        return text.join(self.outer)

    def quote(self, text: str) -> str:
        return text.join(self.inner)


CORNERS = Marks(("「", "」"), ("『", "』"))
CURLS = Marks(("“", "”"), ("‘", "’"))


def marks_of(prompt: Prompt, language: str) -> Marks:
    if language == "en":
        return CURLS
    text = prompt.character.greeting + "".join(turn.text for turn in prompt.examples)
    return CURLS if "“" in text and "「" not in text else CORNERS


def gender(sheet: CharacterSheet) -> str:
    """female, male, or "" where the card does not say."""
    if FEMALE.search(sheet.sex):
        return "female"
    return "male" if MALE.search(sheet.sex) else ""


def example_pairs(prompt: Prompt, language: str) -> Iterator[tuple[str, str]]:
    """What was said and what the character answered, from the card's examples."""
    for asked, answered in pairwise(prompt.examples):
        roles = (asked.role, answered.role)
        if roles == ("user", "assistant") and language_of(answered.text) == language:
            yield asked.text, answered.text


def spoken_lines(turns: Iterable[Turn], language: str) -> list[str]:
    """Whole speeches of the character, without their marks."""
    found = []
    for turn in turns:
        if turn.role == "assistant" and language_of(turn.text) == language:
            found += [one or other for one, other in SPEECH.findall(turn.text)]
    return [line for line in found if line[-1:] not in "，,、" and size(line) >= STANDS_ALONE]


def trait_clauses(sheet: CharacterSheet, language: str) -> list[str]:
    """Short clauses about the character, to be quoted."""
    least = 8 if language == "en" else 5
    parts = clauses(sheet.traits) + clauses(sheet.tagline) + clauses(sheet.description)
    return [
        part
        for part in parts
        if least <= size(part) <= 18
        and language_of(part) == language
        and not re.search("[“”「」]", part)
    ]


def scene_sentences(prompt: Prompt, language: str) -> list[str]:
    """Whole sentences of the scene, short enough to be told in passing."""
    parts = re.findall(r"[^。！？.!?\n]+[。！？.!?]", prompt.scenario)
    found = [part.strip() for part in parts]
    return [part for part in found if 8 <= size(part) <= 60 and language_of(part) == language]


def likeness(one: str, other: str) -> float:
    """0 to 1: how many words (pairs of characters, in Chinese) two texts share."""
    left, right = features(one), features(other)
    if not left or not right:
        return 0.0
    shared = len(left & right)
    # One word in common says little, be the texts ever so short.
    trust = 1.0 if shared > 1 or left == right else 0.5
    return trust * 2 * shared / (len(left) + len(right))


def features(text: str) -> set[str]:
    """What a text is compared by: pairs of Han characters, and words that are not everywhere."""
    lowered = text.lower()
    return set(HAN_PAIR.findall(lowered)) | (set(WORD.findall(lowered)) - COMMON)
