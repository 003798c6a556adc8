"""Times as files write them, and as we write them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(days=1)
MILLISECONDS = 100_000_000_000  # numbers beyond it count thousandths
# 2024-7-12@01h31m37s and 2024-6-5 @14h 56m 50s 682ms
AT_SIGN = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2}) ?@ ?(\d{1,2})h ?(\d{1,2})m ?(\d{1,2})s(?: ?(\d{1,3})ms)?"
)
MONTHS = {
    name: number
    for number, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        start=1,
    )
}
# June 19, 2023 2:20pm
IN_WORDS = re.compile(r"([A-Za-z]+) (\d{1,2}), (\d{4}) (\d{1,2}):(\d{2}) ?([ap]m)", re.IGNORECASE)


def moment(value: Any) -> datetime | None:
    """The time that is meant, in UTC; None for what is none, or lies before computers or ahead.

    Numbers are seconds or milliseconds since 1970. A time without a zone is the site's.
    """
    try:
        found = _read(value)
        if found is None:
            return None
        if timezone.is_naive(found):
            found = timezone.make_aware(found)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if EARLIEST <= found <= timezone.now() + LATEST_AHEAD else None


def _read(value: Any) -> datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        text = value.strip()[:60]
        return _of_number(float(text)) if text.isascii() and text.isdigit() else _of_text(text)
    return _of_number(value) if isinstance(value, (int, float)) else None


def _of_number(number: float) -> datetime:
    return datetime.fromtimestamp(number / 1000 if number > MILLISECONDS else number, UTC)


def _of_text(text: str) -> datetime | None:
    if found := AT_SIGN.fullmatch(text):
        year, month, day, hour, minute, second, ms = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, ms * 1000)
    if found := IN_WORDS.fullmatch(text):
        name, *numbers, half = found.groups()
        day, year, hour, minute = map(int, numbers)
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
        return datetime(year, MONTHS.get(name.lower(), 0), day, hour, minute)
    return datetime.fromisoformat(text) if text else None


def iso(time: datetime) -> str:
    """UTC to the thousandth of a second, as JavaScript writes it."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_read(time: datetime) -> str:
    """For people: to the minute, with the site's offset from UTC."""
    return timezone.localtime(time).strftime("%Y-%m-%d %H:%M %z")
