"""What was said: a conversation is a tree of messages held together by one parent pointer."""

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Left
from django.utils.translation import gettext_lazy as _

from characters.models import Character
from roleplay.accounts.models import ApiKey, Persona
from roleplay.connections.models import Connection
from roleplay.fields import CleanLine, CleanText
from roleplay.text import language_of

ROLES = {
    "system": _("Scene"),
    "user": _("Person"),
    "assistant": _("Character"),
    "tool": _("Tool result"),
}
RUNNING = ("waiting", "streaming")
STATUSES = {
    "waiting": _("Waiting"),
    "streaming": _("Writing"),
    "done": _("Done"),
    "stopped": _("Stopped"),
    "interrupted": _("Interrupted"),
    "failed": _("Failed"),
}


def new_upstream_user() -> str:
    """What a model service is told of a person: nothing, and never the same in two conversations."""
    return uuid.uuid4().hex


# What a row of the list is drawn from, and how many characters its snippet can need.
ROW = (
    "title",
    "biz_user",
    "used",
    "head__role",
    "character__name",
    "character__avatar",
    "character__hue",
    "character__language",
)
SAID_AT_MOST = 240


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def of(self, user: Any) -> Self:
        return self.filter(user=user)

    def in_browser(self) -> Self:
        """Those a person began; not the dialogues that programs hold with the person's key."""
        return self.filter(biz_user="")

    def by_programs(self) -> Self:
        """The others: dialogues of the person's programs."""
        return self.exclude(biz_user="")

    def for_list(self) -> Self:
        """Last used first, with what a row of the list shows: `said` is how its head begins.

        Drafts, whole messages and whole character sheets stay where they are.
        """
        rows = self.select_related("character", "head").only(*ROW)
        said = Coalesce(
            Left("head__text", SAID_AT_MOST), Value(""), output_field=models.TextField()
        )
        return rows.annotate(said=said).order_by("-used", "-pk")

    def below(self, used: datetime, pk: uuid.UUID) -> Self:
        """Those that come after the chat of this moment and id in the list."""
        return self.filter(Q(used__lt=used) | Q(used=used, pk__lt=pk))


class Conversation(models.Model):
    """One story. `head` is the newest message shown; the path from the root to it is what is read.

    A dialogue that a program holds has a `biz_user`, the program's own name for whoever speaks; it
    may be held to one `character_version`, and is over for the program once it was `reset`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    character = models.ForeignKey(
        Character, models.PROTECT, related_name="conversations", verbose_name=_("character")
    )
    persona = models.ForeignKey(Persona, models.SET_NULL, null=True, blank=True, related_name="+")
    connection = models.ForeignKey(
        Connection, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    title = CleanLine(_("title"), max_length=120, blank=True)
    head = models.OneToOneField("Message", models.SET_NULL, null=True, related_name="+")
    draft = CleanText(blank=True)
    upstream_user = models.CharField(
        max_length=32, unique=True, default=new_upstream_user, editable=False
    )
    biz_user = CleanLine(max_length=200, blank=True)
    character_version = models.PositiveIntegerField(null=True, blank=True)  # null: the current one
    reset = models.DateTimeField(null=True, blank=True)
    created = models.DateTimeField(_("begun"), auto_now_add=True)
    used = models.DateTimeField(_("last used"), db_index=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        ordering = ["-used"]
        indexes = [models.Index(fields=["user", "-used"])]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "character", "biz_user"],
                condition=Q(reset__isnull=True) & ~Q(biz_user=""),
                name="one_dialogue_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.character)

    def thread(self, last: int | None = None, before: int | None = None) -> "list[Message]":
        """The path from the first message to the head, oldest first, without the scene at the root.

        `last`: no more than this many. `before`: those that stand before this message id.
        The path is walked in the database, so its cost grows with what is asked for and not with
        the conversation.
        """
        start = self.head_id if before is None else self._parent_of(before)
        return Message.objects.path_to(self, start, last)

    def _parent_of(self, pk: int) -> int | None:
        return self.messages.filter(pk=pk).values_list("parent_id", flat=True).first()

    @property
    def running(self) -> "Generation | None":
        """The reply that is being written, if any."""
        return self.generations.filter(status__in=RUNNING).first()


class Said:
    """What a model is told of a message; prompting.build reads it as it reads a Message."""

    __slots__ = ("role", "text", "tool_call_id", "tool_calls")

    def __init__(self, text: str, role: str, tool_call_id: str, calls: str) -> None:
        self.text = text
        self.role = role
        self.tool_call_id = tool_call_id
        self.tool_calls: list[dict[str, str]] = json.loads(calls) if calls != "[]" else []


class MessageQuerySet(models.QuerySet["Message"]):
    def of(self, user: Any) -> Self:
        return self.filter(conversation__user=user)

    def path_to(
        self, conversation: Conversation, start: int | None, last: int | None
    ) -> "list[Message]":
        """The messages from the root's child to this one, oldest first; the last so many of them."""
        return list(self._path(conversation, start, last))

    def said_on_path(
        self, conversation: Conversation, start: int, last: int
    ) -> "tuple[str, list[Said]]":
        """The scene, and the last so many messages of the path to this one, in one query.

        For prompts, which read hundreds of them each time: only what a model is told.
        """
        key = Conversation._meta.pk.get_db_prep_value(conversation.pk, connection)
        with connection.cursor() as cursor:
            walk = WALK.format(limit="WHERE depth < %s")
            cursor.execute(walk + SAID_ON_PATH, [start, key, last, key])
            (scene, *_), *path = cursor.fetchall()
        return scene, [Said(text, role, call_id, calls) for text, role, call_id, calls, _ in path]

    def on_paths_to(self, heads: Sequence[int]) -> Self:
        """Those on the way from a root to one of these, in one walk inside the database."""
        walk = UPWARDS.format(heads=", ".join(["%s"] * len(heads)))
        return self.filter(pk__in=RawSQL(walk, list(heads))) if heads else self.none()  # noqa: S611

    def newest_below(self, message: "Message") -> "Message":
        """Where the story under this message was last read: its newest child's newest child, …"""
        return self.raw(BELOW, [message.pk])[0]

    def _path(
        self,
        conversation: Conversation,
        start: int | None,
        last: int | None,
    ) -> "Iterable[Message]":
        if start is None:
            return []
        key = Conversation._meta.pk.get_db_prep_value(conversation.pk, connection)
        walk = WALK.format(limit="" if last is None else "WHERE depth < %s")
        return self.raw(walk + PATH, [start, key] + ([] if last is None else [last]))


# Walks up from a message, as far as is asked for and never the whole conversation.
WALK = """
    WITH RECURSIVE path(id, parent_id, depth) AS (
        SELECT id, parent_id, 1 FROM conversations_message WHERE id = %s AND conversation_id = %s
        UNION ALL
        SELECT m.id, m.parent_id, path.depth + 1
        FROM conversations_message m JOIN path ON m.id = path.parent_id {limit}
    )
"""
PATH = """
    SELECT m.*, path.depth FROM path JOIN conversations_message m ON m.id = path.id
    WHERE m.parent_id IS NOT NULL ORDER BY depth DESC
"""
SAID_ON_PATH = """
    SELECT m.text, m.role, m.tool_call_id, m.tool_calls, path.depth
    FROM path JOIN conversations_message m ON m.id = path.id WHERE m.parent_id IS NOT NULL
    UNION ALL
    SELECT m.text, m.role, m.tool_call_id, m.tool_calls, 1000000000 AS depth
    FROM conversations_message m WHERE m.conversation_id = %s AND m.parent_id IS NULL
    ORDER BY depth DESC
"""
UPWARDS = """
    WITH RECURSIVE path(id, parent_id) AS (
        SELECT id, parent_id FROM conversations_message WHERE id IN ({heads})
        UNION
        SELECT m.id, m.parent_id FROM conversations_message m JOIN path ON m.id = path.parent_id
    )
    SELECT id FROM path
"""
BELOW = """
    WITH RECURSIVE down(id, depth) AS (
        SELECT id, 1 FROM conversations_message WHERE id = %s
        UNION ALL
        SELECT (SELECT max(m.id) FROM conversations_message m WHERE m.parent_id = down.id), depth + 1
        FROM down WHERE EXISTS (SELECT 1 FROM conversations_message m WHERE m.parent_id = down.id)
    )
    SELECT m.* FROM conversations_message m JOIN down ON m.id = down.id
    ORDER BY depth DESC LIMIT 1
"""


class Message(models.Model):
    """One message as it is stored; an engine sees it as a Turn. `key` names it to programs.

    The root of every conversation is a system message that holds the scene. `tool_calls` of an
    assistant message: a list of `{id, name, arguments}` with JSON text in `arguments`; a tool
    message answers the call named in `tool_call_id`.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    role = models.CharField(max_length=10, choices=ROLES)
    text = CleanText(blank=True)
    tool_calls = models.JSONField(default=list, blank=True)
    tool_call_id = models.CharField(max_length=200, blank=True)
    # Whose mask spoke, for the person's own messages.
    persona_name = CleanLine(max_length=60, blank=True)
    rating = models.SmallIntegerField(null=True, blank=True)  # -1 to 5, by whom it was told
    created = models.DateTimeField(auto_now_add=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=list(ROLES)), name="message_role_known"),
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(parent__isnull=True), name="one_root"
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=False) | Q(role="system"), name="root_is_the_scene"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"

    def swipes(self) -> MessageQuerySet:
        """This message and its alternates, oldest first."""
        siblings = self.conversation.messages.filter(parent=self.parent_id)
        return siblings.filter(role=self.role).order_by("pk")

    @property
    def language(self) -> str:
        return language_of(self.text)

    @property
    def generation(self) -> "Generation | None":
        """The newest attempt at writing this message; None for a person's words and a greeting."""
        return self.generations.order_by("pk").last()


def unanswered(message: Message, thread: Sequence[Message]) -> set[str]:
    """The calls of this message that wait for a result; none once the story went on below it."""
    places = [place for place, one in enumerate(thread) if one.pk == message.pk]
    below = thread[places[0] + 1 :] if places else []
    if not places or any(one.role != "tool" for one in below):
        return set()
    return {call["id"] for call in message.tool_calls} - {one.tool_call_id for one in below}


class GenerationQuerySet(models.QuerySet["Generation"]):
    def of(self, user: Any) -> Self:
        """Those of this person's chats."""
        return self.filter(conversation__user=user)

    def asked_by(self, user: Any) -> Self:
        """Those, and what the person's programs asked for outside of any chat."""
        return self.filter(user=user)

    def running(self) -> Self:
        return self.filter(status__in=RUNNING)


class Generation(models.Model):
    """One attempt at writing a reply: what was sent, how it went, what it cost.

    `key` names it in addresses and in the event log. An answer that a program asked for once, outside
    of any chat, has neither conversation nor message: nothing of its words is kept.
    `base`: characters of the message that stood before this attempt began (a continued reply).
    `last_number`: the number of the last event whose text is in the message; a reader that shows
    the stored text asks for the events after it. `prompt`: the request body exactly as it was sent.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    api_key = models.ForeignKey(ApiKey, models.SET_NULL, null=True, related_name="+")
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, null=True, related_name="generations"
    )
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="generations")
    connection = models.ForeignKey(
        Connection,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("model connection"),
    )
    send_key = models.CharField(max_length=64)
    status = models.CharField(max_length=12, default="waiting", choices=STATUSES)
    error_kind = models.CharField(max_length=20, blank=True)
    retry_after = models.FloatField(null=True)

    provider = models.CharField(max_length=20, blank=True)
    model = models.CharField(_("model"), max_length=120, blank=True)
    prompt = models.JSONField(default=dict)
    base = models.PositiveIntegerField(default=0)
    last_number = models.PositiveIntegerField(default=0)
    request_id = models.CharField(_("request id"), max_length=200, blank=True)
    answer_id = models.CharField(max_length=200, blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)

    owner = models.CharField(max_length=64, blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created = models.DateTimeField(_("begun"), auto_now_add=True)
    first_text = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)

    # The prompt as its parts were put together; only known to whoever made this attempt.
    sent: Any = None

    objects = GenerationQuerySet.as_manager()

    class Meta:
        verbose_name = _("generation")
        verbose_name_plural = _("generations")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=list(STATUSES)), name="generation_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=RUNNING, finished__isnull=True)
                | (~Q(status__in=RUNNING) & Q(finished__isnull=False)),
                name="finished_when_terminal",
            ),
            models.CheckConstraint(
                condition=Q(conversation__isnull=True, message__isnull=True)
                | Q(conversation__isnull=False, message__isnull=False),
                name="in_a_chat_or_outside",
            ),
            models.UniqueConstraint(fields=["conversation", "send_key"], name="one_send_one_turn"),
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(status__in=RUNNING), name="one_reply_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["created"]),
            models.Index(fields=["lease_until"], condition=Q(status__in=RUNNING), name="leases"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.key}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.conversation and self._state.adding:
            # Whoever asks, it counts for the person whose chat it is.
            self.user = self.conversation.user
        super().save(*args, **kwargs)

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    @property
    def written(self) -> Message:
        """The message this attempt writes, in a chat."""
        assert self.message is not None
        return self.message
