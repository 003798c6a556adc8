"""Stores what running replies hold: the two writes of the engine, and the end of what was orphaned.

Every write names the owner it believes in and a running status, so that "finish twice", "stop
against finish" and "reaper against a slow owner" have one winner each.
"""

import logging
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from roleplay.accounts import quota
from roleplay.conversations.models import Generation, GenerationQuerySet, Message
from roleplay.prompting.budget import estimated_tokens
from roleplay.streaming.reply import Ending, Snapshot

log = logging.getLogger(__name__)

OWNER = uuid.uuid4().hex  # this process

CHECKPOINT = """
    UPDATE conversations_generation
    SET status = CASE WHEN %s IS NULL THEN 'waiting' ELSE 'streaming' END,
        first_text = %s, last_number = %s, request_id = %s, answer_id = %s, lease_until = %s
    WHERE key = %s AND owner = %s AND status IN ('waiting', 'streaming')
"""
CHECKPOINT_TEXT = """
    UPDATE conversations_message SET text = %s WHERE id = (
        SELECT message_id FROM conversations_generation
        WHERE key = %s AND owner = %s AND status IN ('waiting', 'streaming'))
"""


def keep(snapshots: list[Snapshot], endings: list[Ending]) -> set[str]:
    """Store all of these in one transaction; the keys that are no longer ours come back.

    Raises OperationalError where the database is away or full: ask again. A reply that cannot be
    stored for a reason of its own must not hold the others up: it is closed as failed.
    """
    try:
        return _keep_together(snapshots, endings)
    except OperationalError:
        raise
    except Exception:
        log.exception("not all of %d replies could be stored", len(snapshots) + len(endings))
        alone: list[tuple[list[Snapshot], list[Ending]]] = [
            ([snapshot], []) for snapshot in snapshots
        ] + [([], [end]) for end in endings]
        return set().union(*(_keep_alone(*one) for one in alone))


def _keep_together(snapshots: list[Snapshot], endings: list[Ending]) -> set[str]:
    with transaction.atomic():
        lost = _checkpoint(snapshots)
        return lost | {end.snapshot.key for end in endings if not _finish(end)}


def _keep_alone(snapshots: list[Snapshot], endings: list[Ending]) -> set[str]:
    try:
        return _keep_together(snapshots, endings)
    except OperationalError:
        raise
    except Exception:
        key = (snapshots or [end.snapshot for end in endings])[0].key
        log.exception("reply %s cannot be stored", key)
        _close(Generation.objects.running().filter(key=key, owner=OWNER), "failed", "nonsense")
        return {key}


def new_lease() -> Any:
    return timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)


def _checkpoint(snapshots: list[Snapshot]) -> set[str]:
    if not snapshots:
        return set()
    lease = connection.ops.adapt_datetimefield_value(new_lease())
    with connection.cursor() as cursor:
        cursor.executemany(CHECKPOINT_TEXT, [(s.text, _db(s.key), OWNER) for s in snapshots])
        cursor.executemany(
            CHECKPOINT,
            [
                (
                    first := connection.ops.adapt_datetimefield_value(s.first_text),
                    first,
                    s.number,
                    s.receipt.request_id[:200],
                    s.receipt.answer_id[:200],
                    lease,
                    _db(s.key),
                    OWNER,
                )
                for s in snapshots
            ],
        )
        if cursor.rowcount == len(snapshots):
            return set()
    keys = {s.key for s in snapshots}
    ours = Generation.objects.running().filter(key__in=keys, owner=OWNER)
    return keys - {str(key) for key in ours.values_list("key", flat=True)}


def _db(key: str) -> Any:
    return Generation._meta.get_field("key").get_db_prep_value(uuid.UUID(key), connection)


def _finish(end: Ending) -> bool:
    kept, usage = end.snapshot, end.usage
    known = Generation.objects.filter(key=kept.key).values_list(
        "pk", "message_id", "base", "model", "user_id", "created"
    )
    row = known.first()
    if row is None:  # the chat was deleted meanwhile
        return False
    pk, message, base, model, user, begun = row
    ended = (
        Generation.objects.running()
        .filter(pk=pk, owner=OWNER)
        .update(
            status=end.status,
            error_kind=end.kind,
            retry_after=end.retry_after,
            last_number=kept.number,
            first_text=kept.first_text,
            finished=timezone.now(),
            lease_until=None,
            request_id=kept.receipt.request_id[:200],
            answer_id=kept.receipt.answer_id[:200],
            model=(kept.receipt.model or model)[:120],
            finish_reason=usage.finish_reason[:40] if usage else "",
            input_tokens=_count(usage.input_tokens) if usage else None,
            output_tokens=_count(usage.output_tokens) if usage else None,
        )
    )
    if not ended:
        return False
    calls = [{"id": c.id, "name": c.name, "arguments": c.arguments} for c in end.tool_calls]
    if message is not None:
        Message.objects.filter(pk=message).update(text=kept.text, tool_calls=calls)
    if kept.first_text or calls:
        read = _count(usage.input_tokens if usage else None) or 0
        told = _count(usage.output_tokens if usage else None)
        wrote = estimated_tokens(kept.text[base:]) if told is None else told
        quota.charge(user, begun, read, wrote)
    else:
        quota.give_back(user, begun)
    return True


def _count(told: int | None) -> int | None:
    """An engine's own count, if a column can hold it."""
    return told if told is not None and 0 <= told < 2**31 else None


def close_orphans(everyone_else_is_dead: bool = False) -> int:
    """End replies whose process is gone as interrupted, with the text last kept; how many there were.

    A process is known to be gone when it has not renewed its lease, or, where only one can hold the
    data directory, when it is not this one.
    """
    gone = Q() if everyone_else_is_dead else Q(lease_until__lt=timezone.now())
    others = Generation.objects.running().exclude(owner=OWNER)
    # This process knows its own: a late lease is only a slow store.
    return _close(others.filter(gone), "interrupted", "restart")


def _close(attempts: GenerationQuerySet, status: str, kind: str) -> int:
    """End these as they were last kept, and settle each once; how many there were."""
    known = attempts.values_list("pk", "user_id", "created", "first_text", "message__text", "base")
    ended = 0
    for pk, user, begun, first_text, text, base in list(known):
        with transaction.atomic():
            if not attempts.filter(pk=pk).update(
                status=status, error_kind=kind, finished=timezone.now(), lease_until=None
            ):
                continue
            ended += 1
            if first_text:
                quota.charge(user, begun, 0, estimated_tokens((text or "")[base:]))
            else:
                quota.give_back(user, begun)
    return ended
