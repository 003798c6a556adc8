"""The text of a reply while it arrives: pieces or whole texts in, clean deltas out."""

import re

from roleplay.providers.base import Delta, Replacement, TooMuch
from roleplay.text import UNSTORABLE, clean

MOST_CHARACTERS = 200_000
SURROGATE = re.compile("[\ud800-\udfff]")
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# So many frames in a row must contradict the mode that was asked for before we believe them.
CONVINCING = 3


def _join(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


class Wording:
    """What a reply says so far. `text` is clean; `most` caps it, in characters (`TooMuch`)."""

    def __init__(self, most: int = MOST_CHARACTERS) -> None:
        self.most = most
        self._pieces: list[str] = []
        self._size = 0
        self._half = ""

    @property
    def text(self) -> str:
        """All of it. Joined only when somebody asks: adding to a long text costs its length."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def add(self, piece: str) -> Delta | None:
        """The next piece."""
        piece = self._whole_characters(piece)
        if not piece:
            return None
        self._append(piece)
        return Delta(piece)

    def become(self, whole: str) -> Delta | Replacement | None:
        """The whole text as it is now: usually more of the same."""
        self._half = ""
        before = self.text
        if whole.startswith(before):
            return self.add(whole[len(before) :])
        whole = self._whole_characters(whole)
        if whole == before:
            return None
        self._pieces, self._size = [], 0
        self._append(whole)
        return Delta(whole[len(before) :]) if whole.startswith(before) else Replacement(whole)

    def end(self) -> Delta | None:
        """The rest, once nothing more can come."""
        rest, self._half = clean(self._half), ""
        if rest:
            self._append(rest)
        return Delta(rest) if rest else None

    def _whole_characters(self, piece: str) -> str:
        """Joins the halves of a character that JSON escapes spread over two frames."""
        if not self._half and not UNSTORABLE.search(piece):
            return piece
        piece, self._half = self._half + piece, ""
        if SURROGATE.search(piece):
            piece = PAIR.sub(_join, piece)
            if "\ud800" <= piece[-1] <= "\udbff":
                piece, self._half = piece[:-1], piece[-1]
        return clean(piece)

    def _append(self, piece: str) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > self.most:
            raise TooMuch(f"a reply of more than {self.most} characters")


class Listener:
    """Hears texts that should be pieces, or should each be the whole so far, and finds out.

    The mode that was asked for counts until three frames in a row speak against it and none for it.
    """

    def __init__(self, wording: Wording, cumulative: bool) -> None:
        self.wording = wording
        self.cumulative = cumulative
        self._early: list[str] | None = []

    def hear(self, content: str, closing: bool = False) -> Delta | Replacement | None:
        """What this frame adds. Empty content says nothing; a closing one may repeat it all."""
        if not content:
            return None
        if self._early is not None and (change := self._weigh(self._early, content)):
            return change
        if self.cumulative:
            return self.wording.become(content)
        if closing and content == self.wording.text and self._several:
            return None
        return self.wording.add(content)

    @property
    def _several(self) -> bool:
        return self._early is None or len(self._early) > 1

    def _weigh(self, early: list[str], content: str) -> Delta | Replacement | None:
        last = early[-1] if early else ""
        if content == last and self.cumulative:
            return None
        early.append(content)
        if not last:
            return None
        grows = content.startswith(last) and content != last
        if grows is self.cumulative:
            self._early = None
        elif len(early) > CONVINCING:
            self._early, self.cumulative = None, not self.cumulative
            return self.wording.become(content if self.cumulative else "".join(early))
        return None
