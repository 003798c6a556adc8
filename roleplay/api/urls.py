"""The addresses: a doubled slash in front and one at the end are forgiven, and nothing redirects."""

import re
import uuid
from collections.abc import Iterator, Sequence
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt

from roleplay.api.dialects import OPENAI, XINGCHEN, NoPath, error_answer
from roleplay.api.door import answer
from roleplay.api.errors import NotFound
from roleplay.api.models_door import ROUTES as MODEL_ROUTES
from roleplay.api.route import Route
from roleplay.api.routes import ROUTES

# A host with a slash at its end doubles the first one.
LEAD = "^(?:/+)?"
STEP = re.compile(r"\{(\w+)\}")


def nowhere(request: HttpRequest) -> HttpResponse:
    """Nothing of this name is offered."""
    return error_answer(XINGCHEN, NotFound("there is no such path"), uuid.uuid4().hex)


def nowhere_here(request: HttpRequest) -> HttpResponse:
    """Nor of this one at the other door."""
    return error_answer(OPENAI, NoPath(), uuid.uuid4().hex)


def no_model(request: HttpRequest, name: str) -> HttpResponse:
    """Characters have an address of their own; whatever else is asked for is no model of ours."""
    error = NotFound(f"there is no model {name[:80]!r}; /v1/models lists them")
    return error_answer(OPENAI, error, uuid.uuid4().hex)


def _pattern(root: str, path: str) -> str:
    steps = STEP.sub(r"(?P<\1>[^/]+)", path)
    return LEAD + f"{root}/{steps}".replace("/", "/+") + "/*$"


def _paths(root: str, routes: Sequence[Route]) -> Iterator[URLPattern]:
    # A program has a key and no cookie: there is nothing that another site could make a browser send.
    for route in routes:
        view = csrf_exempt(partial(answer, route=route))
        yield re_path(_pattern(root, route.path), view, name=f"{root}/{route.path}")


urlpatterns = [
    *_paths("v2/api", ROUTES),
    re_path(f"{LEAD}v2/+api(?:/.*)?$", csrf_exempt(nowhere), name="v2/api"),
    # The old version of the vendor's API, whose SDKs still have it: the same, with flat bodies.
    *_paths("v1/api", ROUTES),
    re_path(f"{LEAD}v1/+api(?:/.*)?$", csrf_exempt(nowhere), name="v1/api"),
    *_paths("v1", MODEL_ROUTES),
    re_path(f"{LEAD}v1/+models/+(?P<name>.+?)/*$", csrf_exempt(no_model)),
    re_path(f"{LEAD}v1(?:/.*)?$", csrf_exempt(nowhere_here), name="v1"),
]
