"""Chats of Open WebUI: a tree of messages by id, or in old files the list that was shown."""

from typing import Any

from roleplay.conversations.transcripts.branches import grow
from roleplay.conversations.transcripts.moments import moment
from roleplay.conversations.transcripts.openai import follow, node_of
from roleplay.conversations.transcripts.values import Transcript, one_line

CHAT_READ = {"id", "title", "models", "history", "messages", "timestamp"}
MESSAGE_READ = {
    *("id", "parentId", "childrenIds", "role", "content", "model", "modelName", "modelIdx"),
    *("timestamp", "done", "models", "files", "lastSentence"),
}
Row = dict[str, Any]


def is_it(found: Any) -> bool:
    """Whether this is such a chat, in its wrapper or without it."""
    history = _chat(found).get("history")
    if isinstance(history, dict) and isinstance(history.get("messages"), dict):
        return True
    return (
        isinstance(found, dict)
        and isinstance(_chat(found).get("messages"), list)
        and ("chat" in found)
    )


def read(found: Row) -> Transcript:
    chat = _chat(found)
    transcript = Transcript(
        kind="open_webui",
        title=one_line(chat.get("title") or found.get("title"), 120),
        begun=moment(chat.get("timestamp")) or moment(found.get("created_at")),
    )
    transcript.unread.update(one_line(n, 60) for n in chat.keys() - CHAT_READ if chat[n])
    history = chat.get("history")
    if isinstance(history, dict) and isinstance(history.get("messages"), dict):
        _read_tree(transcript, history["messages"], history.get("currentId"))
    else:
        follow(transcript, chat["messages"])
    return transcript


def _read_tree(transcript: Transcript, messages: Row, head: Any) -> None:
    nodes = {}
    for name, row in messages.items():
        above = row.get("parentId") if isinstance(row, dict) else None
        above = above if isinstance(above, str) and above else None
        nodes[name] = node_of(transcript, row, above)
        if isinstance(row, dict):
            files = row.get("files")
            transcript.remarks["attachments"] += len(files) if isinstance(files, list) else 0
            unread = (one_line(n, 60) for n in row.keys() - MESSAGE_READ if row[n])
            transcript.unread.update(unread)
    grow(transcript, nodes, head if isinstance(head, str) else None)


def _chat(found: Any) -> Row:
    if not isinstance(found, dict):
        return {}
    wrapped = found.get("chat")
    return wrapped if isinstance(wrapped, dict) else found
