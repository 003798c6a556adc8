"""Serves pictures to those who may see them, and lets no file be anything but a picture."""

from pathlib import PurePosixPath

from django.core.files.storage import default_storage
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from characters.models import Character
from roleplay.accounts.models import Persona

# The type is fixed by us, never guessed from what is inside.
TYPES = {".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif"}
YEAR = 365 * 24 * 60 * 60


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponse:
    """One picture. Names are never used twice, so whoever has it need not ask again."""
    kind = TYPES.get(PurePosixPath(path).suffix)
    visibility = _visibility(request, path)
    if kind is None or visibility is None:
        raise Http404
    response = HttpResponse(_read(path), content_type=kind)
    response["Cache-Control"] = f"{visibility}, max-age={YEAR}, immutable"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _visibility(request: HttpRequest, path: str) -> str | None:
    """Whether everyone may keep this picture or only this browser; None: it is not to be seen."""
    shown = Character.objects.filter(Q(avatar=path) | Q(cover=path))
    if shown.filter(visibility__in=["public", "unlisted"]).exists():
        return "public"
    user = request.user
    if not user.is_authenticated:
        return None
    mine = shown.filter(Q(owner=user) | Q(conversations__user=user)).exists()
    mine = mine or Persona.objects.of(user).filter(avatar=path).exists()
    return "private" if mine or (user.is_staff and shown.exists()) else None


def _read(path: str) -> bytes:
    try:
        with default_storage.open(path) as file:
            return bytes(file.read())
    except FileNotFoundError:
        raise Http404 from None
