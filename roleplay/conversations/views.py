"""The pages of a chat. Everything here reads; nothing is started or changed by looking."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from roleplay.conversations import replying
from roleplay.conversations.models import (
    Conversation,
    ConversationQuerySet,
    Generation,
    Message,
)
from roleplay.conversations.pages import ShownMessage, shown
from roleplay.http import EventStreamResponse, UserRequest
from roleplay.searching.around import BESIDE, Around, around

MESSAGES_SHOWN = 30
CHATS_SHOWN = 50
PROGRAM_CHATS_SHOWN = 200
FURTHEST = 100  # messages below one that is looked at, for its chat to be shown to its end
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@login_required
@require_GET
def chats(request: UserRequest) -> HttpResponse:
    """A person's chats, last used first; asked by htmx, the next rows alone."""
    rows = Conversation.objects.of(request.user).in_browser().for_list()
    if place := request.GET.get("below"):
        rows = rows.below(*_read_place(place))
    template = "conversations/_chat_rows.html" if request.htmx else "conversations/chats.html"
    answer = render(request, template, rows_shown(rows))
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@login_required
@require_GET
def program_chats(request: UserRequest) -> HttpResponse:
    """What the person's programs keep here, the last used of it: to read, and to delete."""
    rows = Conversation.objects.of(request.user).by_programs()
    context = {"chats": list(rows.for_list()[:PROGRAM_CHATS_SHOWN]), "count": rows.count()}
    return render(request, "conversations/programs.html", context)


def rows_shown(rows: ConversationQuerySet) -> dict[str, Any]:
    """The first of these chats, and where the next ones begin."""
    found = list(rows[: CHATS_SHOWN + 1])
    more = len(found) > CHATS_SHOWN
    shown_rows = found[:CHATS_SHOWN]
    return {"chats": shown_rows, "below": _place(shown_rows[-1]) if more else ""}


@login_required
@require_GET
def chat(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    """A chat at its end; with `at`, at this message, which may be part of another version."""
    story = conversation_of(request, pk)
    beside = _beside(request, story)
    if beside and (not beside.in_story or beside.below > FURTHEST):
        return _reading(request, story, beside)
    thread, has_earlier = _window(story, last=beside.below + BESIDE if beside else 0)
    connection = replying.default_connection(story)
    written = any(message.role == "user" for message in thread)
    context = {
        "conversation": story,
        "character": story.character,
        "persona": story.persona,
        "personas": request.user.personas.all(),
        "messages": thread,
        "has_earlier": has_earlier,
        "frontispiece": not has_earlier,
        "running": story.running,
        "demo": connection is None or connection.kind == "demo",
        "send_key": uuid.uuid4().hex,
        "head": story.head_id,
        "starters": [] if written else story.character.starters,
    }
    return render(request, "conversations/chat.html", context)


@login_required
@require_GET
def earlier(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    story = conversation_of(request, pk)
    try:
        before = int(request.GET.get("before", ""))
    except ValueError as error:
        raise Http404 from error
    thread, has_earlier = _window(story, before)
    context = {
        "conversation": story,
        "character": story.character,
        "messages": thread,
        "has_earlier": has_earlier,
    }
    return render(request, "conversations/_earlier.html", context)


@login_required
@require_GET
def sent(request: UserRequest, pk: int) -> HttpResponse:
    """What was sent to the model for this message, exactly."""
    message = message_of(request, pk)
    attempt = message.generation
    if attempt is None:
        raise Http404
    context = {"message": message, "generation": attempt, "conversation": message.conversation}
    return render(request, "conversations/sent.html", context)


@login_required
@require_GET
def reply(request: UserRequest, key: uuid.UUID) -> HttpResponse:
    """The reply as it stands, as one partial."""
    found = generation_of(request, key)
    story = found.written.conversation
    (message,) = shown([found.written], story.head_id)
    context = {"message": message, "conversation": story, "character": story.character}
    return render(request, "conversations/_message.html", context)


@require_GET
def reply_events(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """The events of a reply after the number in Last-Event-ID, or in `after`, or from its start."""
    found = _readable(request.user, key)
    if found is None:
        raise Http404
    reader = replying.listen(found, _last_number(request))
    return EventStreamResponse(request, reader, lambda: _still_readable(request, key))


def _readable(user: Any, key: uuid.UUID) -> Generation | None:
    """The generation, if it is this person's own."""
    if not user.is_authenticated:
        return None
    return Generation.objects.of(user).only("key", "status", "last_number").filter(key=key).first()


def _still_readable(request: HttpRequest, key: uuid.UUID) -> bool:
    # The session is read anew: it may have ended while the stream was open.
    request.session = type(request.session)(request.session.session_key)
    return _readable(get_user(request), key) is not None


def _last_number(request: HttpRequest) -> int | None:
    """The number of the last event that was seen; None where what we are told is no number."""
    told = request.headers.get("Last-Event-ID") or request.GET.get("after", "0")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def conversation_of(request: UserRequest, pk: uuid.UUID) -> Conversation:
    stories = Conversation.objects.of(request.user)
    story = get_object_or_404(stories.select_related("character", "persona", "connection"), pk=pk)
    story.user = request.user
    return story


def message_of(request: UserRequest, pk: int) -> Message:
    messages = Message.objects.of(request.user).select_related(
        "parent",
        "conversation__character",
        "conversation__persona",
        "conversation__connection",
        "conversation__user",
    )
    return get_object_or_404(messages, pk=pk)


def generation_of(request: UserRequest, key: uuid.UUID) -> Generation:
    found = Generation.objects.of(request.user).select_related(
        "message__conversation__character", "connection"
    )
    return get_object_or_404(found, key=key)


def _place(story: Conversation) -> str:
    """Where this chat stands in the list, as an address can say it: microseconds and its id."""
    return f"{(story.used - EPOCH) // timedelta(microseconds=1)}-{story.pk.hex}"


def _read_place(words: str) -> tuple[datetime, uuid.UUID]:
    try:
        moment, pk = words.split("-")
        return EPOCH + timedelta(microseconds=int(moment)), uuid.UUID(pk)
    except (ValueError, OverflowError) as error:
        raise Http404 from error


def _window(
    story: Conversation, before: int | None = None, last: int = 0
) -> tuple[list[ShownMessage], bool]:
    """The last messages of the thread (before one of them), and whether there are more above."""
    count = max(last, MESSAGES_SHOWN)
    thread = story.thread(last=count + 1, before=before)
    has_earlier = len(thread) > count
    return shown(thread[-count:], story.head_id), has_earlier


def _beside(request: UserRequest, story: Conversation) -> Around | None:
    """The messages beside the one that `at` names; one of another chat is not there."""
    if not (told := request.GET.get("at")):
        return None
    if not (told.isascii() and told.isdigit() and len(told) < 19):
        raise Http404
    return around(story, get_object_or_404(story.messages.exclude(parent=None), pk=int(told)))


def _reading(request: UserRequest, story: Conversation, beside: Around) -> HttpResponse:
    """A part of a story to be read, without the composer: it does not reach the story's end."""
    context = {
        "conversation": story,
        "character": story.character,
        "messages": shown(beside.messages, None),
        "beside": beside,
    }
    return render(request, "conversations/search_reading.html", context)
