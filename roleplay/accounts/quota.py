"""What a person may still use today, and what was used."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from roleplay.accounts.models import Usage, User


class QuotaExceeded(Exception):
    """Today's replies are used up; `limit` of them, and more from `renewed` on."""

    def __init__(self, limit: int, renewed: datetime) -> None:
        super().__init__(f"{limit} replies a day")
        self.limit = limit
        self.renewed = renewed


def check(user: User, running: int = 0) -> None:
    """Raise QuotaExceeded if this person has had today's replies, those that run now counted."""
    limit = settings.REPLIES_PER_DAY
    if not limit:
        return
    used = Usage.objects.filter(user=user, day=timezone.localdate()).first()
    if (used.replies if used else 0) + running >= limit:
        raise QuotaExceeded(limit, _next_midnight())


CHARGE = """
    INSERT INTO accounts_usage (user_id, day, replies, input_tokens, output_tokens)
    VALUES (%s, %s, 1, %s, %s) ON CONFLICT (user_id, day) DO UPDATE SET
        replies = accounts_usage.replies + 1,
        input_tokens = accounts_usage.input_tokens + excluded.input_tokens,
        output_tokens = accounts_usage.output_tokens + excluded.output_tokens
"""


def charge(user_id: int, input_tokens: int, output_tokens: int) -> None:
    """Write one reply and its tokens down, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(CHARGE, [user_id, timezone.localdate(), input_tokens, output_tokens])


def _next_midnight() -> datetime:
    tomorrow = timezone.localtime() + timedelta(days=1)
    return tomorrow.replace(hour=0, minute=0, second=0, microsecond=0)
