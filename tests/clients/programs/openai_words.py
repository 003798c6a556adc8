"""What both programs for OpenAI-compatible servers say, and how they tell what came of it."""

import json
import os
from typing import Any

HOST, KEY, WRONG_KEY = os.environ["HOST"], os.environ["KEY"], os.environ["WRONG_KEY"]
BASE = HOST + "/v1"
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "查询一个地方的天气",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "地点"},
                "format": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location", "format"],
        },
    },
}
ASKED = [
    {"role": "system", "content": "你是一个会查天气的助手。"},
    {"role": "user", "content": "今天杭州天气怎么样"},
]
RESULT = '{"temperature": 26}'


def say(call: str, outcome: Any) -> None:
    print(json.dumps({"call": call, "outcome": outcome}, ensure_ascii=False), flush=True)
