"""Stops an answer in the middle, as a program does whose user pressed a button."""

from sdk_base import client, plain, say, tell
from xingchen import (
    CharacterKey,
    ChatApiSub,
    ChatReqParams,
    Message,
    StopChatRequest,
    UserProfile,
)

READ_BEFORE = 5
chat = ChatApiSub(client())
frames = chat.chat(
    ChatReqParams(
        bot_profile=CharacterKey(name="阿遥", content="阿遥在山上的气象站值夜。"),
        user_profile=UserProfile(userId="rider-4"),
        messages=[Message(role="user", content="/demo long")],
        streaming=True,
    )
)
seen = [plain(next(frames)) for _ in range(READ_BEFORE)]
last = seen[-1]["chatResult"]
shown = last["choices"][0]["messages"][0]["content"]
request = StopChatRequest(requestId=last["context"]["requestId"], content=shown)
tell("stop", chat.stop_chat, request)
rest = plain(list(frames))
say("shown", shown)
say("rest", rest)
tell("stop again", chat.stop_chat, request)
tell("stop nothing", chat.stop_chat, StopChatRequest(requestId="0" * 32, content=""))
