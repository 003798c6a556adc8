"""Shows where in a text the terms of a query are: pieces of text, each with whether it is a hit."""

import re

from roleplay.searching.query import Query
from roleplay.searching.shadow import FOLDS, composed

BEFORE, AFTER = 24, 96  # characters of a snippet beside its first hit
BLANKS = re.compile(r"\s+")
Pieces = list[tuple[str, bool]]


def marked(text: str, query: Query) -> Pieces:
    """The whole text in pieces."""
    text = composed(text)
    return _pieces(text, _hits(text, query), 0, len(text))


def snippet(text: str, query: Query) -> Pieces:
    """What stands around the first hit, on one line; empty where not every term is in the text."""
    text = composed(text)
    if query.missing_in(text):
        return []
    hits = _hits(text, query)
    first = hits[0][0]
    start, end = max(0, first - BEFORE), min(len(text), max(first + AFTER, hits[0][1]))
    pieces = [(_line(words), hit) for words, hit in _pieces(text, hits, start, end)]
    return [("…", False)] * (start > 0) + pieces + [("…", False)] * (end < len(text))


def _line(words: str) -> str:
    # Stars are the marks of narration and say nothing here.
    return BLANKS.sub(" ", words.replace("*", ""))


def _hits(text: str, query: Query) -> list[tuple[int, int]]:
    """Where the terms are, in order and without overlaps, as offsets in the composed text."""
    words, offsets = _with_offsets(text)
    places = {match.span() for term in query.terms for match in term.pattern.finditer(words)}
    found: list[tuple[int, int]] = []
    for start, end in sorted(places):
        begin, over = offsets[start], offsets[end - 1] + 1
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(over, found[-1][1]))
        else:
            found.append((begin, over))
    return found


def _with_offsets(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place of the one it was made of."""
    folds = [FOLDS[char] for char in text]
    return "".join(folds), [at for at, fold in enumerate(folds) for _ in fold]


def _pieces(text: str, hits: list[tuple[int, int]], start: int, end: int) -> Pieces:
    pieces: Pieces = []
    at = start
    for begin, over in hits:
        if begin >= end or over <= start:
            continue
        pieces += [(text[at:begin], False), (text[begin : min(over, end)], True)]
        at = min(over, end)
    pieces.append((text[at:end], False))
    return [piece for piece in pieces if piece[0]]
