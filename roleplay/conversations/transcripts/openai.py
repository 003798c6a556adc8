"""Messages as OpenAI-compatible interfaces take them: a list, one after the other."""

from collections.abc import Iterable
from typing import Any

from roleplay.conversations.transcripts.branches import Node, grow
from roleplay.conversations.transcripts.moments import moment
from roleplay.conversations.transcripts.values import Transcript, one_line, words_of

ROLES = {"user": "user", "human": "user", "assistant": "assistant", "model": "assistant"}
INSTRUCTING = {"system", "developer"}
TIMES = ("timestamp", "created_at", "create_time", "created")
TEXT_PARTS = ("text", "input_text", "output_text")  # no set: whatever stands there may be asked for
Row = dict[str, Any]


def is_it(found: Any) -> bool:
    rows = found.get("messages") if isinstance(found, dict) else found
    return isinstance(rows, list) and bool(rows) and all(_is_message(row) for row in rows[:3])


def _is_message(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("role"), str) and "content" in row


def read(found: Any) -> Transcript:
    about = found if isinstance(found, dict) else {}
    rows: list[Any] = about["messages"] if about else found
    transcript = Transcript(kind="openai", title=one_line(about.get("title"), 120))
    transcript.unread.update(one_line(name, 60) for name in about.keys() - {"messages", "title"})
    follow(transcript, rows, one_line(about.get("model"), 120))
    return transcript


def follow(transcript: Transcript, rows: Iterable[Any], model: str = "") -> None:
    """Put these into the transcript, each below the one before it."""
    nodes: dict[str, Node] = {}
    for number, row in enumerate(rows):
        above = str(number - 1) if number else None
        nodes[str(number)] = node_of(transcript, row, above, model)
    grow(transcript, nodes, None)


def node_of(transcript: Transcript, row: Any, above: str | None, model: str = "") -> Node:
    """A message with `role` and `content`, wherever it stands."""
    if not isinstance(row, dict) or not isinstance(row.get("role"), str):
        return Node(above, left_out="broken_lines")
    role = row["role"].lower()
    text, attached = content_of(row.get("content"))
    transcript.remarks["attachments"] += attached
    if role in INSTRUCTING:
        return Node(above, left_out="instructions")
    if role not in ROLES or (row.get("tool_calls") and not text.strip()):
        return Node(above, left_out="tools")
    if not text.strip():
        return Node(above, left_out="wordless")
    times = (moment(row.get(name)) for name in TIMES)
    created = next((time for time in times if time), None)
    by = one_line(row.get("model"), 120) or model
    return Node(above, ROLES[role], text, created, by)


def content_of(content: Any) -> tuple[str, int]:
    """The words of a message, and how many of its parts are none."""
    if not isinstance(content, list):
        return words_of(content), 0
    texts, others = [], 0
    for part in content:
        if isinstance(part, str):
            texts.append(words_of(part))
        elif isinstance(part, dict) and part.get("type") in TEXT_PARTS:
            texts.append(words_of(part.get("text")))
        else:
            others += 1
    return "\n\n".join(filter(None, texts)), others
