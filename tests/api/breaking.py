"""Addresses whose answers cannot be written, and one that tells where it was written."""

import threading
from functools import partial
from typing import Any

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from roleplay.api.answering import answer_reply, begun
from roleplay.api.dialects import OPENAI, XINGCHEN
from roleplay.api.door import Call, answer
from roleplay.api.route import Route
from roleplay.providers.base import CharacterSheet, PersonaSheet, Prompt, Turn

PROMPT = Prompt(CharacterSheet("Mei"), PersonaSheet("Lin"), turns=(Turn("user", "Hello."),))


class Breaking:
    """Finds no words."""

    repeats = False

    def frame(self, reply: Any) -> str:
        raise RuntimeError("no words")

    def last(self, reply: Any) -> list[str]:
        return []

    def whole(self, replies: Any) -> Any:
        raise RuntimeError("no words")


class Telling(Breaking):
    """Says in which kind of thread it was asked."""

    def whole(self, replies: Any) -> Any:
        return threading.current_thread().name.partition("_")[0]


def _view(writing: Any, call: Call) -> Any:
    return answer_reply(call, begun(call, PROMPT), writing)


def _path(name: str, writing: Any, **more: Any) -> Any:
    view = partial(_view, writing)
    route = Route(name, view, scope="chat", service="", summary="", **more)
    return path(name, csrf_exempt(partial(answer, route=route)))


urlpatterns = [
    _path("breaking", Breaking(), stream="header", dialect=XINGCHEN),
    _path("v1/breaking", Breaking(), stream="body", dialect=OPENAI),
    _path("telling", Telling()),
]
