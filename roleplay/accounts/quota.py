"""What a person may still use today, and what was used.

A reply is reserved when it begins, and settled when it ends: its tokens are added, or, where it
wrote nothing, it is given back.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from roleplay.accounts.models import Usage, User


class QuotaExceeded(Exception):
    """Today's replies are used up; `limit` of them, and more from `renewed` on."""

    def __init__(self, limit: int, renewed: datetime) -> None:
        super().__init__(f"{limit} replies a day")
        self.limit = limit
        self.renewed = renewed


def check(user: User) -> None:
    """Raise QuotaExceeded if this person has had today's replies, those that run now counted.

    Nothing is taken by it: `reserve` has the last word.
    """
    limit = settings.REPLIES_PER_DAY
    if limit and Usage.objects.filter(user=user, day=timezone.localdate(), replies__gte=limit):
        raise QuotaExceeded(limit, _next_midnight())


RESERVE = """
    INSERT INTO accounts_usage (user_id, day, replies, input_tokens, output_tokens)
    VALUES (%s, %s, 1, 0, 0) ON CONFLICT (user_id, day) DO UPDATE SET
        replies = accounts_usage.replies + 1
        WHERE accounts_usage.replies < %s OR %s = 0
"""
# Whoever finds no row here began before replies were reserved, and is counted now.
CHARGE = """
    INSERT INTO accounts_usage (user_id, day, replies, input_tokens, output_tokens)
    VALUES (%s, %s, 1, %s, %s) ON CONFLICT (user_id, day) DO UPDATE SET
        input_tokens = accounts_usage.input_tokens + excluded.input_tokens,
        output_tokens = accounts_usage.output_tokens + excluded.output_tokens
"""


def reserve(user: User, begun: datetime) -> None:
    """Count one reply that begins now, in the transaction that writes it down.

    Checked and counted in one statement: of many at once, none is over the limit. Raises
    QuotaExceeded.
    """
    limit = settings.REPLIES_PER_DAY
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, [user.pk, timezone.localdate(begun), limit, limit])
        if not cursor.rowcount:
            raise QuotaExceeded(limit, _next_midnight())


def charge(user_id: int, begun: datetime, input_tokens: int, output_tokens: int) -> None:
    """Write down what a reply that was reserved cost, on the day it began."""
    day = timezone.localdate(begun)
    with connection.cursor() as cursor:
        cursor.execute(CHARGE, [user_id, day, input_tokens, output_tokens])


def give_back(user_id: int, begun: datetime) -> None:
    """A reply that was reserved wrote nothing: it does not count, and leaves no empty row."""
    used = Usage.objects.filter(user=user_id, day=timezone.localdate(begun))
    used.filter(replies__gt=0).update(replies=F("replies") - 1)
    used.filter(replies=0, input_tokens=0, output_tokens=0).delete()


def _next_midnight() -> datetime:
    tomorrow = timezone.localtime() + timedelta(days=1)
    return tomorrow.replace(hour=0, minute=0, second=0, microsecond=0)
