"""Does everything wrong that a program can, at once and as a stream."""

from sdk_base import WRONG_KEY, client, tell
from xingchen import (
    CharacterKey,
    ChatApiSub,
    ChatReqParams,
    Message,
    ModelParameters,
    UserProfile,
)

OWN = {"name": "阿遥", "content": "阿遥在山上的气象站值夜。"}


def asking(streaming, says="你好", seed=7, role=None):
    return ChatReqParams(
        bot_profile=CharacterKey(**(role or OWN)),
        model_parameters=ModelParameters(seed=seed),
        user_profile=UserProfile(userId="rider-2"),
        messages=[Message(role="user", content=says)],
        streaming=streaming,
    )


chat, stranger = ChatApiSub(client()), ChatApiSub(client(WRONG_KEY))
nobody = {"characterId": "0" * 32, "version": 1}
for way, streaming in (("plain", False), ("stream", True)):
    tell(f"wrong key, {way}", stranger.chat, asking(streaming))
    tell(f"bad body, {way}", chat.chat, asking(streaming, seed=-1))
    tell(f"no such character, {way}", chat.chat, asking(streaming, role=nobody))
    tell(f"refused, {way}", chat.chat, asking(streaming, says="/demo fail refused"))
tell("late, stream", chat.chat, asking(True, says="/demo fail upstream late"))
