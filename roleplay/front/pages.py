"""The front door: landing for strangers, gallery for guests and members, setup on a fresh site."""

import functools
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from characters.models import Character
from characters.reading import excerpt
from characters.starters import load_starters
from characters.views import gallery, shelf
from roleplay.accounts import setup_code
from roleplay.accounts.entry import BACKEND, guest_of, hand_over
from roleplay.accounts.models import User
from roleplay.front.local_models import LocalServer, find_local
from roleplay.front.setup_form import SetupForm

HOST_OF_THE_HOUSE = "haimeng"
LOOPBACK = {"127.0.0.1", "::1"}
LOOK_AGAIN_SECONDS = 5


def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated or request.htmx:  # type: ignore[attr-defined]
        return gallery(request)
    return render(request, "landing.html", {**shelf(request), **_welcome()})


def _welcome() -> dict[str, Any]:
    shown = Character.objects.filter(visibility="public")
    host = shown.filter(key=HOST_OF_THE_HOUSE).first() or shown.exclude(greeting="").first()
    words = excerpt(host) if host else ""
    return {"host": host, "excerpt": words, "setup_needed": setup_code.needed()}


def first_run(request: HttpRequest) -> HttpResponse:
    """The three steps that make a fresh site one's own. Without the setup code nothing is made."""
    if not setup_code.needed():
        return render(request, "first_run_done.html")
    local = _local_server(request)
    form = SetupForm(request.POST or None, local=local)
    if request.method == "POST" and form.is_valid() and _set_up(request, form):
        messages.success(request, _("Welcome. Everything here can be changed under Admin."))
        return redirect("home")
    context = {"form": form, "local": local, "guests_to_be": Character.objects.exclude(key=None)}
    return render(request, "first_run.html", context, status=422 if form.errors else 200)


def _local_server(request: HttpRequest) -> LocalServer | None:
    """The model server beside us. Only those who sit at this machine make us look, or are told."""
    if not settings.IS_LOCAL or request.META.get("REMOTE_ADDR") not in LOOPBACK:
        return None
    look = functools.partial(find_local, skip=settings.PORT)
    return cache.get_or_set("front.local-server", look, LOOK_AGAIN_SECONDS)


def _set_up(request: HttpRequest, form: SetupForm) -> bool:
    """Spend the code and make everything, or nothing at all."""
    code = form.cleaned_data["code"]
    if not setup_code.spend(code):
        form.add_error("code", _("Somebody has just used this code."))
        return False
    try:
        with transaction.atomic():
            admin = _make_admin(request, form)
    except BaseException:
        setup_code.put_back(code)
        raise
    login(request, admin, backend=BACKEND)
    return True


def _make_admin(request: HttpRequest, form: SetupForm) -> User:
    admin = User.objects.create_superuser(
        form.cleaned_data["username"], password=form.cleaned_data["password"]
    )
    guest = guest_of(request)
    if guest:
        hand_over(guest, admin)
    connection = form.connection()
    if connection:
        connection.save()
        connection.make_default()
    if form.cleaned_data["starters"]:
        load_starters()
    return admin
