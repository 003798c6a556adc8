"""The dialogues that characters of this site hold with callers' users: found, begun, gone on with."""

import uuid
from collections.abc import Sequence
from itertools import takewhile

from django.db import IntegrityError

from characters.models import Character, CharacterVersion
from roleplay.api.door import Call
from roleplay.api.errors import ApiClosed, ChatClosed, InvalidParam, NotFound
from roleplay.api.shapes.chat import ChatContext, ChatMessage, UserProfile
from roleplay.conversations import replying
from roleplay.conversations.models import Conversation, Generation, Message, unanswered


def character_of(call: Call, character_id: str) -> Character:
    """The character of this id that the key's owner may talk to.

    Raises NotFound, ChatClosed or ApiClosed.
    """
    try:
        pk = uuid.UUID(character_id)
    except ValueError:
        raise NotFound("there is no such character") from None
    found = Character.objects.visible_to(call.user).filter(pk=pk).first()
    if found is None:
        raise NotFound("there is no such character")
    if not found.may_be_talked_to_by(call.user):
        raise ChatClosed("its owner lets nobody else talk to this character")
    if not (found.allows_api or found.owner_id == call.user.pk):
        raise ApiClosed("its owner lets no programs of others use this character")
    return found


def dialogue_of(call: Call, character: Character, biz_user: str) -> Conversation | None:
    """The dialogue that this character holds with the caller's user now."""
    stories = Conversation.objects.of(call.user).select_related(
        "character", "persona", "connection"
    )
    story = stories.filter(character=character, biz_user=biz_user, reset=None).first()
    if story:
        story.user = call.user
    return story


def begun_dialogue(
    call: Call, character: Character, profile: UserProfile, version: int | None = None
) -> Conversation:
    """The dialogue with this user; a new one where there is none.

    It goes on in this version; None leaves it as it is held. Raises Busy rather than change it while
    an answer is being written.
    """
    kept = None if version == character.version else version
    story = dialogue_of(call, character, profile.user_id)
    if story is None:
        try:
            return replying.start_story(
                call.user,
                character,
                biz_user=profile.user_id,
                character_version=kept,
                called=profile.user_name.strip(),
            )
        except IntegrityError:
            # Two first words at once: the other one began it.
            story = dialogue_of(call, character, profile.user_id)
            if story is None:
                raise
    if version is not None:
        hold(story, kept)
    return story


def hold(story: Conversation, version: int | None) -> None:
    """The dialogue goes on in this version; None is the current one. Raises Busy."""
    if story.character_version != version:
        if story.running:
            raise replying.Busy  # what is refused changes nothing
        story.character_version = version
        story.save(update_fields=["character_version"])


def message_in(story: Conversation, message_id: str, *roles: str) -> Message:
    """The message of this id in a dialogue, of one of these roles. Raises NotFound."""
    try:
        key = uuid.UUID(message_id)
    except ValueError:
        raise NotFound(f"there is no message {message_id[:40]!r}") from None
    found = story.messages.filter(key=key, role__in=roles).select_related("parent").first()
    if found is None:
        raise NotFound(f"there is no message {message_id[:40]!r}")
    found.conversation = story
    return found


def at_version(call: Call, character: Character, version: int | None) -> Character:
    """The character as it is in this version; others than its owner get the current one.

    0 is the current one, as in `character/*`. Raises NotFound.
    """
    if character.owner_id != call.user.pk:
        return character
    try:
        return character.at_version(version or None)
    except CharacterVersion.DoesNotExist:
        raise NotFound(f"this character has no version {version}") from None


def there(call: Call, character: Character, profile: UserProfile) -> Conversation:
    """The dialogue that is there. Raises NotFound."""
    story = dialogue_of(call, character, profile.user_id)
    if story is None:
        raise NotFound("there is no dialogue with this user")
    return story


def again(
    story: Conversation, context: ChatContext, held: Character, act: replying.Act
) -> Generation:
    """Another answer to the question, or to the tools' results, that the call names."""
    if not context.query_id:
        raise InvalidParam("input.aca.context.queryId is needed to regenerate")
    question = message_in(story, context.query_id, "user", "tool")
    answer = question.children.filter(role="assistant").select_related("parent").last()
    if answer is None:
        raise NotFound("this question has no answer yet")
    answer.conversation = story
    hold(story, _kept(story, held))
    return replying.regenerate(answer, act)


def with_results(
    story: Conversation, said: Sequence[ChatMessage], held: Character, act: replying.Act
) -> Generation:
    """The answer to what the tools found.

    Results of all the calls of an answer come in one call, as its last messages, since there is
    nothing to answer before the last of them is there. Each goes to the call of its name that waits.
    Raises InvalidParam, and nothing is stored, where one is missing or none was asked for.
    """
    found = list(takewhile(lambda message: message.role == "function", reversed(said)))[::-1]
    message, waiting = _open_calls(story)
    if message is None or not waiting:
        raise InvalidParam("no call of this dialogue waits for a function's result")
    if len(found) < len(waiting):
        names = ", ".join(call["name"] for call in waiting)
        raise InvalidParam(f"send the results of all calls together: {names}")
    hold(story, _kept(story, held))
    generation = None
    for result in found[-len(waiting) :]:
        named = [call for call in waiting if call["name"] == result.name] or waiting
        waiting.remove(named[0])
        generation = replying.answer_tool(message, named[0]["id"], result.content, act)
    assert generation is not None
    return generation


def _open_calls(story: Conversation) -> tuple[Message | None, list[dict[str, str]]]:
    """The answer that the dialogue waits at, and those of its calls that have no result."""
    thread = story.thread(last=replying.MOST_CALLS)
    message = next((one for one in reversed(thread) if one.role != "tool"), None)
    if message is None:
        return None, []
    message.conversation = story
    waiting = unanswered(message, thread)
    return message, [call for call in message.tool_calls if call["id"] in waiting]


def _kept(story: Conversation, held: Character) -> int | None:
    """What a dialogue in this version is held to: nothing, where it is the current one."""
    return None if held.version == story.character.version else held.version


def go_on_from(story: Conversation, context: ChatContext) -> None:
    """The story goes on below the answer that the call chose among several."""
    if context.answer_id:
        if story.running:
            raise replying.Busy  # before the story is moved to where nobody reads it
        chosen = message_in(story, context.answer_id, "assistant")
        replying.select_swipe(chosen, replying.Act(uuid.uuid4().hex))
