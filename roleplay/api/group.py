"""Group chat: the answer of one of several roles, and who speaks next (section 12)."""

from django.http.response import HttpResponseBase
from django.utils.translation import gettext_noop as _

from roleplay.accounts.models import User
from roleplay.api import casting, frames
from roleplay.api.answering import Reply, answer_reply, read_whole
from roleplay.api.door import Call
from roleplay.api.errors import InvalidParam, ServiceFault
from roleplay.api.route import Route
from roleplay.api.shapes.chat import (
    Aca,
    BotProfile,
    ChatAnswer,
    ChatContext,
    GroupAca,
    GroupRequest,
    NextSpeaker,
)
from roleplay.conversations import replying
from roleplay.prompting.task_answers import NoAnswer, read_speaker
from roleplay.prompting.tasks import Terms, speaker_prompt
from roleplay.providers.base import Line, Prompt


def send(call: Call) -> HttpResponseBase:
    """What the member that `replySetting.botName` names says."""
    asked = call.read(GroupRequest)
    aca = asked.input.aca
    words = casting.last_said(asked.input.messages)
    replying.check_limits(call.user)
    if aca.reply_setting is None:
        raise InvalidParam("input.aca.replySetting.botName says who is to answer")
    prompt = _prompt(call.user, asked, _member(aca, aca.reply_setting.bot_name))
    generation = replying.answer_once(call.user, prompt, call.key)
    call.request_id = generation.key.hex
    context = frames.context(call, aca.user_profile.user_id, asked.model)
    incremental = asked.parameters.incremental_output
    writing = frames.ChatWriting(context, words, incremental, aca.reply_setting.bot_name)
    return answer_reply(call, [generation], writing)


def next_speaker(call: Call) -> HttpResponseBase:
    """Which member the talk calls for."""
    asked = call.read(GroupRequest)
    aca = asked.input.aca
    words = casting.last_said(asked.input.messages)
    replying.check_limits(call.user)
    names = _names(aca)
    talk = [Line(message.role, message.content, message.name) for message in asked.input.messages]
    cast = [casting.sheet_of(profile) for profile in aca.bot_profiles]
    terms = Terms(
        casting.opaque_user(call.user, aca.user_profile.user_id),
        casting.sampling_of(asked.parameters),
    )
    about = "\n".join(part for part in (aca.group_info.name, aca.group_info.description) if part)
    prompt = speaker_prompt(talk, cast, about, terms)
    generation = replying.answer_once(call.user, prompt, call.key)
    call.request_id = generation.key.hex

    def made(reply: Reply) -> NextSpeaker:
        try:
            chosen = read_speaker(reply.text, names)
        except NoAnswer:
            raise ServiceFault("the engine named nobody of this group") from None
        return NextSpeaker.model_construct(
            name=chosen.name,
            thought=chosen.thought,
            usage=frames.usage(reply, words),
            context=frames.context(call, aca.user_profile.user_id, asked.model),
        )

    return read_whole(call, generation, made)


def _names(aca: GroupAca) -> list[str]:
    names = [profile.name for profile in aca.bot_profiles]
    if not all(name.strip() for name in names) or len(set(names)) != len(names):
        raise InvalidParam("each of input.aca.botProfiles needs a name of its own")
    return names


def _member(aca: GroupAca, name: str) -> BotProfile:
    if name not in _names(aca):
        raise InvalidParam("replySetting.botName is none of input.aca.botProfiles")
    return next(profile for profile in aca.bot_profiles if profile.name == name)


def _prompt(owner: User, asked: GroupRequest, member: BotProfile) -> Prompt:
    """The member's own role, in a scene with the others in it.

    What the others say is said to this member, as the person's words are.
    """
    group = asked.input.aca
    others = [
        f"{profile.name}: {profile.content}".strip(": \n")
        for profile in group.bot_profiles
        if profile.name != member.name
    ]
    scene = [group.group_info.name, group.group_info.description, group.scenario.description]
    thought = group.reply_setting.thought if group.reply_setting else ""
    aca = Aca.model_construct(
        bot_profile=member,
        user_profile=group.user_profile,
        scenario=group.scenario.model_copy(
            update={"description": "\n".join(p for p in [*scene, *others, thought] if p.strip())}
        ),
        sample_messages=group.sample_messages,
        context=ChatContext(),
        function_list=[],
        function_choice=Aca.model_fields["function_choice"].default,
        memory=group.memory,
    )
    said = [
        message.model_copy(update={"role": "user"})
        if message.role == "assistant" and message.name != member.name
        else message.model_copy(update={"name": ""})
        if message.role == "assistant"
        else message
        for message in asked.input.messages
    ]
    return casting.once_prompt(owner, aca, asked.parameters, said)


ROUTES = [
    Route(
        "groupchat/send",
        send,
        scope="chat",
        service="aca-groupchat-send",
        summary=_("Let a member of a group speak"),
        asks=GroupRequest,
        answers=ChatAnswer,
        stream="header",
    ),
    Route(
        "groupchat/nextSpeaker",
        next_speaker,
        scope="chat",
        service="aca-groupchat-nextspeaker",
        summary=_("Who of a group speaks next"),
        asks=GroupRequest,
        answers=NextSpeaker,
    ),
]
