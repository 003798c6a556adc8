"""The grammar of a story: narration, speech and asides, read in one pass from left to right.

    *he looks up*          narration ("act")
    「hello」 “hello”       speech ("say"), ended by its own mark alone; narration may stand inside it
    ((slower, please))     an aside ("ooc"), brackets kept, nothing inside it means anything
    **word**               the word
    a new line             a new paragraph; whatever was open is closed

Everything else is plain text. What has been read is never read again, so a reply that is still
being written looks the same as when it is finished. static/js/prose.js is the same machine for the
browser; tests/prose_vectors.json holds both to one behaviour.
"""

import re
from dataclasses import dataclass, field

SPEECH = {"「": "」", "『": "』", "“": "”", '"': '"'}
ASIDE = {"(": ")", "（": "）"}
BLANK = " \t\u00a0\u3000"
ENDS = "\n\r"
# Stars and brackets count by how many stand in a row; blanks, quotes and line ends stand alone.
TOKEN = re.compile(
    r"\*+|\(+|（+|\)+|）+|[\n\r]|[ \t\u00a0\u3000]+|[「」『』“”\"]"
    r"|[^*(（)）\n\r \t\u00a0\u3000「」『』“”\"]+"
)


@dataclass(slots=True)
class Span:
    """A piece of a paragraph. `kind`: act, say or ooc; `parts`: texts and, in speech, narration."""

    kind: str
    parts: "list[str | Span]" = field(default_factory=list)


Paragraph = list[str | Span]


def paragraphs(text: str) -> list[Paragraph]:
    """The text as paragraphs of plain texts and spans. Lines of white space are left out."""
    reader = _Reader()
    for token in TOKEN.finditer(text):
        reader.read(token[0], text[token.end() : token.end() + 1] or "\n")
    return reader.paragraphs


def plain(text: str) -> str:
    """The text on one line, without the marks of narration."""
    return " ".join("".join(_texts(paragraph)) for paragraph in paragraphs(text))


def _texts(parts: Paragraph) -> list[str]:
    return [part if isinstance(part, str) else "".join(_texts(part.parts)) for part in parts]


class _Reader:
    def __init__(self) -> None:
        self.paragraphs: list[Paragraph] = []
        self._close_paragraph()

    def _close_paragraph(self) -> None:
        self.into: Paragraph | None = None  # made when its first word comes
        self.indent = ""
        self.say = self.ooc = ""  # the mark that ends what is open
        self.act = self.strong = False
        self.spans: list[Span] = []

    def read(self, token: str, following: str) -> None:
        """Take in the next token; `following` is the character after it."""
        mark = token[0]
        if mark in ENDS:
            self._close_paragraph()
        elif mark in BLANK and self.into is None:
            self.indent = token
        elif self.ooc:
            self._read_in_aside(token)
        elif mark == "*":
            self._read_stars(len(token), following in BLANK + ENDS)
        elif mark == self.say:
            self._end_speech(mark)
        else:
            self._open_for(token)
            self._write(token)

    def _open_for(self, token: str) -> None:
        if self.say or self.act:
            return
        if token in SPEECH:
            self.say = SPEECH[token]
        elif len(token) > 1 and token[0] in ASIDE:
            self.ooc = ASIDE[token[0]]

    def _read_in_aside(self, token: str) -> None:
        self._write(token)
        if len(token) > 1 and token[0] == self.ooc:
            self.ooc = ""
            self.spans.clear()

    def _read_stars(self, count: int, before_blank: bool) -> None:
        if count > 3 or (before_blank and not (self.act or self.strong)):
            self._write("*" * count)
            return
        if count > 1:
            self.strong = not self.strong
        if count != 2:
            self._turn_act()

    def _turn_act(self) -> None:
        if self.spans and self.spans[-1].kind == "act":
            self.spans.pop()
        self.act = not self.act

    def _end_speech(self, mark: str) -> None:
        if self.act:
            self._turn_act()
        self._write(mark)
        self.say = ""
        self.spans.clear()

    def _write(self, text: str) -> None:
        """Add to the innermost span; what is open and has no span yet gets one now."""
        if self.into is None:
            self.into = []
            self.paragraphs.append(self.into)
            text = self.indent + text
        for kind in self._open_kinds()[len(self.spans) :]:
            span = Span(kind)
            self._innermost().append(span)
            self.spans.append(span)
        here = self._innermost()
        if here and isinstance(here[-1], str):
            here[-1] += text
        else:
            here.append(text)

    def _innermost(self) -> Paragraph:
        assert self.into is not None
        return self.spans[-1].parts if self.spans else self.into

    def _open_kinds(self) -> list[str]:
        is_open = (("ooc", self.ooc), ("say", self.say), ("act", self.act))
        return [kind for kind, state in is_open if state]
