"""What was typed into a search field, as terms; and terms as each database wants to be asked.

Words are all to be found, in any order; what stands in quotes is to be found as it stands. Nothing
else means anything, and everything may be typed.
"""

import re
from dataclasses import dataclass

from roleplay.searching.shadow import LETTER, PAIRED, RUN, folded, owned, place, tokens

LONGEST = 200  # characters that are read
MOST_TERMS = 16
# A shorter word is found only as a whole: too many words begin like it.
SHORTEST_BEGINNING = 3
QUOTES = str.maketrans("“”„＂", '""""')
PIECE = re.compile(r'"([^"]*)"?|([^\s"]+)')


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that follow each other; of the last, where `opens`, only the beginning is known."""

    tokens: tuple[str, ...]
    opens: bool
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Query:
    """Terms that must all be found."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def missing_in(self, text: str) -> "Query":
        """The terms that are not in this text."""
        words = folded(text)
        return Query(tuple(term for term in self.terms if not term.pattern.search(words)))


def read_query(typed: str) -> Query:
    """The terms of what was typed; empty where there is nothing to look for."""
    pieces = PIECE.finditer(typed[:LONGEST].translate(QUOTES))
    terms = [term_of(piece[1] or piece[2] or "", quoted=piece[2] is None) for piece in pieces]
    return Query(tuple(dict.fromkeys(term for term in terms if term))[:MOST_TERMS])


def read_phrase(typed: str) -> Query:
    """All that was typed as one phrase; empty where it is one term anyway, or says what is one."""
    plain = typed[:LONGEST]
    if len(read_query(plain).terms) < 2 or '"' in plain.translate(QUOTES):
        return Query()
    term = term_of(plain, quoted=False)
    return Query((term,) if term else ())


def term_of(words: str, quoted: bool) -> Term | None:
    """One term, or None where there is no letter in it."""
    words = folded(words)
    runs = list(RUN.finditer(words))
    if not runs:
        return None
    last, paired = runs[-1][0], bool(runs[-1][1])
    known = tokens(words)
    if paired and len(last) > 1:
        known.pop()  # the text may go on after the last pair
    opens = len(last) == 1 if paired else not quoted and len(last) >= SHORTEST_BEGINNING
    return Term(tuple(known), opens, _pattern([(run[0], bool(run[1])) for run in runs], opens))


def _pattern(runs: list[tuple[str, bool]], opens: bool) -> re.Pattern[str]:
    """Finds in a folded text what the index finds by tokens."""
    parts = []
    for number, (letters, paired) in enumerate(runs, 1):
        ends = number == len(runs) and (opens or paired)
        own = f"[{PAIRED}]" if paired else LETTER
        begins = "" if paired and number == 1 else f"(?<!{own})"
        parts.append(f"{begins}{re.escape(letters)}" + ("" if ends else f"(?!{own})"))
    return re.compile(rf"(?:(?![{PAIRED}])[\W_])*".join(parts))


def for_fts5(query: Query, owner: int, chat: str = "") -> str:
    """A query of SQLite's FTS5: in one chat, or in all of this person's."""
    terms = [_quoted(term, owner) for term in query.terms]
    return " AND ".join(([f'"{place(owner, chat)}"'] if chat else []) + terms)


def _quoted(term: Term, owner: int) -> str:
    # No token holds a quote or a space, so nothing typed can end the string.
    words = " ".join(owned(owner, token) for token in term.tokens)
    return f'"{words}"' + (" *" if term.opens else "")


def for_tsquery(query: Query, owner: int, chat: str = "") -> str:
    """A query of PostgreSQL, to be cast to tsquery; its vectors are made by `tsvector_of`."""
    terms = ["(" + _followed(term, owner) + ")" for term in query.terms]
    return " & ".join(([f"'{place(owner, chat)}'"] if chat else []) + terms)


def _followed(term: Term, owner: int) -> str:
    words = " <-> ".join(f"'{owned(owner, token)}'" for token in term.tokens)
    return words + (":*" if term.opens else "")


def tsvector_of(shadow: str) -> str:
    """A shadow as PostgreSQL's tsvector, to be cast: no parser of its own reads the tokens."""
    return " ".join(f"'{token}':{at}" for at, token in enumerate(shadow.split(" "), 1))
