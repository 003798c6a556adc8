"""Gives a role a function in role chat, and answers the call it makes."""

from sdk_base import client, tell
from xingchen import (
    CharacterKey,
    ChatApiSub,
    ChatReqParams,
    Function,
    FunctionCall,
    Message,
    ModelParameters,
    PlanningApiInfo,
    UserProfile,
)

WEATHER = Function(
    name="weather",
    description="查询一个地方的天气",
    parameters={
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "地点"},
            "format": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["location", "format"],
    },
)
ASKED = [Message(role="user", content="今天杭州天气怎么样")]


def asking(messages, streaming=False):
    return ChatReqParams(
        bot_profile=CharacterKey(name="阿遥", content="阿遥在山上的气象站值夜。"),
        model_parameters=ModelParameters(seed=7),
        user_profile=UserProfile(userId="rider-8"),
        messages=messages,
        functions=[WEATHER],
        streaming=streaming,
    )


chat = ChatApiSub(client())
tell("call, stream", chat.chat, asking(ASKED, streaming=True))
called = tell("call", chat.chat, asking(ASKED))
(made,) = called.data.choices[0].messages[0].function_call.api_call_list
repeated = FunctionCall(
    thought="", apiCallList=[PlanningApiInfo(apiName=made.api_name, parameters=made.parameters)]
)
told = [
    *ASKED,
    Message(role="assistant", content="", functionCall=repeated),
    Message(role="function", name=made.api_name, content='{"temperature": 26}'),
]
tell("answer", chat.chat, asking(told))
tell("answer, stream", chat.chat, asking(told, streaming=True))
