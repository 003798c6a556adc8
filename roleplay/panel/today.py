"""What the panel's first page tells: how it goes, what waits, and figures without a word of anyone."""

import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncHour
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from characters.models import Character
from roleplay.accounts.models import Usage, User
from roleplay.connections.models import Connection
from roleplay.conversations.models import Conversation, Generation
from roleplay.panel.errors import KINDS

CHATTING_MINUTES = 10
DAYS = 14
REPLIES_JUDGED = 20
# Enough for an honest median, few enough to sort in a millisecond.
TIMED_REPLIES = 500
# The drawing: 24 columns of 40 units, 130 high.
COLUMN, BAR, HEIGHT = 40, 34, 130


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something for the operator to do: `kind` is warn, danger or info."""

    kind: str
    icon: str
    text: str
    url: str
    act: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the drawing, in its units."""

    x: int
    y: float
    height: float
    count: int
    now: bool


class Today:
    """Everything is counted when the page asks for it; nothing is counted twice."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = timezone.localtime(now)
        self.midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def sentence(self) -> str:
        time = _("tonight") if not 5 <= self.now.hour < 18 else _("today")
        if self.is_failing:
            return _("Replies are failing %s.") % time
        calm = _("All is calm %s.") % time
        people = ngettext("%d person is chatting.", "%d people are chatting.", self.chatting)
        if not self.chatting:
            return calm
        # Two sentences one after the other; some languages put no space between.
        return _("{calm} {people}").format(calm=calm, people=people % self.chatting)

    @cached_property
    def is_failing(self) -> bool:
        """Whether more than a third of the newest replies failed; what is older may be mended."""
        since = self.now - timedelta(hours=1)
        ended = Generation.objects.filter(created__gte=since, status__in=["done", "failed"])
        newest = list(ended.order_by("-created").values_list("status", flat=True)[:REPLIES_JUDGED])
        return 3 * newest.count("failed") > len(newest)

    @cached_property
    def chatting(self) -> int:
        since = self.now - timedelta(minutes=CHATTING_MINUTES)
        return Conversation.objects.filter(used__gte=since).values("user").distinct().count()

    @cached_property
    def people(self) -> dict[str, int]:
        return dict(
            User.objects.aggregate(
                all=Count("pk"),
                guests=Count("pk", filter=Q(is_guest=True)),
                new=Count("pk", filter=Q(date_joined__gte=self.midnight)),
            )
        )

    @cached_property
    def chats(self) -> int:
        return Conversation.objects.filter(used__gte=self.midnight).count()

    @cached_property
    def _replies(self) -> dict[str, Any]:
        return dict(
            self._today().aggregate(
                all=Count("pk"),
                done=Count("pk", filter=Q(status="done")),
                failed=Count("pk", filter=Q(status="failed")),
                read=Sum("input_tokens"),
                written=Sum("output_tokens"),
            )
        )

    @property
    def replies(self) -> int:
        return int(self._replies["all"])

    @property
    def done(self) -> int:
        return int(self._replies["done"])

    @property
    def failed(self) -> int:
        return int(self._replies["failed"])

    @property
    def tokens_read(self) -> int:
        return int(self._replies["read"] or 0)

    @property
    def tokens_written(self) -> int:
        return int(self._replies["written"] or 0)

    @property
    def tokens(self) -> int:
        return self.tokens_read + self.tokens_written

    def _today(self) -> Any:
        return Generation.objects.filter(created__gte=self.midnight)

    @cached_property
    def first_word(self) -> float | None:
        """Seconds to the first word, median of the newest replies of today."""
        times = (
            self._today()
            .filter(first_text__isnull=False)
            .order_by("-created")
            .values_list("created", "first_text")[:TIMED_REPLIES]
        )
        waits = [(first - asked).total_seconds() for asked, first in times]
        return statistics.median(waits) if waits else None

    @cached_property
    def errors(self) -> list[dict[str, Any]]:
        """Failed replies of today by kind, the commonest first."""
        rows = (
            self._today()
            .filter(status="failed")
            .values("error_kind", name=F("connection__name"))
            .annotate(count=Count("pk"))
            .order_by("-count", "error_kind")
        )
        return [{**row, "words": KINDS.get(row["error_kind"], row["error_kind"])} for row in rows]

    @cached_property
    def days(self) -> list[dict[str, Any]]:
        """Usage of the last two weeks, newest first; days without any are left out."""
        since = self.now.date() - timedelta(days=DAYS - 1)
        rows = Usage.objects.filter(day__gte=since).values("day").order_by("-day")
        summed = rows.annotate(
            people=Count("user"),
            all=Sum("replies"),
            read=Sum("input_tokens"),
            written=Sum("output_tokens"),
        )
        return [dict(row) for row in summed]

    @cached_property
    def hours(self) -> list[tuple[datetime, int]]:
        """Replies asked for in each of the last 24 hours, the running one last."""
        this = self.now.replace(minute=0, second=0, microsecond=0)
        since = this - timedelta(hours=23)
        rows = (
            Generation.objects.filter(created__gte=since)
            .annotate(hour=TruncHour("created"))
            .values_list("hour")
            .annotate(count=Count("pk"))
        )
        counts = {timezone.localtime(hour): count for hour, count in rows}
        return [
            (hour, counts.get(hour, 0)) for hour in (since + timedelta(hours=n) for n in range(24))
        ]

    @property
    def bars(self) -> list[Bar]:
        most = max(count for _hour, count in self.hours) or 1
        heights = [count / most * (HEIGHT - 4) for _hour, count in self.hours]
        return [
            Bar(3 + COLUMN * n, round(HEIGHT - height, 1), round(height, 1), count, n == 23)
            for n, (height, (_hour, count)) in enumerate(zip(heights, self.hours, strict=True))
        ]

    @property
    def busiest(self) -> int:
        return max(count for _hour, count in self.hours)

    @property
    def marks(self) -> list[datetime]:
        """The hours written under the drawing."""
        return [self.hours[n][0] for n in (0, 6, 12, 18)]

    @cached_property
    def connections(self) -> list[Connection]:
        """Every connection with its replies of today."""
        counts = dict(self._today().values_list("connection").annotate(Count("pk")))
        found = list(Connection.objects.all())
        for connection in found:
            connection.replies_today = counts.get(connection.pk, 0)  # type: ignore[attr-defined]
        return found

    @cached_property
    def waiting(self) -> list[Waiting]:
        found = [self._no_model(), self._no_key(), self._bad_key(), self._no_characters()]
        return [item for item in found if item]

    @cached_property
    def _default(self) -> Connection | None:
        return next((one for one in self.connections if one.is_default), None)

    def _no_model(self) -> Waiting | None:
        if self._default and self._default.kind != "demo":
            return None
        return Waiting(
            "warn",
            "plug",
            _("The demo engine is answering, with prepared lines only."),
            reverse("admin:connections_connection_add"),
            _("Connect a model"),
        )

    def _no_key(self) -> Waiting | None:
        one = self._default
        if one is None or one.kind != "xingchen" or one.usable_key:
            return None
        return Waiting(
            "danger", "key", _("“%s” has no key.") % one, self._address(one), _("Enter it")
        )

    def _bad_key(self) -> Waiting | None:
        since = self.now - timedelta(hours=1)
        failed = self._today().filter(error_kind="unauthorized", created__gte=since)
        latest = failed.exclude(connection=None).select_related("connection").order_by("pk").last()
        if latest is None or not latest.connection or latest.connection.updated > latest.created:
            return None
        return Waiting(
            "danger",
            "key",
            _("The key for “%s” isn't accepted. Nobody is getting replies.") % latest.connection,
            self._address(latest.connection),
            _("Renew it"),
        )

    def _no_characters(self) -> Waiting | None:
        if Character.objects.exists():
            return None
        return Waiting(
            "info",
            "feather",
            _("There is nobody to talk to yet."),
            reverse("admin:characters_character_changelist"),
            _("Bring in the starters"),
        )

    def _address(self, connection: Connection) -> str:
        return reverse("admin:connections_connection_change", args=[connection.pk])
