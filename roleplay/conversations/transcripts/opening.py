"""Bytes of whatever kind become transcripts, or are refused with one sentence.

Nothing here trusts a name or an ending, and nothing walks a tree by calling itself.
"""

import codecs
import json
from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from roleplay.conversations.transcripts import (
    MOST_BYTES,
    MOST_CHATS,
    MOST_MESSAGES,
    BadTranscript,
    chatgpt,
    lamplight,
    open_webui,
    openai,
    sillytavern,
)
from roleplay.conversations.transcripts.remarks import judge
from roleplay.conversations.transcripts.values import Transcript

# Each bracket becomes an object in memory, many times larger than itself.
MOST_BRACKETS = 1_000_000
REPLACED = "\ufffd"
KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Transcript]], ...] = (
    (lamplight.is_ours, lamplight.read),
    (open_webui.is_it, open_webui.read),
    (chatgpt.is_it, chatgpt.read),
    (openai.is_it, openai.read),
)


def open_transcripts(data: bytes) -> list[Transcript]:
    """The stories in this file, at least one. Raises BadTranscript."""
    if len(data) > MOST_BYTES:
        raise too_large()
    text, unreadable = _decoded(data)
    if text.count("{") + text.count("[") > MOST_BRACKETS:
        raise BadTranscript(_("This file holds more parts than any story."))
    found = list(_read(text))
    if not any(transcript.lines or transcript.scene is not None for transcript in found):
        raise BadTranscript(_("There is no story in this file."))
    if sum(len(transcript.lines) for transcript in found) > MOST_MESSAGES:
        raise BadTranscript(
            _("There are more than %(most)s messages in this file.") % {"most": MOST_MESSAGES}
        )
    found[0].remarks["unreadable"] += unreadable
    for transcript in found:
        judge(transcript)
    return found


def too_large() -> BadTranscript:
    words = _("This file is larger than %(most)s MB.")
    return BadTranscript(words % {"most": MOST_BYTES >> 20})


def _decoded(data: bytes) -> tuple[str, int]:
    """The text, and how many signs in it stand for what could not be read."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        coding = "utf-16"
    elif data[:1] in (b"\x89", b"\xff", b"\x1f") or data[:2] == b"PK" or b"\x00" in data[:1000]:
        raise _unknown()
    else:
        coding = "utf-8-sig"
    try:
        return data.decode(coding), 0
    except UnicodeDecodeError:
        text = data.decode(coding, errors="replace")
    lost = text.count(REPLACED)
    # A line that was cut inside a character loses that one; a file in another coding loses many.
    if lost > 10 + len(text) // 100:
        raise BadTranscript(_("This file is not in UTF-8."))
    return text, lost


def _read(text: str) -> Iterator[Transcript]:
    first = next(_lines(text), "")
    try:
        head = _json(first)
    except ValueError:
        head = None
    if sillytavern.is_a_line(head):
        yield sillytavern.read(_rows(text))
        return
    try:
        found = _json(text)
    except _Twice as error:
        raise BadTranscript(_("The same name stands twice in one part of this file.")) from error
    except ValueError as error:
        raise _unknown() from error
    yield from _of_json(found)


def _of_json(found: Any) -> Iterator[Transcript]:
    if sillytavern.is_a_line(found):  # one message, written over several lines
        yield sillytavern.read([found])
    elif reader := _reader(found):
        yield reader(found)
    elif isinstance(found, list) and found and all(map(_reader, found)):
        if len(found) > MOST_CHATS:
            raise BadTranscript(
                _("There are more than %(most)s stories in this file.") % {"most": MOST_CHATS}
            )
        for one in found:
            if reader := _reader(one):
                yield reader(one)
    else:
        raise _unknown()


def _reader(found: Any) -> Callable[[Any], Transcript] | None:
    return next((read for is_it, read in KINDS if is_it(found)), None)


def _rows(text: str) -> Iterator[Any]:
    """One value for each line that is not empty; None for one that is no JSON."""
    for line in _lines(text):
        try:
            yield _json(line)
        except ValueError:
            yield None


def _lines(text: str) -> Iterator[str]:
    """Those that are not empty."""
    # Not splitlines: texts may hold every other sign that it takes for the end of a line.
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.strip():
            yield line


class _Twice(ValueError):
    """The same name stands twice in one object."""


def _json(text: str) -> Any:
    """Raises ValueError, for text that is nested too deeply as well."""
    try:
        return json.loads(text, parse_constant=lambda _name: None, object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice
    return found


def _unknown() -> BadTranscript:
    return BadTranscript(
        _(
            "This is no chat that can be read here. Choose a file of this site, of SillyTavern, "
            "Open WebUI or ChatGPT, or a list of messages with roles."
        )
    )
