"""Pages about oneself: preferences, personas, keeping a guest's chats, the AI notice."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from roleplay.accounts.entry import create_guest
from roleplay.accounts.forms import NameAndPasswordForm, PersonaForm, PreferencesForm
from roleplay.accounts.models import (
    ANNOUNCEMENTS,
    PACES,
    READING_FONTS,
    TEXT_SIZES,
    THEMES,
    Persona,
)
from roleplay.http import UserRequest

LANGUAGES = [code for code, _name in settings.LANGUAGES]
YEAR = 365 * 24 * 60 * 60


def preferences(request: HttpRequest) -> HttpResponse:
    """The settings page; a POST changes what it names, for strangers in cookies of their own."""
    if request.method == "POST":
        return _save_preferences(request)
    return _preferences_page(request)  # type: ignore[arg-type]


@login_required
def _preferences_page(request: UserRequest) -> HttpResponse:
    choices = {
        "languages": [(code, get_language_info(code)["name_local"]) for code in LANGUAGES],
        "themes": THEMES.items(),
        "text_sizes": TEXT_SIZES.items(),
        "reading_fonts": READING_FONTS.items(),
        "paces": PACES.items(),
        "announcements": ANNOUNCEMENTS.items(),
    }
    return render(request, "accounts/preferences.html", choices)


def _save_preferences(request: Any) -> HttpResponse:
    known = request.user if request.user.is_authenticated else None
    form = PreferencesForm(request.POST, instance=known)
    if not form.is_valid():
        words = _("This could not be saved. Nothing was changed.")
        return HttpResponse(words, status=422, content_type="text/plain; charset=utf-8")
    if known:
        known.save(update_fields=list(form.cleaned_data))
    return _remember(_after_saving(request, form), form.cleaned_data)


def _after_saving(request: Any, form: PreferencesForm) -> HttpResponse:
    if not request.htmx:
        return redirect(_next(request))
    now = get_language()
    if form.cleaned_data.get("language", now) != now:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return HttpResponse(_("Saved"), content_type="text/plain; charset=utf-8")


def _remember(response: HttpResponse, chosen: dict[str, Any]) -> HttpResponse:
    """Language and theme stay in the browser too, for the pages of whoever is signed out."""
    names = {"language": settings.LANGUAGE_COOKIE_NAME, "theme": "theme"}
    for field, cookie in names.items():
        if chosen.get(field):
            response.set_cookie(
                cookie, chosen[field], YEAR, samesite="Lax", secure=settings.HTTPS, httponly=True
            )
    return response


def _next(request: HttpRequest) -> str:
    """Where the form wants to go back to, if that is a page of ours."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return wanted
    return "/"


@require_POST
def enter_as_guest(request: HttpRequest) -> HttpResponse:
    """Look around as a guest."""
    if not request.user.is_authenticated:
        if not settings.GUESTS:
            raise PermissionDenied
        create_guest(request)
    return redirect(_next(request))


@require_POST
@login_required
def seen_ai_notice(request: UserRequest) -> HttpResponse:
    request.user.saw_ai_notice = timezone.now()
    request.user.save(update_fields=["saw_ai_notice"])
    return HttpResponse() if request.htmx else redirect(_next(request))


@login_required
def keep_chats(request: UserRequest) -> HttpResponse:
    """A guest takes a name and a password; the chats and the session go on."""
    if not request.user.is_guest:
        return redirect("home")
    if settings.SIGN_UP != "open":
        return render(request, "accounts/keep_closed.html", status=403)
    form = NameAndPasswordForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        user = form.save(commit=False)
        user.is_guest = False
        user.save()
        update_session_auth_hash(request, user)
        messages.success(request, _("Kept. From now on you sign in as %s.") % user.username)
        return redirect("home")
    # The form writes into its instance: the page around it still speaks to the guest.
    request.user.refresh_from_db()
    return render(request, "accounts/keep.html", {"form": form}, status=_status(form))


@login_required
def personas(request: UserRequest) -> HttpResponse:
    """Who one is in stories; the form below the list makes another."""
    form = PersonaForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        form.instance.user = request.user
        form.instance.is_current = not request.user.personas.exists()
        persona = form.save()
        messages.success(request, _("%s is here.") % persona.name)
        return redirect("personas")
    context = {"personas": request.user.personas.all(), "form": form}
    return render(request, "accounts/personas.html", context, status=_status(form))


@login_required
def edit_persona(request: UserRequest, pk: int) -> HttpResponse:
    persona = _own_persona(request, pk)
    form = PersonaForm(request.POST or None, request.FILES or None, instance=persona)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved"))
        return redirect("personas")
    context = {"persona": persona, "form": form}
    return render(request, "accounts/persona.html", context, status=_status(form))


@require_POST
@login_required
def wear_persona(request: UserRequest, pk: int) -> HttpResponse:
    _own_persona(request, pk).wear()
    return redirect("personas")


@login_required
def delete_persona(request: UserRequest, pk: int) -> HttpResponse:
    """Asks first, since it cannot be undone. What was said under that name keeps the name."""
    persona = _own_persona(request, pk)
    if request.method == "POST":
        persona.delete()
        another = request.user.personas.first()
        if persona.is_current and another:
            another.wear()
        return redirect("personas")
    return render(request, "accounts/delete_persona.html", {"persona": persona})


def _own_persona(request: UserRequest, pk: int) -> Persona:
    return get_object_or_404(Persona.objects.of(request.user), pk=pk)


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200
