"""Our answers to what django-allauth asks of a site."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _

from roleplay.accounts.entry import guest_of, hand_over


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: Any) -> bool:
        return bool(settings.SIGN_UP == "open")

    def get_password_change_redirect_url(self, request: Any) -> str:
        return reverse("preferences")

    def login(self, request: Any, user: Any) -> None:
        """Sign in; what was said as a guest comes along."""
        guest = guest_of(request)
        super().login(request, user)
        if guest and guest.pk != user.pk:
            hand_over(guest, user)
            messages.success(request, _("Your chats as a guest are here too, under your name."))
