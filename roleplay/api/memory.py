"""Memory and persona drafts: facts and summaries of a talk, a description from a text.

Nothing of it is kept here: the caller holds the result, and gives it back as `input.aca.memory`.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_noop as _

from roleplay.api import casting, frames
from roleplay.api.answering import Reply, read_whole
from roleplay.api.door import Call
from roleplay.api.errors import InvalidParam, NotOffered, ServiceFault
from roleplay.api.route import Route
from roleplay.api.shapes.chat import ChatMessage
from roleplay.api.shapes.memory import (
    DescriptionAnswer,
    DescriptionRequest,
    KvAnswer,
    KvRequest,
    SummaryAnswer,
    SummaryRequest,
    TaskRequest,
)
from roleplay.conversations import replying
from roleplay.prompting.task_answers import NoAnswer, read_facts, read_profile, read_summaries
from roleplay.prompting.tasks import Terms, facts_prompt, profile_prompt, summary_prompt
from roleplay.providers.base import Line, Prompt


def facts(call: Call) -> HttpResponse:
    """What was said of each key that is looked for."""
    asked = call.read(KvRequest)
    replying.check_limits(call.user)
    texts = [config.memory_text.strip() for config in asked.kv_memory_configs if config.enabled]
    wanted = list(dict.fromkeys(text for text in texts if text))
    if not wanted:
        raise InvalidParam("kvMemoryConfigs names nothing to look for: enabled, with a memoryText")
    prompt = facts_prompt(_talk(asked.messages), wanted, _terms(call, asked))

    def made(text: str) -> dict[str, Any]:
        return {
            "schemas": [
                {"role": fact.role, "key": fact.key, "value": list(fact.value)}
                for fact in read_facts(text, wanted)
            ]
        }

    return _done(call, asked, prompt, made)


def summary(call: Call) -> HttpResponse:
    """What was talked about, in a few sentences."""
    asked = call.read(SummaryRequest)
    replying.check_limits(call.user)
    prompt = summary_prompt(_talk(asked.messages), _terms(call, asked))

    def made(text: str) -> dict[str, Any]:
        return {"memoryResults": [{"content": content} for content in read_summaries(text)]}

    return _done(call, asked, prompt, made)


def description(call: Call) -> HttpResponse:
    """A character's description, drawn from a text."""
    asked = call.read(DescriptionRequest)
    replying.check_limits(call.user)
    if asked.type == "file":
        raise NotOffered("this site fetches no files: send what is in it, with type text")
    if not asked.text.strip():
        raise InvalidParam("text is empty: it is what the description is drawn from")
    prompt = profile_prompt(asked.text, _terms(call, asked))
    return _done(call, asked, prompt, lambda text: {"content": read_profile(text)})


def _done(
    call: Call, asked: TaskRequest, prompt: Prompt, made: Callable[[str], dict[str, Any]]
) -> HttpResponse:
    """The answer to this work, with what it took. `made` reads the engine's words or raises NoAnswer."""
    generation = replying.answer_once(call.user, prompt, call.key)
    call.request_id = generation.key.hex

    def whole(reply: Reply) -> dict[str, Any]:
        try:
            found = made(reply.text)
        except NoAnswer as none:
            raise ServiceFault(str(none)) from None
        return {
            **found,
            "usage": frames.usage(reply),
            "context": frames.context(call, model=asked.model_parameter.model_name),
        }

    return read_whole(call, generation, whole)


def _terms(call: Call, asked: TaskRequest) -> Terms:
    # A user of its own for each call: engines let nobody talk twice at a time.
    return Terms(
        casting.opaque_user(call.user, call.request_id), casting.sampling_of(asked.model_parameter)
    )


def _talk(messages: list[ChatMessage]) -> list[Line]:
    """What was said; instructions and the results of tools are not."""
    said = [
        Line(message.role, message.content, message.name)
        for message in messages
        if message.role in ("user", "assistant") and message.content.strip()
    ]
    if not said:
        raise InvalidParam("messages hold nothing that a user or an assistant said")
    return said


ROUTES = [
    Route(
        "extract/kv",
        facts,
        scope="memory",
        service="aca-extract-memory-kv",
        summary=_("Take facts out of a talk"),
        asks=KvRequest,
        answers=KvAnswer,
    ),
    Route(
        "extract/summary",
        summary,
        scope="memory",
        service="aca-extract-memory-summary",
        summary=_("Sum up a talk"),
        asks=SummaryRequest,
        answers=SummaryAnswer,
    ),
    Route(
        "character/auto/desc",
        description,
        scope="characters:write",
        service="aca-char-auto-desc",
        summary=_("Write a character's description from a text"),
        asks=DescriptionRequest,
        answers=DescriptionAnswer,
    ),
]
