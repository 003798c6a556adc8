"""Where all hands meet: a person's act becomes messages, a prompt, and a reply that runs.

Each act writes everything in one short transaction before a model is called. A send key makes a
retry harmless: the same key gives the same reply. `head` is the message the person's page ended
with; if the story has gone on elsewhere meanwhile, nothing is written and StaleHead is raised.
"""

import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from characters.models import Character
from roleplay import wiring
from roleplay.accounts import quota
from roleplay.accounts.models import ApiKey, Persona, User
from roleplay.connections.models import Connection
from roleplay.conversations.keeping import OWNER, new_lease
from roleplay.conversations.models import Conversation, Generation, Message, unanswered
from roleplay.conversations.stored_events import StoredReader
from roleplay.prompting.budget import PromptBudget
from roleplay.prompting.build import YOU, build_prompt, persona_sheet
from roleplay.prompting.extras import NOTHING, Extras
from roleplay.prompting.placeholders import fill_placeholders
from roleplay.providers.base import Prompt, Provider
from roleplay.providers.retrying import with_retries
from roleplay.streaming.events import EventReader
from roleplay.streaming.reply import Ending
from roleplay.streaming.runner import Draining, Full, Place


class StaleHead(Exception):
    """The story went on elsewhere; `newer` holds what this page has not seen."""

    def __init__(self, newer: list[Message]) -> None:
        super().__init__(f"{len(newer)} newer messages")
        self.newer = newer


class Busy(Exception):
    """A reply is being written in this conversation; the next one waits for its end."""


class SendKeyReused(Exception):
    """This key was used for something else: a fault of the page, and nothing is stored."""


class CharacterGone(Exception):
    """The character was taken away: the story stays, and nobody answers in it."""


class NotPossible(Exception):
    """This message cannot be answered, continued or written again."""


MOST_CALLS = 200  # of one message, with its results
LONGEST_NAME = 60  # of a mask, in the column beside the words; programs may use longer ones

# What may only mean that the same press came twice: then its own reply is the answer.
IN_THE_WAY = (IntegrityError, StaleHead, quota.QuotaExceeded, Full, Draining)


@dataclass(frozen=True, slots=True)
class Act:
    """One press of a button: its key, and the head its page showed (None: not said).

    `api_key` where it was a program that pressed, and `extras` what it adds to this turn.
    """

    send_key: str
    head: int | None = None
    api_key: ApiKey | None = None
    extras: Extras = NOTHING


def start_story(
    user: User,
    character: Character,
    greeting: int = 0,
    persona: Persona | None = None,
    **dialogue: Any,
) -> Conversation:
    """A new conversation: the scene at its root, and every greeting as an alternate of the first.

    `dialogue`: `biz_user`, `character_version` and `called` (what whoever speaks is called) of one
    that a program holds.
    """
    persona = persona or (None if "biz_user" in dialogue else user.current_persona)
    called = dialogue.pop("called", "") or (
        persona.name if persona else YOU.get(character.language, "you")
    )

    def filled(text: str) -> str:
        return fill_placeholders(text, called, character.name)

    with transaction.atomic():
        story = Conversation.objects.create(
            user=user, character=character, persona=persona, used=timezone.now(), **dialogue
        )
        scene = story.messages.create(role="system", text=filled(character.scenario))
        greetings = [
            story.messages.create(role="assistant", parent=scene, text=filled(text))
            for text in character.greetings
        ]
        chosen = greetings[greeting] if 0 <= greeting < len(greetings) else None
        story.head = chosen or (greetings[0] if greetings else scene)
        story.save(update_fields=["head"])
    return story


def start_reply(story: Conversation, text: str, act: Act) -> Generation:
    """Store what the person wrote and let the character answer."""
    persona = act.extras.persona or story.persona
    name = persona.name[:LONGEST_NAME] if persona else ""
    generation = _ask(story, act, Message(role="user", text=text, persona_name=name))
    asked = generation.written.parent
    if asked is None or asked.text != text:
        raise SendKeyReused
    return generation


def answer_once(user: User, prompt: Prompt, api_key: ApiKey | None = None) -> Generation:
    """Let the site's engine answer this prompt outside of any chat: no words of it are kept.

    Raises QuotaExceeded, Full or Draining, as an answer in a chat does.
    """
    connection = Connection.objects.chosen()
    provider = wiring.engine_for(connection)
    check_limits(user)
    body = provider.body(prompt)
    with ExitStack() as held:
        with transaction.atomic():
            generation = Generation.objects.create(
                user=user,
                api_key=api_key,
                connection=connection,
                send_key=uuid.uuid4().hex,
                provider=provider.name,
                model=provider.model,
                owner=OWNER,
                lease_until=new_lease(),
            )
            quota.reserve(user, generation.created)
            place = held.enter_context(wiring.runner().place(str(user.pk)))
        _launch(place, generation, provider, prompt, body)
    return generation


def answer_tool(message: Message, call_id: str, text: str, act: Act) -> Generation | None:
    """Store a tool's result for a call of this message.

    Once every call has its result the character goes on; until then there is None.
    """
    story = message.conversation
    if earlier := _earlier(story, act):
        return earlier
    open_calls = unanswered(message, story.thread(last=MOST_CALLS))
    if call_id not in open_calls:
        raise NotPossible
    result = Message(role="tool", text=text, tool_call_id=call_id)
    if open_calls == {call_id}:
        return _ask(story, act, result)
    with transaction.atomic():
        result.conversation, result.parent_id = story, story.head_id
        result.save()
        if not _move_head(story, act.head, result):
            raise StaleHead(_newer(story, act.head))
    return None


def regenerate(message: Message, act: Act) -> Generation:
    """Another version of this reply. What it said stays as an alternate; an empty one is reused."""
    story = message.conversation
    if earlier := _earlier(story, act):
        return earlier
    asked = message.parent
    if message.role != "assistant" or asked is None or asked.role not in ("user", "tool"):
        raise NotPossible
    empty = not message.text and not message.tool_calls
    return _ask(story, act, answering=asked, into=message if empty else None)


def continue_reply(message: Message, act: Act) -> Generation:
    """Let the character go on from the end of this reply."""
    story = message.conversation
    if earlier := _earlier(story, act):
        return earlier
    if message.role != "assistant" or not message.text or message.pk != story.head_id:
        raise NotPossible
    assert message.parent is not None
    return _ask(story, act, answering=message.parent, into=message)


def stop_reply(generation: Generation) -> bool:
    """End this reply with what it has; False if it was not running here."""
    return wiring.runner().stop(str(generation.key))


def stop_revoked() -> int:
    """End replies whose API key opens nothing any more; how many there were."""
    asked = Generation.objects.running().filter(owner=OWNER, api_key__isnull=False)
    ended = asked.exclude(api_key__in=ApiKey.objects.live())
    keys = list(ended.values_list("key", flat=True))
    return sum(wiring.runner().stop(str(key), kind="revoked") for key in keys)


def listen(generation: Generation, after: int | None) -> EventReader:
    """The reply's events after this number, from the log or, where it is gone, from the store."""
    key = str(generation.key)
    return wiring.events().reader(key, after) or StoredReader(generation, after)


def select_swipe(message: Message, act: Act) -> Message:
    """Make this alternate the one that is read; the new head is the newest message below it."""
    story = message.conversation
    below = Message.objects.newest_below(message)
    if not _move_head(story, act.head, below):
        raise StaleHead(_newer(story, act.head))
    return below


def remind(story: Conversation, text: str) -> Message:
    """Put a note for the character into the story, below its head. Raises Busy while one is written."""
    if story.running:
        raise Busy
    with transaction.atomic():
        note = Message(conversation=story, parent_id=story.head_id, role="system", text=text)
        note.save()
        if not _move_head(story, story.head_id, note):
            raise StaleHead(_newer(story, None))
    return note


def end_dialogue(story: Conversation) -> None:
    """A program's dialogue is over: what runs is stopped, and the next words begin a new one."""
    if running := story.running:
        stop_reply(running)
    Conversation.objects.filter(pk=story.pk, reset=None).update(reset=timezone.now())


def default_connection(story: Conversation) -> Connection | None:
    """What answers in this conversation: its own connection, else the site's, else the demo."""
    return story.connection or Connection.objects.chosen()


def _earlier(story: Conversation, act: Act) -> Generation | None:
    found = story.generations.filter(send_key=act.send_key)
    return found.select_related("message__parent", "conversation").first()


def _ask(
    story: Conversation,
    act: Act,
    said: Message | None = None,
    answering: Message | None = None,
    into: Message | None = None,
) -> Generation:
    """Write `said` below the head (or answer an older message again), then let the reply run.

    `into`: the reply that is written on; without it a new, empty one is made. A key that was used
    before gives its own reply; that is only looked up when something is in the way.
    """
    if story.character.removed:
        raise CharacterGone
    connection = default_connection(story)
    provider = wiring.engine_for(connection)
    try:
        check_limits(story.user)
        with ExitStack() as held:
            with transaction.atomic():
                asked = said or answering
                generation, prompt = _write(story, act, asked, into, connection, provider)
                # Held last: whoever loses against another press of the chat takes nobody's place.
                place = held.enter_context(wiring.runner().place(str(story.user_id)))
            text = generation.written.text
            _launch(place, generation, provider, prompt, generation.prompt, text)
    except IN_THE_WAY as error:
        if earlier := _earlier(story, act):
            return earlier
        raise Busy if isinstance(error, IntegrityError) else error from None
    return generation


def check_limits(user: User) -> None:
    """Raise QuotaExceeded, Full or Draining if no reply to this person can begin now.

    It holds nothing and writes nothing: whoever is refused here waits for no other writer.
    """
    quota.check(user)
    wiring.runner().check_room(str(user.pk))


def _write(
    story: Conversation,
    act: Act,
    asked: Message | None,
    into: Message | None,
    connection: Connection | None,
    provider: Provider,
) -> tuple[Generation, Prompt]:
    assert asked is not None
    based_on = story.head_id if act.head is None else act.head
    if asked._state.adding:
        # The head is this conversation's own: moving it below proves that it still is.
        asked.conversation, asked.parent_id = story, based_on
        asked.save()
    reply = into or Message(conversation=story, role="assistant", parent=asked)
    if into:
        into.refresh_from_db(fields=["text", "tool_calls"])  # it may have grown since it was read
    else:
        reply.save()
    if not _move_head(story, based_on, reply, draft=""):
        raise StaleHead(_newer(story, act.head))
    prompt = _prompt(story, asked, reply.text, connection, act.extras)
    generation = Generation.objects.create(
        api_key=act.api_key,
        conversation=story,
        message=reply,
        connection=connection,
        send_key=act.send_key,
        provider=provider.name,
        model=provider.model,
        prompt=provider.body(prompt),
        base=len(reply.text),
        owner=OWNER,
        lease_until=new_lease(),
    )
    quota.reserve(story.user, generation.created)
    return generation, prompt


def _prompt(
    story: Conversation,
    last: Message,
    start: str,
    connection: Connection | None,
    extras: Extras,
) -> Prompt:
    told = connection.options.get("context_tokens") if connection else None
    budget = PromptBudget(told) if isinstance(told, int) else PromptBudget()
    scene, thread = Message.objects.said_on_path(story, last.pk, PromptBudget().turns)
    prompt = build_prompt(
        story.character.at_version(story.character_version),
        extras.worn(persona_sheet(story.persona, story.upstream_user)),
        thread,
        scenario=scene,
        start_of_reply=start,
        budget=budget,
    )
    return prompt if extras is NOTHING else extras.added_to(prompt, budget)


def _launch(
    place: Place,
    generation: Generation,
    provider: Provider,
    prompt: Prompt,
    body: Mapping[str, Any],
    base: str = "",
) -> None:
    generation.sent = prompt

    def tell_engine(ending: Ending) -> None:
        receipt = ending.snapshot.receipt
        if ending.status == "stopped" and receipt.request_id:
            shown = ending.snapshot.text[generation.base :]
            wiring.runner().aside(provider.stop(receipt.request_id, shown))

    wiring.runner().start(
        str(generation.key),
        lambda: with_retries(provider, body, prompt),
        person=place.person,
        place=place,
        base=base,
        silence=_seconds(generation.connection),
        on_end=tell_engine,
    )


def _seconds(connection: Connection | None) -> float | None:
    """How long this engine may be silent, where its connection says so."""
    told = connection.options.get("silence_seconds") if connection else None
    return float(told) if isinstance(told, int | float) and told > 0 else None


def _move_head(story: Conversation, based_on: int | None, head: Message, **changes: Any) -> bool:
    changes = {"head": head, "used": timezone.now(), **changes}
    expected = story.head_id if based_on is None else based_on
    moved = Conversation.objects.filter(pk=story.pk, head=expected).update(**changes)
    if moved:
        story.head = head
    return bool(moved)


def _newer(story: Conversation, seen: int | None) -> list[Message]:
    """What stands in the thread after the message a page ended with."""
    fresh = Conversation.objects.get(pk=story.pk)
    thread = fresh.thread(last=50)
    places = [place for place, message in enumerate(thread) if message.pk == seen]
    return thread[places[0] + 1 :] if places else thread
