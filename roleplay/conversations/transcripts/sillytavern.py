"""SillyTavern's chats: a header and then a message a line, alternates as swipes of their message."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from roleplay.conversations.models import Generation, Message
from roleplay.conversations.transcripts.attempts import written_by
from roleplay.conversations.transcripts.labels import label_of
from roleplay.conversations.transcripts.moments import iso, moment
from roleplay.conversations.transcripts.story import Story, Told
from roleplay.conversations.transcripts.values import Attempt, Line, Transcript, one_line, words_of
from roleplay.prompting.placeholders import PLACEHOLDER

NAMELESS = {"", "unused"}
YOU = "You"
# What is understood, or says nothing that a story would miss.
HEADER_READ = {"user_name", "character_name", "create_date", "chat_metadata"}
METADATA_READ = {"lamplight", "scenario", "integrity", "tainted", "chat_id_hash"}
READ = {
    *("name", "mes", "is_user", "is_system", "is_name", "send_date", "swipes", "swipe_id"),
    *("swipe_info", "gen_started", "gen_finished", "extra", "force_avatar", "original_avatar"),
}
EXTRA_READ = {
    *("model", "api", "token_count", "gen_id", "type", "isSmallSys", "uses_system_ui"),
    *("image", "inline_image", "file", "files", "media", "video", "image_swipes"),
}
ATTACHMENTS = ("image", "file", "files", "media", "video")
Row = dict[str, Any]


# -- out


def write(story: Story) -> Iterator[str]:
    """The path that is shown, each reply with its alternates. What tools gave stands by its call."""
    yield _line(_header(story))
    calling: Row | None = None
    for told in story.told():
        if told.message.role == "tool":
            if calling is not None:
                _put_result(calling, told.message)
            continue
        if calling is not None:
            yield _line(calling)
        calling = _message(told, story)
    if calling is not None:
        yield _line(calling)


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _header(story: Story) -> Row:
    chat = story.chat
    local = timezone.localtime(chat.created)
    day, time = f"{local.year}-{local.month}-{local.day}", local.strftime("%Hh%Mm%Ss")
    metadata: Row = {"lamplight": {**label_of(chat).values, "title": chat.title}}
    if scene := story.scene:
        metadata["scenario"] = scene
    return {
        "user_name": chat.persona.name if chat.persona else YOU,
        "character_name": chat.character.name,
        "create_date": f"{day}@{time}",
        "chat_metadata": metadata,
    }


def _message(told: Told, story: Story) -> Row:
    message, attempt = told.message, told.attempt
    row: Row = {
        "name": _speaker(message, story),
        "is_user": message.role == "user",
        "is_system": False,
        "send_date": iso(message.created),
        "mes": message.text,
        **_times(attempt),
        "extra": _extra(message, attempt),
    }
    if message.role == "assistant":
        row |= {
            "swipe_id": [one.pk for one in told.swipes].index(message.pk),
            "swipes": [one.text for one in told.swipes],
            "swipe_info": [_swipe(one, told.attempts.get(one.pk)) for one in told.swipes],
        }
    return row


def _speaker(message: Message, story: Story) -> str:
    if message.role == "user":
        return message.persona_name or YOU
    return "System" if message.role == "system" else story.chat.character.name


def _swipe(message: Message, attempt: Generation | None) -> Row:
    return {
        "send_date": iso(message.created),
        **_times(attempt),
        "extra": _extra(message, attempt),
    }


def _times(attempt: Generation | None) -> Row:
    if attempt is None or attempt.finished is None:
        return {}
    return {"gen_started": iso(attempt.created), "gen_finished": iso(attempt.finished)}


def _extra(message: Message, attempt: Generation | None) -> Row:
    found: Row = {}
    if attempt is not None:
        found = {"api": attempt.provider, "model": attempt.model}
        if attempt.output_tokens is not None:
            found["token_count"] = attempt.output_tokens
    if message.role == "system":
        found["type"] = "narrator"
    if message.tool_calls:
        found["tool_invocations"] = [
            {"id": call["id"], "name": call["name"], "parameters": call["arguments"]}
            for call in message.tool_calls
        ]
    return found


def _put_result(row: Row, result: Message) -> None:
    for call in row["extra"].get("tool_invocations", []):
        if call["id"] == result.tool_call_id:
            call["result"] = result.text


# -- in


def is_a_line(found: Any) -> bool:
    """Whether this object can stand on the first line of such a file."""
    if not isinstance(found, dict):
        return False
    header = "chat_metadata" in found or {"user_name", "character_name"} <= set(found)
    return header or ("mes" in found and ("is_user" in found or "name" in found))


def read(rows: Iterable[Any]) -> Transcript:
    """One row for each line that is not empty; None for a line that is no JSON."""
    return _Reading().all(rows)


class _Reading:
    def __init__(self) -> None:
        self.transcript = Transcript(kind="sillytavern", open_names=True)
        self._remarks = self.transcript.remarks
        self._speakers: Counter[str] = Counter()

    def all(self, rows: Iterable[Any]) -> Transcript:
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                self._remarks["broken_lines"] += 1
            elif "mes" in row:
                self._message(row)
            elif number == 0:
                self._header(row)
            else:
                self._remarks["broken_lines"] += 1
        self._tell_speakers_apart()
        return self.transcript

    def _header(self, row: Row) -> None:
        found = self.transcript
        names = [one_line(row.get(key), 60) for key in ("user_name", "character_name")]
        found.persona, found.character = ("" if name in NAMELESS else name for name in names)
        found.begun = moment(row.get("create_date"))
        metadata = row.get("chat_metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        self._count_unread(row, HEADER_READ)
        self._count_unread(metadata, METADATA_READ)
        if scene := words_of(metadata.get("scenario")):
            found.scene = scene
            self._remarks["scenes"] += 1
        ours = metadata.get("lamplight")
        found.title = one_line(ours.get("title"), 120) if isinstance(ours, dict) else ""

    def _message(self, row: Row) -> None:
        extra = _object(row.get("extra"))
        if extra.get("uses_system_ui") or extra.get("isSmallSys"):
            self._remarks["notices"] += 1
            return
        attached = sum(bool(extra.get(name)) for name in ATTACHMENTS)
        self._remarks["attachments"] += attached
        self._count_unread(row, READ)
        self._count_unread(extra, EXTRA_READ)
        text, is_user = _said(row["mes"]), row.get("is_user") is True
        if is_user and not text.strip():
            self._remarks["wordless"] += 1
            return
        self._remarks["hidden"] += row.get("is_system") is True
        self._place(row, text, is_user)

    def _place(self, row: Row, text: str, is_user: bool) -> None:
        found = self.transcript
        is_narrator = _object(row.get("extra")).get("type") == "narrator"
        name = "" if is_narrator else one_line(row.get("name"), 60)
        above = found.head
        texts, shown = self._versions(row, text)
        if name and not is_user and text.strip():
            self._speakers[name] += 1
        infos = row.get("swipe_info")
        infos = infos if isinstance(infos, list) else []
        for number, version in enumerate(texts):
            self._remarks["names_open"] += bool(PLACEHOLDER.search(version))
            info = _object(infos[number]) if number < len(infos) else {}
            told = row if number == shown else info
            created = moment(told.get("send_date"))
            self._remarks["no_time"] += created is None and number == shown
            role = "user" if is_user else "assistant"
            at = found.add(Line(role, version, above, name, created))
            if number == shown:
                found.head = at
            if not is_user:
                self._attempt(at, told, created)

    def _versions(self, row: Row, text: str) -> tuple[list[str], int]:
        """All versions of a message, and which is shown; what is shown counts, whatever they say."""
        swipes = row.get("swipes")
        texts = [_said(one) for one in swipes] if isinstance(swipes, list) else []
        if not texts:
            return [text], 0
        told = row.get("swipe_id")
        shown = told if type(told) is int and 0 <= told < len(texts) else len(texts) - 1
        if texts[shown] != text:
            self._remarks["odd_swipe"] += 1
            if text in texts:
                shown = texts.index(text)
            else:
                texts[shown] = text
        return texts, shown

    def _attempt(self, at: int, told: Row, created: datetime | None) -> None:
        extra = _object(told.get("extra"))
        model, api = words_of(extra.get("model")), words_of(extra.get("api"))
        if not model and not api:
            return
        begun, ended = (moment(told.get(name)) for name in ("gen_started", "gen_finished"))
        count = extra.get("token_count")
        values = written_by(
            model,
            begun or created or timezone.now(),
            provider=api,
            finished=ended,
            output_tokens=count if type(count) is int and 0 <= count < 2**31 else None,
        )
        self.transcript.attempts.append(Attempt(at, values))

    def _count_unread(self, row: Row, known: set[str]) -> None:
        for name in row.keys() - known:
            if row[name] not in (None, "", False, 0) and row[name] not in ([], {}):
                self.transcript.unread[one_line(name, 60)] += 1

    def _tell_speakers_apart(self) -> None:
        """In a story of several characters every other one's words begin with a name."""
        found, names = self.transcript, self._speakers
        if found.character not in names or not found.character:
            found.character = names.most_common(1)[0][0] if names else found.character
        if len(names) < 2:
            return
        for line in found.lines:
            if line.role == "assistant" and line.name not in ("", found.character):
                line.text = f"{line.name}: {line.text}"
                self._remarks["speakers"] += 1


def _said(value: Any) -> str:
    """The words of a message or swipe; some programs wrap them in an object."""
    return words_of(value.get("message") if isinstance(value, dict) else value)


def _object(value: Any) -> Row:
    return value if isinstance(value, dict) else {}
