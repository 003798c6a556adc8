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
        for line in lines:
            frame = self._line(line)
            if frame is not None:
                yield frame
        if last:
            # Kept in pieces: joining at every chunk would make a long line cost its square.
            self._rest.append(last)
            self._rest_size += len(last)
            self._check(self._rest_size)

    def finish(self) -> Iterator[Frame]:
        """What the body held after its last line end: many servers forget the closing blank line."""
        line, self._rest, self._rest_size = b"".join(self._rest), [], 0
        for piece in (line, b""):
            frame = self._line(piece)
            if frame is not None:
                yield frame

    def _line(self, line: bytes) -> Frame | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(BOM)
        if not line:
            return self._dispatch()
        self._check(len(line))
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            self._data_size += len(value)
            self._check(self._data_size)
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace").strip()
        elif name == b"id":
            self._id = value.decode("utf-8", "replace")
        return None

    def _dispatch(self) -> Frame | None:
        data = self._data
        if not data:
            self._event = self._id = ""
            return None
        text = (data[0] if len(data) == 1 else b"\n".join(data)).decode("utf-8", "replace")
        frame = Frame(self._event, text, self._id)
        self._event = self._id = ""
        self._data, self._data_size = [], 0
        return frame

    def _check(self, size: int) -> None:
        if size > self.largest:
            raise TooMuch(f"an event of more than {self.largest} bytes")
