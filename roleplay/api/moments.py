"""Moments on the wire: epoch milliseconds out; those or ISO text in."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone


def read_moment(value: Any) -> datetime | None:
    """The moment; ISO text without a zone is in the site's own.

    Raises ValueError: neither milliseconds nor ISO text, or out of range.
    """
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (OverflowError, OSError):
            raise ValueError("out of range") from None
    if not isinstance(value, str):
        raise ValueError("has to be epoch milliseconds or ISO text")
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else timezone.make_aware(found)


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds."""
    return int(moment.timestamp() * 1000)
