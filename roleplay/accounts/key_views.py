"""The pages of API keys: which there are, making one, taking one back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control

from roleplay.accounts import api_keys
from roleplay.accounts.forms import ApiKeyForm
from roleplay.accounts.models import ApiKey, User
from roleplay.http import UserRequest

PRESSES = "keys_made"  # in the session: the presses that made a key
PRESSES_KEPT = 20
OVER_SHOWN = 20  # of those that work there are few; of the others this many, newest first


class MadeAlready(Exception):
    """This very press of the button has made its key."""


@login_required
@cache_control(no_store=True)
def keys(request: UserRequest) -> HttpResponse:
    """The keys of one's programs. Only the answer to making one ever shows its secret.

    The same page sent again, as reloading that answer does, makes no second key.
    """
    form = ApiKeyForm(request.POST if request.method == "POST" else None)
    try:
        key, secret = _made(request, form) if form.is_valid() else (None, "")
    except MadeAlready:
        words = _("This key was made already. If you did not keep it, revoke it and make another.")
        messages.warning(request, words)
        return redirect("api_keys")
    mine = ApiKey.objects.of(request.user)
    context = {
        "form": ApiKeyForm() if key else form,
        "made": key,
        "secret": secret,
        "keys": [*mine.live(), *mine.over()[:OVER_SHOWN]],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "accounts/keys.html", context, status=status)


def _made(request: UserRequest, form: ApiKeyForm) -> tuple[ApiKey | None, str]:
    """The new key; None where the form now says why there is none. Raises MadeAlready."""
    given, user = form.cleaned_data, request.user
    try:
        # One after the other: of two presses that are one, the later sees what the first has left.
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)
            _refuse_again(request, given["press"])
            made = api_keys.issue(user, given["name"], given["scopes"], given["days"], by=user)
            _remember(request, given["press"])
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None, ""
    return made


def _refuse_again(request: UserRequest, press: str) -> None:
    # As it is stored now: the request's own was read before it waited.
    if press and press in request.session.load().get(PRESSES, []):
        raise MadeAlready


def _remember(request: UserRequest, press: str) -> None:
    if press:
        pressed = request.session.load().get(PRESSES, [])
        request.session[PRESSES] = [*pressed, press][-PRESSES_KEPT:]
        request.session.save()


@login_required
def revoke_key(request: UserRequest, pk: int) -> HttpResponse:
    """Asks first, since it cannot be undone."""
    key = get_object_or_404(ApiKey.objects.of(request.user), pk=pk)
    if request.method == "POST":
        api_keys.revoke(key, by=request.user)
        messages.success(request, _("%s opens nothing any more.") % key.name)
        return redirect("api_keys")
    return render(request, "accounts/revoke_key.html", {"key": key})
