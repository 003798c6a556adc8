"""Lets several roles talk in one room: who is next, and what they say."""

from sdk_base import client, tell
from xingchen import (
    BaseChatRequest,
    CharacterKey,
    GroupChatApiSub,
    GroupChatExtParam,
    GroupChatReplySetting,
    GroupChatRoomInfo,
    Input,
    Message,
    ModelParameters,
    UserProfile,
)


def asking(**parameters):
    room = GroupChatExtParam(
        botProfiles=[
            CharacterKey(name="阿遥", content="阿遥在气象站值夜。", task="说天气"),
            CharacterKey(name="老周", content="老周修了一辈子钟。", task="说时间"),
        ],
        replySetting=GroupChatReplySetting(botName="老周"),
        userProfile=UserProfile(userId="rider-5", userName="小林"),
        groupInfo=GroupChatRoomInfo(name="夜班", description="三个不睡的人"),
    )
    said = [
        Message(role="user", name="小林", content="你们好。"),
        Message(role="assistant", name="阿遥", content="今晚无云。"),
        Message(role="user", name="小林", content="老周，几点了？"),
    ]
    return BaseChatRequest(
        model="xingchen-plus-v2",
        input=Input(messages=said, aca=room),
        parameters=ModelParameters(seed=7, **parameters),
    )


group = GroupChatApiSub(client())
streaming = {"X-AcA-SSE": "enable"}
tell("next", group.get_next_speaker, asking())
tell("plain", group.chat, asking())
tell("cumulative", group.chat, asking(), _headers=streaming)
tell("incremental", group.chat, asking(incrementalOutput=True), _headers=streaming)
