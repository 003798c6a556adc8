"""The pages of API keys: which there are, making one, taking one back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control

from roleplay.accounts import api_keys
from roleplay.accounts.forms import ApiKeyForm
from roleplay.accounts.models import ApiKey, User
from roleplay.http import UserRequest

OVER_SHOWN = 20  # of those that work there are few; of the others this many, newest first


@login_required
@cache_control(no_store=True)
def keys(request: UserRequest) -> HttpResponse:
    """The keys of one's programs. Only the answer to making one ever shows its secret."""
    form = ApiKeyForm(request.POST if request.method == "POST" else None)
    key, secret = _made(request.user, form) if form.is_valid() else (None, "")
    mine = ApiKey.objects.of(request.user)
    context = {
        "form": ApiKeyForm() if key else form,
        "made": key,
        "secret": secret,
        "keys": [*mine.live(), *mine.over()[:OVER_SHOWN]],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "accounts/keys.html", context, status=status)


def _made(user: User, form: ApiKeyForm) -> tuple[ApiKey | None, str]:
    """The new key; None where the form now says why there is none."""
    given = form.cleaned_data
    try:
        return api_keys.issue(user, given["name"], given["scopes"], given["days"], by=user)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None, ""


@login_required
def revoke_key(request: UserRequest, pk: int) -> HttpResponse:
    """Asks first, since it cannot be undone."""
    key = get_object_or_404(ApiKey.objects.of(request.user), pk=pk)
    if request.method == "POST":
        api_keys.revoke(key, by=request.user)
        messages.success(request, _("%s opens nothing any more.") % key.name)
        return redirect("api_keys")
    return render(request, "accounts/revoke_key.html", {"key": key})
