"""Holds a dialogue with a character of the platform, which remembers it, and looks after it."""

from sdk_base import client, tell
from xingchen import (
    CharacterApiSub,
    CharacterCreateDTO,
    CharacterKey,
    ChatApiSub,
    ChatContext,
    ChatHistoryQueryDTO,
    ChatHistoryQueryWhere,
    ChatMessageApiSub,
    ChatReqParams,
    Message,
    MessageRatingRequest,
    ResetChatHistoryRequest,
    SysReminderRequest,
    UserProfile,
)

RIDER = "rider-3"
api = client()
chat, messages = ChatApiSub(api), ChatMessageApiSub(api)
made = CharacterApiSub(api).create(
    CharacterCreateDTO(
        name="守塔人", basicInformation="守塔人照看一座老灯塔。", openingLine="灯亮了，请进。"
    )
)
key = made.data.character_id


def asking(says, **context):
    return ChatReqParams(
        bot_profile=CharacterKey(characterId=key, version=1),
        user_profile=UserProfile(userId=RIDER, userName="小林"),
        messages=[Message(role="user", content=says)],
        context=ChatContext(useChatHistory=True, **context),
    )


def histories():
    where = ChatHistoryQueryWhere(characterId=key, bizUserId=RIDER)
    return messages.chat_histories(
        ChatHistoryQueryDTO(where=where, orderBy=["gmtCreate asc"], pageNum=1, pageSize=10)
    )


first = tell("first", chat.chat, asking("你好"))
tell(
    "reminder",
    messages.sys_reminder,
    SysReminderRequest(characterId=key, bizUserId=RIDER, content="外面开始下雨了。"),
)
second = tell("second", chat.chat, asking("雨大吗？"))
told = second.data.context
tell(
    "rating",
    messages.rate_message,
    MessageRatingRequest(messageId=told.answer_id, rating=5),
)
tell("histories", histories)
again = {"isRegenerate": True, "queryId": told.query_id}
tell("again", chat.chat, asking("雨大吗？", **again))
tell("histories, again", histories)
tell(
    "rating of nothing",
    messages.rate_message,
    MessageRatingRequest(messageId="0" * 32, rating=1),
)
tell(
    "reset",
    messages.reset_chat_history,
    ResetChatHistoryRequest(characterId=key, userId=RIDER),
)
tell("histories, reset", histories)
tell("picture", messages.polling_image_detail, message_id=told.answer_id, user_id=1)
