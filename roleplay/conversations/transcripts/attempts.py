"""How a reply came to be, as a file tells it: columns of a Generation, checked one by one."""

import math
from typing import Any

from django.utils import timezone

from roleplay.conversations.models import RUNNING, STATUSES, Generation
from roleplay.conversations.transcripts.moments import moment
from roleplay.text import clean

TEXTS = ("error_kind", "provider", "model", "request_id", "answer_id", "finish_reason")
COUNTS = ("base", "last_number", "input_tokens", "output_tokens")
MAY_BE_NONE = {"input_tokens", "output_tokens"}
LONGEST = {
    field.name: field.max_length or 0 for field in Generation._meta.fields if field.name in TEXTS
}
LARGEST = 2**31 - 1


def read_attempt(row: Any) -> dict[str, Any] | None:
    """The columns that a file may fill; None where one of them is not what it has to be."""
    if not isinstance(row, dict) or not _is_ended(row):
        return None
    times = {name: moment(row.get(name)) for name in ("created", "first_text", "finished")}
    wait = row.get("retry_after")
    if wait is not None and (type(wait) not in (int, float) or not math.isfinite(wait)):
        return None
    texts = {name: row.get(name, "") for name in TEXTS}
    counts = {name: row.get(name, None if name in MAY_BE_NONE else 0) for name in COUNTS}
    if not all(isinstance(text, str) for text in texts.values()):
        return None
    if not all(_counts(name, value) for name, value in counts.items()):
        return None
    created = times["created"] or times["finished"] or timezone.now()
    return {
        "status": row["status"],
        "retry_after": wait,
        **{name: clean(text)[: LONGEST[name]] for name, text in texts.items()},
        **counts,
        "created": created,
        "first_text": times["first_text"],
        "finished": times["finished"] or created,
    }


def written_by(model: str, created: Any, **more: Any) -> dict[str, Any]:
    """The columns for a reply of which other programs tell little but who wrote it."""
    row = {"status": "done", "model": model, "created": created, **more}
    found = read_attempt(row)
    assert found is not None
    return found


def _is_ended(row: dict[str, Any]) -> bool:
    status = row.get("status")
    return isinstance(status, str) and status in STATUSES and status not in RUNNING


def _counts(name: str, value: Any) -> bool:
    if value is None:
        return name in MAY_BE_NONE
    return type(value) is int and 0 <= value <= LARGEST
