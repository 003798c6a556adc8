"""Role chat: `chat/send` and `chat/generate`.

A role that the call describes is answered once and not saved. A character of this site holds a
dialogue with each of the caller's users, which is saved and read back, unless the call keeps the
history itself.
"""

import uuid

from django.http.response import HttpResponseBase
from django.utils.translation import gettext_noop as _

from characters.models import Character
from roleplay.api import casting, frames
from roleplay.api.answering import answer_reply, begun
from roleplay.api.dialogues import (
    again,
    at_version,
    begun_dialogue,
    character_of,
    go_on_from,
    message_in,
    there,
    with_results,
)
from roleplay.api.door import Call
from roleplay.api.route import Route
from roleplay.api.shapes.chat import ChatAnswer, ChatRequest
from roleplay.conversations import replying
from roleplay.conversations.models import Generation


def send(call: Call) -> HttpResponseBase:
    """The answer of the role to the last message."""
    return _answered(call, call.read(ChatRequest))


def generate(call: Call) -> HttpResponseBase:
    """Another answer to a question; `chat/send` with `context.isRegenerate`."""
    asked = call.read(ChatRequest)
    aca = asked.input.aca
    aca.context = aca.context.model_copy(update={"is_regenerate": True})
    return _answered(call, asked)


def _answered(call: Call, asked: ChatRequest) -> HttpResponseBase:
    if not asked.input.aca.bot_profile.character_id:
        return _once(call, asked)
    character = character_of(call, asked.input.aca.bot_profile.character_id)
    if not asked.input.aca.context.use_chat_history:
        return _once(call, asked, character)
    return _in_dialogue(call, asked, character)


def _once(call: Call, asked: ChatRequest, character: Character | None = None) -> HttpResponseBase:
    aca, said = asked.input.aca, asked.input.messages
    words = casting.last_said(said)
    replying.check_limits(call.user)
    if character is None:
        prompt = casting.once_prompt(call.user, aca, asked.parameters, said)
    else:
        held = at_version(call, character, aca.bot_profile.version)
        prompt = casting.character_prompt(call.user, held, aca, asked.parameters, said)
    count = 1 if call.streams else aca.context.result_count
    generations = begun(call, prompt, count)
    return _answer(
        call,
        asked,
        generations,
        words,
        isRegenerate=aca.context.is_regenerate,
        usePlatformChatHistory=aca.context.use_chat_history,
    )


def _in_dialogue(call: Call, asked: ChatRequest, character: Character) -> HttpResponseBase:
    aca = asked.input.aca
    held = at_version(call, character, aca.bot_profile.version)
    extras = casting.extras_of(call.user, aca, asked.parameters)
    act = replying.Act(uuid.uuid4().hex, api_key=call.key, extras=extras)
    replying.check_limits(call.user)  # what nobody could answer changes nothing
    if aca.context.is_regenerate:
        story = there(call, character, aca.user_profile)
        generation = again(story, aca.context, held, act)
    elif asked.input.messages and asked.input.messages[-1].role == "function":
        story = there(call, character, aca.user_profile)
        generation = with_results(story, asked.input.messages, held, act)
    else:
        words = casting.last_said(asked.input.messages)
        # What is too long without a history is so with one.
        casting.character_prompt(call.user, held, aca, asked.parameters, asked.input.messages[-1:])
        if aca.context.answer_id:
            chosen_in = there(call, character, aca.user_profile)
            message_in(chosen_in, aca.context.answer_id, "assistant")
        story = begun_dialogue(call, character, aca.user_profile, held.version)
        go_on_from(story, aca.context)
        generation = replying.start_reply(story, words, act)
    answer = generation.message
    assert answer is not None and answer.parent is not None
    return _answer(
        call,
        asked,
        [generation],
        answer.parent.text,
        character=character,
        isSave=True,
        isRegenerate=aca.context.is_regenerate,
        queryId=answer.parent.key.hex,
        messageId=answer.key.hex,
        replyMessageId=answer.parent.key.hex,
        sessionId=story.pk.hex,
        chatId=story.pk.hex,
    )


def _answer(
    call: Call,
    asked: ChatRequest,
    generations: list[Generation],
    words: str,
    character: Character | None = None,
    **told: object,
) -> HttpResponseBase:
    call.request_id = generations[0].key.hex  # what `chat/stop` finds the answer by
    answer = generations[0].message
    context = frames.context(
        call,
        asked.input.aca.user_profile.user_id,
        asked.model or asked.parameters.model_name,
        answer.key.hex if answer else "",
        character.pk.hex if character else "",
        **{**told, "resultCount": len(generations)},
    )
    writing = frames.ChatWriting(context, words, asked.parameters.incremental_output)
    return answer_reply(call, generations, writing)


ROUTES = [
    Route(
        "chat/send",
        send,
        scope="chat",
        service="aca-chat-send",
        summary=_("Talk to a role in words, to a template, or to a character of this site"),
        asks=ChatRequest,
        answers=ChatAnswer,
        stream="header",
    ),
    Route(
        "chat/generate",
        generate,
        scope="chat",
        service="aca-chat-regenerate",
        summary=_("Another answer to a question of a saved dialogue"),
        asks=ChatRequest,
        answers=ChatAnswer,
        stream="header",
    ),
]
