"""How people come in: as a guest with one click, and later under a name of their own."""

import secrets

from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone, translation

from roleplay.accounts.models import Usage, User

BACKEND = "django.contrib.auth.backends.ModelBackend"


def create_guest(request: HttpRequest) -> User:
    """A new guest, signed in on this request. The caller checks that guests are welcome.

    A form that shows the AI notice beside its button says so with `ai_notice=read`; the dialog is
    then not shown again.
    """
    told = request.POST.get("ai_notice") == "read"
    guest = User(
        username=f"guest-{secrets.token_hex(8)}",
        is_guest=True,
        language=translation.get_language() or "",
        saw_ai_notice=timezone.now() if told else None,
    )
    guest.set_unusable_password()
    guest.save()
    login(request, guest, backend=BACKEND)
    return guest


def guest_of(request: HttpRequest) -> User | None:
    """The guest who makes this request, if it is one."""
    user = request.user
    return user if isinstance(user, User) and user.is_authenticated and user.is_guest else None


def hand_over(guest: User, user: User) -> None:
    """Give everything a guest has to the account it signs in to. The empty guest is closed."""
    with transaction.atomic():
        _add_usage(guest, user)
        if user.personas.filter(is_current=True).exists():
            guest.personas.filter(is_current=True).update(is_current=False)
        for relation in User._meta.related_objects:
            if relation.related_model is not Usage:
                rows = relation.related_model._base_manager.filter(**{relation.field.name: guest})
                rows.update(**{relation.field.name: user})
        # The row stays: a reply that is still being written may be charged to it.
        User.objects.filter(pk=guest.pk).update(is_active=False)


def _add_usage(guest: User, user: User) -> None:
    for used in guest.usage.all():
        total, _ = Usage.objects.get_or_create(user=user, day=used.day)
        total.replies += used.replies
        total.input_tokens += used.input_tokens
        total.output_tokens += used.output_tokens
        total.save()
    guest.usage.all().delete()
