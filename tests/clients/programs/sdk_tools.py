"""Gives an assistant a tool and answers its call. The SDK cannot send the call back with it."""

from sdk_base import WRONG_KEY, client, tell
from xingchen import (
    AcACompletionApiSub,
    AcACompletionReq,
    AcAReqFunction,
    AcAReqMessage,
    AcAReqTool,
)

WEATHER = AcAReqTool(
    id="001",
    type="function",
    function=AcAReqFunction(
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
    ),
)
ASKED = [
    AcAReqMessage(role="system", name="小义", content="你是一个会查天气的助手。"),
    AcAReqMessage(role="user", content="今天杭州天气怎么样"),
]
TOLD = [
    AcAReqMessage(role="assistant", content=""),
    AcAReqMessage(role="tool", tool_call_id="001", content='{"temperature": 26}'),
]


def asking(messages, stream, **more):
    return AcACompletionReq(
        model="xingchen-plus-v2", user="rider-7", messages=messages, stream=stream, seed=7, **more
    )


completions = AcACompletionApiSub(client())
stranger = AcACompletionApiSub(client(WRONG_KEY))
tools = {"tools": [WEATHER]}
for way, stream in (("plain", False), ("stream", True)):
    tell(f"call, {way}", completions.completions, asking(ASKED, stream, **tools))
    tell(f"answer, {way}", completions.completions, asking(ASKED + TOLD, stream, **tools))
    tell(f"words, {way}", completions.completions, asking(ASKED, stream))
    tell(f"wrong key, {way}", stranger.completions, asking(ASKED, stream))
tell("bad body, stream", completions.completions, asking(ASKED, True, max_tokens=-1))
