"""What a person does in a chat. Each act finds, checks, calls one function, and answers."""

import functools
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from characters.models import Character
from roleplay.accounts.entry import create_guest
from roleplay.accounts.quota import QuotaExceeded
from roleplay.conversations import replying
from roleplay.conversations.forms import (
    ActForm,
    DraftForm,
    PersonaForm,
    StartForm,
    SwipeForm,
    TitleForm,
    ToolResultForm,
    WordsForm,
    first_error,
)
from roleplay.conversations.models import Conversation, Generation, Message
from roleplay.conversations.pages import ShownMessage, shown
from roleplay.conversations.views import conversation_of, generation_of, message_of
from roleplay.http import UserRequest
from roleplay.streaming.runner import Draining, Full

View = Callable[..., HttpResponse]


def refusals(view: View) -> View:
    """Answers each refusal of an act with its status and one sentence; the page keeps its text."""

    @functools.wraps(view)
    def checked(request: UserRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except replying.StaleHead as stale:
            return _conflict(request, stale)
        except Conversation.DoesNotExist as gone:
            # It was there when the act began; another tab has deleted it since.
            raise Http404 from gone
        except replying.Busy:
            return _refusal(request, 409, _("Wait for this reply to end, or stop it, then send."))
        except replying.CharacterGone:
            words = _("This character was taken away. What you told each other stays yours.")
            return _refusal(request, 409, words)
        except (replying.SendKeyReused, replying.NotPossible):
            return _refusal(
                request, 409, _("This page is too old. Reload it; what you typed is kept.")
            )
        except QuotaExceeded as over:
            return _refusal(request, 429, _quota_words(over))
        except Full as full:
            return _too_many(request, full)
        except Draining:
            words = _("The server is restarting. Your words are kept; send them again in a moment.")
            return _refusal(request, 503, words, retry_after=3)

    return checked


def start_chat(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Begin a story with this character; a stranger becomes a guest where guests are welcome."""
    if request.method != "POST":
        return redirect("character", pk=pk)
    character = get_object_or_404(Character.objects.visible_to(request.user), pk=pk)
    form = StartForm(request.POST)
    if not form.is_valid() or not character.may_be_talked_to_by(request.user):
        return redirect("character", pk=pk)
    if begun := _begun_before(request, form):
        return redirect("chat", pk=begun.conversation_id)
    if not request.user.is_authenticated:
        if not settings.GUESTS:
            return redirect_to_login(reverse("character", args=[character.pk]))
        create_guest(request)
    story = replying.start_story(request.user, character, form.cleaned_data["greeting"])  # type: ignore[arg-type]
    if form.cleaned_data["text"].strip():
        act = replying.Act(form.cleaned_data["send_key"] or uuid.uuid4().hex)
        _say_first_words(story, form.cleaned_data["text"], act)
    return redirect("chat", pk=story.pk)


def _begun_before(request: HttpRequest, form: StartForm) -> Generation | None:
    """The reply to the same words of the same press: a form that was posted twice tells one story."""
    key, text = form.cleaned_data["send_key"], form.cleaned_data["text"]
    if not key or not request.user.is_authenticated:
        return None
    pressed = Generation.objects.of(request.user).filter(send_key=key)
    return pressed.filter(message__parent__text=text).first()


def _say_first_words(story: Conversation, text: str, act: replying.Act) -> None:
    """Send them; where that is refused, or they are too many, they wait in the composer."""
    try:
        if len(text) <= settings.MESSAGE_MAX_CHARS:
            replying.start_reply(story, text, act)
            return
    except (QuotaExceeded, Full, Draining):
        pass
    Conversation.objects.filter(pk=story.pk).update(draft=text)


@login_required
@require_POST
@refusals
def create_message(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    story = conversation_of(request, pk)
    form = WordsForm(request.POST)
    if not form.is_valid():
        return _refusal(request, 422, first_error(form))
    generation = replying.start_reply(story, form.cleaned_data["text"], form.act)
    return _exchange(request, story, generation)


@login_required
@require_POST
@refusals
def answer_tool(request: UserRequest, pk: int) -> HttpResponse:
    message = message_of(request, pk)
    form = ToolResultForm(request.POST)
    if not form.is_valid():
        return _refusal(request, 422, first_error(form))
    words = form.cleaned_data
    generation = replying.answer_tool(message, words["call_id"], words["text"], form.act)
    if generation is None:  # another call waits for its result
        return HttpResponse(headers={"HX-Refresh": "true"})
    return _exchange(request, message.conversation, generation)


@login_required
@require_POST
@refusals
def regenerate(request: UserRequest, pk: int) -> HttpResponse:
    return _write_again(request, pk, replying.regenerate)


@login_required
@require_POST
@refusals
def continue_reply(request: UserRequest, pk: int) -> HttpResponse:
    return _write_again(request, pk, replying.continue_reply)


@login_required
@require_POST
@refusals
def select_swipe(request: UserRequest, pk: int) -> HttpResponse:
    message = message_of(request, pk)
    form = SwipeForm(request.POST)
    if not form.is_valid():
        return _refusal(request, 422, first_error(form))
    below = replying.select_swipe(message, form.act)
    if below.pk != message.pk:
        # The story goes on differently below this version: the whole page changes.
        return HttpResponse(headers={"HX-Refresh": "true"})
    return _message(request, message)


@login_required
@require_POST
def stop_reply(request: UserRequest, key: uuid.UUID) -> HttpResponse:
    replying.stop_reply(generation_of(request, key))
    return HttpResponse(status=204)


@login_required
@require_POST
def save_draft(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    story = conversation_of(request, pk)
    form = DraftForm(request.POST)
    if not form.is_valid():
        return _refusal(request, 422, first_error(form))
    Conversation.objects.filter(pk=story.pk).update(draft=form.cleaned_data["text"])
    return HttpResponse(status=204)


@login_required
@require_POST
def choose_persona(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    story = conversation_of(request, pk)
    form = PersonaForm(request.POST, personas=request.user.personas.all())
    if not form.is_valid():
        raise Http404
    story.persona = form.cleaned_data["persona"]
    story.save(update_fields=["persona"])
    return _chat_again(request, pk)


@login_required
@require_POST
def rename_chat(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    story = conversation_of(request, pk)
    form = TitleForm(request.POST)
    if not form.is_valid():
        return _refusal(request, 422, first_error(form))
    story.title = form.cleaned_data["title"]
    story.save(update_fields=["title"])
    return _chat_again(request, pk)


@login_required
@require_POST
def delete_chat(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    story = conversation_of(request, pk)
    # What is to be deleted is looked up first: nothing may be written between that and the deed.
    with transaction.atomic():
        if running := story.running:
            replying.stop_reply(running)
        story.delete()
    return (
        HttpResponse(headers={"HX-Redirect": reverse("chats")})
        if request.htmx
        else redirect("chats")
    )


def _chat_again(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    """The whole chat page anew: something that stands in many places of it has changed."""
    return HttpResponse(headers={"HX-Refresh": "true"}) if request.htmx else redirect("chat", pk=pk)


def _write_again(
    request: UserRequest, pk: int, act: Callable[[Message, replying.Act], Generation]
) -> HttpResponse:
    message = message_of(request, pk)
    form = ActForm(request.POST)
    if not form.is_valid():
        return _refusal(request, 422, first_error(form))
    return _message(request, act(message, form.act).written)


def _wants_page(request: UserRequest) -> bool:
    """Whether a browser without our scripts sent the form: it would show a part as a whole page."""
    return "text/html" in request.headers.get("Accept", "")


def _message(request: UserRequest, message: Message) -> HttpResponse:
    if _wants_page(request):
        return redirect("chat", pk=message.conversation_id)
    story = message.conversation
    story.refresh_from_db(fields=["head"])
    (one,) = shown([message], story.head_id)
    context = {"message": one, "conversation": story, "character": story.character}
    return render(request, "conversations/_message.html", context)


def _exchange(request: UserRequest, story: Conversation, generation: Generation) -> HttpResponse:
    """What was written and the reply that begins, which nobody has written versions of yet."""
    if _wants_page(request):
        return redirect("chat", pk=story.pk)
    answer = generation.written
    assert answer.parent is not None
    said = ShownMessage(answer.parent, None, None, False)
    begun = ShownMessage(answer, generation, None, answer.pk == story.head_id)
    context = {
        "conversation": story,
        "character": story.character,
        "message": said,
        "reply": begun,
        "head": story.head_id,
    }
    return render(request, "conversations/_exchange.html", context)


def _conflict(request: UserRequest, stale: replying.StaleHead) -> HttpResponse:
    if _wants_page(request):
        words = _("This chat went on elsewhere meanwhile. Read what is new, then send.")
        return _refused_page(request, 409, words)
    story = stale.newer[0].conversation if stale.newer else None
    context = {
        "conversation": story,
        "character": story.character if story else None,
        "messages": shown(stale.newer, story.head_id if story else None),
        "head": story.head_id if story else None,
    }
    return render(request, "conversations/_conflict.html", context, status=409)


def _too_many(request: UserRequest, full: Full) -> HttpResponse:
    if full.personal:
        words = _("Too many of your replies are being written at once. Let one end, then send.")
        return _refusal(request, 429, words, retry_after=5)
    words = _("Everyone is talking at once just now. Your words are kept; try again shortly.")
    return _refusal(request, 503, words, retry_after=10)


def _quota_words(over: QuotaExceeded) -> str:
    return _(
        "You've used today's %(limit)s replies. More after midnight; your draft stays here."
    ) % {"limit": over.limit}


def _refusal(
    request: UserRequest, status: int, words: Any, retry_after: int | None = None
) -> HttpResponse:
    if _wants_page(request):
        answer = _refused_page(request, status, words)
    else:
        part = "conversations/_composer_error.html"
        answer = render(request, part, {"words": words}, status=status)
    if retry_after:
        answer["Retry-After"] = str(retry_after)
    return answer


def _refused_page(request: UserRequest, status: int, words: Any) -> HttpResponse:
    """The refusal as a page of its own; what was written stands on it, to be taken along."""
    assert request.resolver_match
    pk = request.resolver_match.kwargs["pk"]
    story = pk if isinstance(pk, uuid.UUID) else message_of(request, pk).conversation_id
    context = {"words": words, "written": request.POST.get("text", ""), "story": story}
    return render(request, "conversations/refused.html", context, status=status)
