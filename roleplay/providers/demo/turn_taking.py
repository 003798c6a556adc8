"""Who speaks next in a group: who was called by name, else who has been silent longest."""

import re
from collections.abc import Sequence

from roleplay.providers.base import Line
from roleplay.providers.demo.lines import Lines


def next_speaker(talk: Sequence[Line], names: Sequence[str], lines: Lines) -> tuple[str, str]:
    """One of the names, and the reason in a sentence."""
    last = talk[-1] if talk else Line("user", "")
    others = [name for name in names if name != last.name] or list(names)
    if called := _called(last.text, others):
        return called, lines.called_by_name.format(name=called)
    spoken = {line.name: place for place, line in enumerate(talk)}
    silent = min(others, key=lambda name: spoken.get(name, -1))
    told = lines.silent_longest if silent in spoken else lines.never_spoke
    return silent, told.format(name=silent)


def _called(text: str, names: Sequence[str]) -> str:
    """The name that these words are most likely said to: with an @, at an end, else the first."""
    found = []
    for name in names:
        for at in re.finditer(_pattern(name), text, re.IGNORECASE):
            if not any(name != other and name in other and other in text for other in names):
                found.append((_is_address(text, at), -at.start(), name))
    return max(found)[2] if found else ""


def _pattern(name: str) -> str:
    """The name as a word of its own where its script has words."""
    before = r"(?<![A-Za-z])" if name[:1].isascii() else ""
    after = r"(?![A-Za-z])" if name[-1:].isascii() else ""
    return before + re.escape(name) + after


def _is_address(text: str, at: re.Match[str]) -> int:
    before, after = text[: at.start()].rstrip(' “「"*'), text[at.end() :].lstrip(' ”」"*')
    if before.endswith("@"):
        return 2
    opens = not before or before[-1] in "，。！？,.!?…\n、"
    closes = not after or after[0] in "，。！？,.!?…\n:：、"
    return int(opens and closes)
