"""Moments on the wire: epoch milliseconds out; those or ISO text in."""

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

# No time zone takes these out of what a date can say.
FIRST, LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)


def read_moment(value: Any) -> datetime | None:
    """The moment; ISO text without a zone is in the site's own. The ends of time are some years off.

    Raises ValueError: neither milliseconds nor ISO text, or out of range.
    """
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            found = datetime.fromtimestamp(value / 1000, UTC)
        except (OverflowError, OSError):
            raise ValueError("out of range") from None
    elif isinstance(value, str):
        found = datetime.fromisoformat(value)
        found = found if found.tzinfo else timezone.make_aware(found)
    else:
        raise ValueError("has to be epoch milliseconds or ISO text")
    return min(max(found, FIRST), LAST)


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds."""
    return int(moment.timestamp() * 1000)
