"""Chats go out as files, and come in from files after a look at what is in them."""

import uuid
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from roleplay.conversations.transcript_forms import CastForm, TranscriptForm
from roleplay.conversations.transcripts import BadTranscript, waiting
from roleplay.conversations.transcripts.download import Download
from roleplay.conversations.transcripts.formats import FORMATS
from roleplay.conversations.transcripts.labels import file_name
from roleplay.conversations.transcripts.opening import open_transcripts
from roleplay.conversations.transcripts.planting import plant
from roleplay.conversations.transcripts.remarks import groups
from roleplay.conversations.transcripts.story import Story
from roleplay.conversations.transcripts.values import Transcript
from roleplay.conversations.views import conversation_of
from roleplay.http import UserRequest

FIRST_LINES = 6
STORIES_SHOWN = 20
F = TypeVar("F", bound=Form)
LOOKED_AT = 400  # characters of each of the first lines


@login_required
@require_GET
def export_chat(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    """The formats to choose from."""
    story = conversation_of(request, pk)
    context = {"conversation": story, "character": story.character, "formats": FORMATS.items()}
    return render(request, "conversations/transcript_export.html", context)


@login_required
@require_GET
def transcript(request: UserRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The chat as a file in the format that `as` names; our own JSON where it names none."""
    story = conversation_of(request, pk)
    chosen = FORMATS.get(request.GET.get("as", "json"))
    if chosen is None:
        raise Http404
    parts = chosen.writes(Story(story))
    return Download(request, parts, file_name(story, chosen.ending), chosen.content_type)


@login_required
@require_http_methods(["GET", "POST"])
def import_chats(request: UserRequest) -> HttpResponse:
    """Takes a file and goes on to the look at it; nothing is stored of one that cannot be read."""
    form = _sent(request, TranscriptForm, files=request.FILES)
    if form.is_valid():
        return redirect("check_import", name=waiting.keep(request.user, form.held))
    status = 422 if form.is_bound else 200
    return render(request, "conversations/transcript_import.html", {"form": form}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def check_import(request: UserRequest, name: uuid.UUID) -> HttpResponse:
    """What is in the file that waits; and, on the word, its chats."""
    stories = _waiting_stories(request, name)
    if stories is None:
        words = _("This file is no longer here. Choose it once more.")
        messages.info(request, words)
        return redirect("import_chats")
    form = _sent(request, CastForm, user=request.user, stories=stories)
    if form.is_valid():
        return _come_in(request, name, form, stories)
    context = {"form": form, **_look(stories)}
    status = 422 if form.is_bound else 200
    return render(request, "conversations/transcript_check.html", context, status=status)


def _sent(request: UserRequest, form: type[F], files: Any = None, **about: Any) -> F:
    """The form as it was sent; one that waits to be filled in where it was only looked at."""
    sent = (request.POST, files) if request.method == "POST" else ()
    return form(*sent, **about)


def _waiting_stories(request: UserRequest, name: uuid.UUID) -> list[Transcript] | None:
    data = waiting.kept(request.user, name)
    try:
        return None if data is None else open_transcripts(data)
    except BadTranscript:  # it was readable when it came; this version may be another
        return None


def _come_in(
    request: UserRequest, name: uuid.UUID, form: CastForm, stories: list[Transcript]
) -> HttpResponse:
    if not waiting.let_go(request.user, name):
        return redirect("chats")  # another press of the button has brought it in
    chats = plant(request.user, form.cleaned_data["character"], stories)
    words = ngettext("%d story came in.", "%d stories came in.", len(chats)) % len(chats)
    messages.success(request, words)
    return redirect("chat", pk=chats[0].pk) if len(chats) == 1 else redirect("chats")


def _look(stories: list[Transcript]) -> dict[str, Any]:
    """What the page shows of these."""
    return {
        "stories": stories[:STORIES_SHOWN],
        "more": max(0, len(stories) - STORIES_SHOWN),
        "count": len(stories),
        "lines": sum(len(story.lines) for story in stories),
        "on_path": sum(len(story.path()) for story in stories),
        "story": stories[0],
        "first_lines": [
            {"speaker": line.name, "role": line.role, "text": line.text[:LOOKED_AT]}
            for line in stories[0].path()[:FIRST_LINES]
        ],
        "groups": groups(stories),
    }
