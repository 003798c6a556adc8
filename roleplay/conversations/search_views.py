"""The search over one's own chats: a page without scripts, and its results alone for htmx."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from roleplay.conversations.models import Conversation
from roleplay.conversations.views import conversation_of, rows_shown
from roleplay.http import UserRequest
from roleplay.searching.finding import find, find_in
from roleplay.searching.query import LONGEST, read_query

HITS_SHOWN = 30  # of one chat, on a page of its own


@login_required
@require_GET
def search(request: UserRequest) -> HttpResponse:
    """What `q` finds in this person's chats, or in one `chat`; older than the message `before`."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    if not words:
        rows = Conversation.objects.of(request.user).in_browser().for_list()
        return _answer(request, "conversations/_chat_list.html", rows_shown(rows))
    if chat := request.GET.get("chat"):
        found = find_in(_chat(request, chat), words, HITS_SHOWN, _before(request))
    else:
        found = find(request.user, words, _before(request))
    context = {
        "words": words,
        "found": found,
        "chat": chat or "",
        "older": "before" in request.GET,
        "asked": bool(read_query(words)),
    }
    return _answer(request, "conversations/_search_results.html", context)


def _answer(request: UserRequest, part: str, context: dict[str, Any]) -> HttpResponse:
    template = part if request.htmx else "conversations/search.html"
    answer = render(request, template, {**context, "part": part})
    if request.htmx and not context.get("words"):
        answer["HX-Replace-Url"] = reverse("chats")
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _chat(request: UserRequest, told: str) -> Conversation:
    try:
        return conversation_of(request, uuid.UUID(told))
    except ValueError as error:
        raise Http404 from error


def _before(request: UserRequest) -> int | None:
    told = request.GET.get("before")
    if told is None:
        return None
    if not (told.isascii() and told.isdigit() and len(told) < 19):
        raise Http404
    return int(told)
