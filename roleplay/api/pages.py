"""What programmers read: the document for their programs."""

import hashlib
import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import etag, require_safe

from roleplay.api.openapi import document

KEPT_SECONDS = 300


def _described(request: HttpRequest) -> dict[str, Any]:
    return {**document(), "servers": [{"url": base_address(request)}]}


def _mark(request: HttpRequest) -> str:
    """Another one for each text of the document."""
    text = json.dumps(_described(request))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


@require_safe
@cache_control(public=True, max_age=KEPT_SECONDS)
@etag(_mark)
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document of this very site, open to everyone."""
    return JsonResponse(_described(request), json_dumps_params={"ensure_ascii": False})


def base_address(request: HttpRequest) -> str:
    """Where this site is, as its caller sees it; without a slash at the end."""
    return request.build_absolute_uri("/").rstrip("/")
