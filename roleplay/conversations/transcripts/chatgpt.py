"""Chats of ChatGPT's export: a mapping of nodes by id; a node without a message only joins others."""

from typing import Any

from roleplay.conversations.transcripts.branches import Node, grow
from roleplay.conversations.transcripts.moments import moment
from roleplay.conversations.transcripts.openai import INSTRUCTING, ROLES
from roleplay.conversations.transcripts.values import Transcript, one_line, words_of

Row = dict[str, Any]


def is_it(found: Any) -> bool:
    return isinstance(found, dict) and isinstance(found.get("mapping"), dict)


def read(found: Row) -> Transcript:
    transcript = Transcript(
        kind="chatgpt",
        title=one_line(found.get("title"), 120),
        begun=moment(found.get("create_time")),
    )
    nodes = {
        name: _node(transcript, row if isinstance(row, dict) else {})
        for name, row in found["mapping"].items()
    }
    head = found.get("current_node")
    grow(transcript, nodes, head if isinstance(head, str) else None)
    return transcript


def _node(transcript: Transcript, row: Row) -> Node:
    above = row.get("parent")
    above = above if isinstance(above, str) and above else None
    message = row.get("message")
    if not isinstance(message, dict):
        return Node(above, left_out="nothing")
    author, content = _object(message.get("author")), _object(message.get("content"))
    role = words_of(author.get("role")).lower()
    parts = content.get("parts")
    parts = parts if isinstance(parts, list) else [content.get("text")]
    text = "\n\n".join(filter(None, map(words_of, parts)))
    transcript.remarks["attachments"] += sum(isinstance(part, dict) for part in parts)
    if role in INSTRUCTING:
        return Node(above, left_out="instructions" if text.strip() else "nothing")
    if role not in ROLES or message.get("recipient") not in (None, "all"):
        return Node(above, left_out="tools")
    if not text.strip():
        return Node(above, left_out="wordless")
    model = one_line(_object(message.get("metadata")).get("model_slug"), 120)
    return Node(above, ROLES[role], text, moment(message.get("create_time")), model)


def _object(value: Any) -> Row:
    return value if isinstance(value, dict) else {}
