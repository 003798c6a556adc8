"""Ends the sessions of a person: whoever is shut out is out everywhere, at once."""

from django.contrib.sessions.models import Session
from django.utils import timezone

from roleplay.accounts.models import User


def end_sessions(user: User) -> int:
    """How many there were. Reads every session that is still good: some 30 µs for each."""
    mine = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    Session.objects.filter(pk__in=mine).delete()
    return len(mine)
