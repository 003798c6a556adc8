"""Cuts a stream of bytes into server-sent events, whatever the cuts on the way were.

Libraries that split lines as `str.splitlines` does lose events that hold U+2028; this parser knows
only CR, LF and CRLF, and works on bytes so that a character cut in two is whole again in its line.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from roleplay.providers.base import TooMuch

BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r\n|\r|\n")
LARGEST_EVENT = 1 << 20


class Frame(NamedTuple):
    """One event: its name ("" where it has none), its data, and its id ("" where it has none)."""

    event: str
    data: str
    id: str = ""


class FrameParser:
    """Feed it bytes, take out frames, and call `finish` when the body has ended.

    `largest` caps a line and the data of one event, in bytes; beyond it `TooMuch` is raised. The
    frames are the same however the bytes were cut; read what `feed` gives to its end.
    """

    def __init__(self, largest: int = LARGEST_EVENT) -> None:
        self.largest = largest
        self._rest: list[bytes] = []
        self._rest_size = 0
        self._after_cr = False
        self._at_start = True
        self._event = self._id = ""
        self._data: list[bytes] = []
        self._data_size = 0

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The frames that are complete with this chunk."""
        if self._is_one_event(chunk):
            return iter((Frame("", chunk[6:-2].decode("utf-8", "replace")),))
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk[0] == 10:  # the other half of a CRLF
                chunk = chunk[1:]
        if b"\r" in chunk:
            self._after_cr = chunk[-1] == 13
            lines = LINE_END.split(chunk)
        else:
            lines = chunk.split(b"\n")
        last = lines.pop()
        if lines and self._rest:
            lines[0] = b"".join((*self._rest, lines[0]))
            self._rest, self._rest_size = [], 0
        return self._frames(lines, last)

    def finish(self) -> Iterator[Frame]:
        """What the body held after its last line end: many servers forget the closing blank line."""
        line, self._rest, self._rest_size = b"".join(self._rest), [], 0
        return self._frames([line, b""], b"")

    def _is_one_event(self, chunk: bytes) -> bool:
        """Whether this is a lone event of a line of data, as most servers send all but the last."""
        return (
            chunk[:6] == b"data: "
            and chunk[-2:] == b"\n\n"
            and chunk.count(b"\n") == 2
            and b"\r" not in chunk
            and not (self._rest or self._data or self._event or self._id)
            and not (self._at_start or self._after_cr)
            and len(chunk) <= self.largest
        )

    def _frames(self, lines: list[bytes], last: bytes) -> Iterator[Frame]:
        """The frames that these lines complete; `last` is the beginning of the next line."""
        for line in lines:
            if self._at_start:
                self._at_start = False
                line = line.removeprefix(BOM)
            if line:
                self._field(line)
            elif self._data:
                yield self._frame()
            else:
                self._event = self._id = ""
        if last:
            # Kept in pieces: joining at every chunk would make a long line cost its square.
            self._rest.append(last)
            self._rest_size += len(last)
            if self._rest_size > self.largest:
                raise self._too_much()

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            self._data_size += len(value)
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace").strip()
        elif name == b"id":
            self._id = value.decode("utf-8", "replace")
        if len(line) > self.largest or self._data_size > self.largest:
            raise self._too_much()

    def _frame(self) -> Frame:
        data = self._data
        text = (data[0] if len(data) == 1 else b"\n".join(data)).decode("utf-8", "replace")
        frame = Frame(self._event, text, self._id)
        self._event = self._id = ""
        self._data, self._data_size = [], 0
        return frame

    def _too_much(self) -> TooMuch:
        return TooMuch(f"an event of more than {self.largest} bytes")
