"""The path that is shown as Markdown. Narration stays between stars; nothing else of a text counts."""

import re
from collections.abc import Iterator

from roleplay.conversations.transcripts.labels import label_of
from roleplay.conversations.transcripts.moments import to_read
from roleplay.conversations.transcripts.plain import heading, speaker
from roleplay.conversations.transcripts.story import Story

# HTML, links, pictures and code have no place in a story, whoever wrote it.
MARKS = re.compile(r"[\\`\[\]<>&|~#_]")
AT_LINE_START = re.compile(r"^[ \t]*([-+=]|\d{1,9}[.)])", re.MULTILINE)
HTML = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def write(story: Story) -> Iterator[str]:
    label = label_of(story.chat)
    yield f"# {one_line(heading(story))}\n\n> {one_line(label.notice)}\n\n"
    for name, value in label.facts:
        yield f"- {name}: {one_line(value)}\n"
    yield "\n---\n\n"
    if scene := story.scene:
        yield f"{prose(scene)}\n\n---\n\n"
    for told in story.told():
        message = told.message
        who = one_line(speaker(message, story))
        yield f"**{who}** · {to_read(message.created)}\n\n{prose(message.text)}\n\n"
    yield f"---\n\n> {one_line(label.notice)}\n"


def prose(text: str) -> str:
    """A text whose lines stay lines, and in which only stars mean something."""
    text = MARKS.sub(lambda found: HTML.get(found[0], f"\\{found[0]}"), text)
    text = AT_LINE_START.sub(_held, text)
    lines = (line.strip(" \t") for line in text.split("\n"))
    return re.sub(r"(?<=[^\n])\n(?=[^\n])", "  \n", "\n".join(lines))


def _held(found: re.Match[str]) -> str:
    """A mark that would begin a list or underline a heading, as a plain sign."""
    mark = found[1]
    return f"{mark[:-1]}\\{mark[-1]}"


def one_line(text: str) -> str:
    """A name or title: stars mean nothing in it either."""
    return prose(" ".join(text.split())).replace("*", "\\*")
