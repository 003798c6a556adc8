"""Which columns go into an archive, and what their values look like there."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import models

from characters.models import SHEET

PERSON = (
    "username",
    "email",
    "is_guest",
    "is_active",
    "language",
    "theme",
    "text_size",
    "reading_font",
    "pace",
    "announce",
    "enter_sends",
    "saw_ai_notice",
    "date_joined",
)
PERSONA = ("name", "about", "is_current", "created")
USAGE = ("day", "replies", "input_tokens", "output_tokens")
CONNECTION = ("name", "kind", "base_url", "model", "parameters", "options", "is_default")
CHARACTER = (
    "key",
    "visibility",
    "version",
    "allows_chat",
    "allows_api",
    "asks_public",
    *SHEET,
    "hue",
)
CHARACTER_TIMES = ("created", "updated", "removed")
CHARACTER_VERSION = ("number", "sheet", "created")
CHARACTER_PICTURES = ("avatar", "cover")
CONVERSATION = (
    "title",
    "draft",
    "upstream_user",
    "biz_user",
    "character_version",
    "reset",
    "created",
    "used",
)
MESSAGE = ("role", "text", "tool_calls", "tool_call_id", "persona_name", "rating", "created")
GENERATION = (
    "key",
    "send_key",
    "status",
    "error_kind",
    "retry_after",
    "provider",
    "model",
    "prompt",
    "base",
    "last_number",
    "request_id",
    "answer_id",
    "finish_reason",
    "input_tokens",
    "output_tokens",
    "created",
    "first_text",
    "finished",
)


def values(row: models.Model, names: tuple[str, ...]) -> dict[str, Any]:
    """These columns as JSON has them: times in UTC, ids as text."""
    return {name: _plain(getattr(row, name)) for name in names}


def check(row: models.Model, *unchecked: str) -> None:
    """Raises ValidationError, by column, as a form would; rows it points at are not looked up."""
    skipped = {
        field.name
        for field in row._meta.fields
        if field.is_relation or (field.null and getattr(row, field.attname) is None)
    }
    row.clean_fields(exclude={*skipped, *unchecked})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
