"""The keys programs come in with: made, found, noted as used, and taken back.

A secret is `lm-` and 43 letters of 256 random bits. It is handed out once, when it is made; the
database holds its SHA-256 alone.
"""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from roleplay.accounts.audit import record
from roleplay.accounts.models import SCOPES as SCOPES
from roleplay.accounts.models import ApiKey, User

log = logging.getLogger(__name__)

PREFIX = "lm-"
SHOWN = len(PREFIX) + 4
LONGEST = 64  # some more than a secret has: whatever goes on after it is none
MINUTE = timedelta(minutes=1)


def issue(
    user: User,
    name: str,
    scopes: Iterable[str],
    expires: datetime | None = None,
    *,
    by: User | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which cannot be had again.

    `expires` None: never. `by` is who made it; None is a command. Raises ValidationError, with words
    for people, for a guest, for somebody who has as many as are allowed, and for what makes no key.
    """
    if expires and expires <= timezone.now():
        raise ValidationError(_("This time is over already."), code="expired")
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        user=user,
        name=name.strip(),
        digest=_digest(secret),
        shown=secret[:SHOWN] + "…",
        scopes=_known(scopes),
        expires=expires,
    )
    key.clean_fields()
    # Counted and written in one transaction, after waiting for whoever does the same: of many at
    # once, none is over the limit.
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        refuse(user)
        key.save()
        record(by, "key.made", _told(key))
    return key, secret


def refuse(user: User) -> None:
    """Raise ValidationError if this person may make no key now."""
    limit = settings.API_KEYS_PER_PERSON
    if user.is_guest:
        raise ValidationError(_("A guest has no keys. Keep your chats first."), code="guest")
    if not limit:
        raise ValidationError(_("This site gives out no keys."), code="none")
    if ApiKey.objects.of(user).live().count() >= limit:
        words = ngettext(
            "There may be %(limit)d key for each person, and you have it. Revoke it first.",
            "There may be %(limit)d keys for each person, and you have them. Revoke one first.",
            limit,
        )
        raise ValidationError(words, code="too_many", params={"limit": limit})


def find(secret: str) -> ApiKey | None:
    """The live key with this secret, its person along; None for anything else, however odd.

    One hash of at most 64 letters and one look-up, whatever comes. The look-up is by the hash, and
    how long it takes tells nothing of a secret: nobody can come nearer to a hash by steps.
    """
    return ApiKey.objects.live().select_related("user").filter(digest=_digest(secret)).first()


def touch(key: ApiKey) -> None:
    """Note that a key was used, once a minute at most and in one statement.

    Where that cannot be written, the log says so and nobody is turned away.
    """
    now = timezone.now()
    if key.last_used and now - key.last_used < MINUTE:
        return
    stale = Q(last_used=None) | Q(last_used__lte=now - MINUTE)
    try:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used=now)
    except DatabaseError:
        # A full disk or a long writer: the call itself may need nothing but to read.
        log.exception("key %s: its use could not be noted", key.pk)
        return
    key.last_used = now


def revoke(key: ApiKey, *, by: User | None = None) -> bool:
    """Take a key back for good. False if it was taken back before. `by` None is a command."""
    now = timezone.now()
    with transaction.atomic():
        if not ApiKey.objects.filter(pk=key.pk, revoked=None).update(revoked=now):
            return False
        record(by, "key.revoked", _told(key))
    key.revoked = now
    return True


def revoke_all(user: User, *, by: User | None = None) -> int:
    """Take back every key of a person that is still good; how many there were."""
    return sum(revoke(key, by=by) for key in ApiKey.objects.of(user).filter(revoked=None))


def _known(scopes: Iterable[str]) -> list[str]:
    """These scopes, each once and in their own order."""
    asked = set(scopes)
    strangers = sorted(asked - set(SCOPES))
    if strangers:
        words = _("There is no scope %(name)s. There are: %(known)s.")
        params = {"name": strangers[0], "known": ", ".join(SCOPES)}
        raise ValidationError(words, code="unknown_scope", params=params)
    if not asked:
        raise ValidationError(_("Choose at least one thing the key may do."), code="no_scope")
    return [scope for scope in SCOPES if scope in asked]


def _digest(secret: str) -> str:
    # What cannot be written as UTF-8 becomes a question mark, which no secret has.
    return hashlib.sha256(secret[:LONGEST].encode(errors="replace")).hexdigest()


def _told(key: ApiKey) -> str:
    return f"{key.user.get_username()}: {key}"
