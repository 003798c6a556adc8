"""Talks to a role of its own making: at once, and as a stream in both ways of writing."""

from sdk_base import HOST, client, tell
from xingchen import (
    CharacterKey,
    ChatApiSub,
    ChatContext,
    ChatReqParams,
    ExtractData,
    Memory,
    Message,
    ModelParameters,
    Scenario,
    UserProfile,
)


def asking(streaming: bool = False, **more):
    """One question to a role that the request itself describes."""
    given = {
        "bot_profile": CharacterKey(
            name="阿遥", content="阿遥在山上的气象站值夜，说话慢，爱看云。"
        ),
        "model_parameters": ModelParameters(modelName="xingchen-plus-v2", seed=7),
        "user_profile": UserProfile(userId="rider-1", userName="小林"),
        "messages": [
            Message(role="user", content="你好"),
            Message(role="assistant", content="你好呀，今晚风不大。"),
            Message(role="user", content="山上冷不冷？"),
        ],
    }
    return ChatReqParams(streaming=streaming, **{**given, **more})


chat = ChatApiSub(client())
tell("plain", chat.chat, asking())
tell("cumulative", chat.chat, asking(streaming=True))
pieces = ModelParameters(modelName="xingchen-plus-v2", seed=7, incrementalOutput=True)
tell("incremental", chat.chat, asking(streaming=True, model_parameters=pieces))

# A host that ends with a slash makes the SDK ask for //v2/api/...
slashed = ChatApiSub(client(host=HOST + "/"))
tell("plain, slash", slashed.chat, asking())
tell("cumulative, slash", slashed.chat, asking(streaming=True))

everything = asking(
    sample_messages=[
        Message(role="user", content="你在看什么？"),
        Message(role="assistant", content="看云，它们今晚走得很慢。"),
    ],
    scenario=Scenario(description="气象站，凌晨两点。", isRealTime=False),
    memory=Memory(
        summaries=["小林答应过带一壶热茶上来。"],
        originals=[Message(role="user", content="下次我带茶。")],
        tags=[ExtractData(role="user", key="怕冷", value=["是"])],
    ),
    context=ChatContext(useChatHistory=False),
)
tell("everything", chat.chat, everything)
inspected = {"X-AcA-DataInspection": "enable"}
tell("inspected", chat.chat, asking(), _headers=inspected)
two = ChatContext(useChatHistory=False, resultCount=2)
tell("two answers", chat.chat, asking(context=two))
few = ModelParameters(modelName="xingchen-plus-v2", seed=7, maxLength=5)
tell("short", chat.chat, asking(model_parameters=few))
