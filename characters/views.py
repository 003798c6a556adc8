"""The gallery and the page of one character."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from characters.models import Character
from characters.reading import about, openings
from characters.shelf import shelf_for, tags_for


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Everyone there is to talk to; asked by htmx, the next cards alone."""
    if request.htmx:  # type: ignore[attr-defined]
        return _answer(request, "characters/_shelf.html", shelf(request))
    hour = timezone.localtime().hour
    context = {**shelf(request), "tags": tags_for(request.user), "hour": hour}
    return _answer(request, "characters/gallery.html", context)


def shelf(request: HttpRequest) -> dict[str, Any]:
    """The cards this request asks for, with the words and the tag it asks by."""
    words, tag = request.GET.get("q", "").strip()[:100], request.GET.get("tag", "")[:60]
    page = shelf_for(request.user, words, tag, request.GET.get("page", "1"))
    return {"shelf": page, "words": words, "tag": tag}


@require_safe
def character(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Who somebody is, and where to begin. Unknown, private and withdrawn ones look the same."""
    found = get_object_or_404(Character.objects.visible_to(request.user), pk=pk)
    context = {
        "character": found,
        "about": about(found),
        "openings": openings(found),
        "may_begin": found.may_be_talked_to_by(request.user),
    }
    return render(request, "characters/character.html", context)


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
