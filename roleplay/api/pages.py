"""What programmers read: a page for them, and a document for their programs."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from posixpath import commonpath
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import etag, require_safe

from characters.models import Character
from roleplay.accounts.models import SCOPES
from roleplay.api.dialects import OPENAI
from roleplay.api.error_words import MEANINGS, SCOPES_OPEN
from roleplay.api.errors import KEY, ApiError
from roleplay.api.models_door import PREFIX
from roleplay.api.openapi import DOORS, document, error_kinds, is_offered
from roleplay.api.route import Route

KEPT_SECONDS = 300


@cache
def _document() -> tuple[bytes, str]:
    """The document as JSON, and its hash: it is the same for everybody but for its servers."""
    text = json.dumps(document(), ensure_ascii=False).encode()
    return text, hashlib.sha256(text).hexdigest()


def _servers(request: HttpRequest) -> bytes:
    return json.dumps([{"url": base_address(request)}]).encode()


def _mark(request: HttpRequest) -> str:
    """Another one for each text of the document."""
    text = _document()[1].encode() + _servers(request)
    return f'"{hashlib.sha256(text).hexdigest()[:32]}"'


@require_safe
@cache_control(public=True, max_age=KEPT_SECONDS)
@etag(_mark)
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document of this very site, open to everyone."""
    text = b'{"servers": ' + _servers(request) + b", " + _document()[0].removeprefix(b"{")
    return HttpResponse(text, content_type="application/json")


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """How to speak to this site, with examples that work as they stand here."""
    character = _somebody()
    context = {
        "base": base_address(request),
        "character": character,
        "model": PREFIX + character,
        "scopes": SCOPES_OPEN,
        "groups": list(_groups()),
        "errors": [_row(kind) for kind in error_kinds()],
        "replies_per_day": settings.REPLIES_PER_DAY,
        "replies_at_once": settings.REPLIES_AT_ONCE_PER_PERSON,
        "characters_per_person": settings.CHARACTERS_PER_PERSON,
        "keys_per_person": settings.API_KEYS_PER_PERSON,
    }
    return render(request, "developers/reference.html", context)


def base_address(request: HttpRequest) -> str:
    """Where this site is, as its caller sees it; without a slash at the end."""
    return request.build_absolute_uri("/").rstrip("/")


@dataclass(frozen=True)
class Group:
    """Calls that one scope opens; without a scope, what is not offered, one line for a kind."""

    scope: str
    title: str
    calls: list[dict[str, Any]]


def _groups() -> Iterator[Group]:
    every = [(root, route) for root, routes in DOORS.items() for route in routes]
    for scope, title in SCOPES.items():
        calls = [_call(*one) for one in every if one[1].scope == scope and is_offered(one[1])]
        yield Group(scope, str(title), calls)
    missing = [one for one in every if not is_offered(one[1])]
    kinds = groupby(missing, key=lambda one: one[1].summary)
    yield Group("", gettext("Not offered"), [_kind(list(kind)) for _summary, kind in kinds])


def _call(root: str, route: Route) -> dict[str, Any]:
    return {
        "methods": route.methods,
        "address": root + route.path,
        "summary": gettext(route.summary),
        "streams": bool(route.stream) and is_offered(route),
    }


def _kind(alike: list[tuple[str, Route]]) -> dict[str, Any]:
    """Calls of one summary as one: under what they share of their addresses, where they are many."""
    addresses = [root + route.path for root, route in alike]
    told = _call(*alike[0])
    if len(alike) > 1:
        told["address"] = commonpath(addresses) + "/…"
        told["methods"] = list(dict.fromkeys(way for _root, one in alike for way in one.methods))
    return told


def _row(kind: type[ApiError]) -> dict[str, Any]:
    return {
        "code": kind.code,
        "key_parts": (KEY + kind.key).split("."),
        "status": kind.status,
        "openai_status": OPENAI.status(kind()),
        "meaning": MEANINGS[kind],
    }


def _somebody() -> str:
    """A character for the examples to talk to: one that everybody may, if there is one."""
    open_to_all = Character.objects.filter(visibility="public", allows_chat=True, allows_api=True)
    found = open_to_all.order_by("created", "pk").first()
    return str(found.pk) if found else "ID"
