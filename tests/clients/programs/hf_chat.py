"""Hugging Face's client against our door: words, a stream, a tool, and what goes wrong."""

import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from openai_words import ASKED, BASE, KEY, RESULT, WEATHER, WRONG_KEY, say


def tell(call: str, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Make the call, print what came of it, and give it back. A stream is read to its end."""
    result = None
    try:
        result = act(*args, **more)
        if not isinstance(result, dict):
            result = list(result)
        say(call, plain(result))
    except HfHubHTTPError as error:
        status, body = error.response.status_code, error.response.json()
        say(call, {"raised": type(error).__name__, "status": status, "body": body})
    return result


def plain(value: Any) -> Any:
    """The client's own objects as it understood them, without what was not said."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items() if inner is not None}
    return plain(asdict(value)) if hasattr(value, "__dataclass_fields__") else value


known = InferenceClient(base_url=BASE, api_key=KEY)
stranger = InferenceClient(base_url=BASE, api_key=WRONG_KEY)
given: dict[str, Any] = {"model": os.environ["MODEL"], "messages": ASKED, "seed": 7}
complete = known.chat.completions.create

tell("plain", complete, **given)
tell("stream", complete, **given, stream=True)
tell("usage", complete, **given, stream=True, stream_options={"include_usage": True})

asked = tell("call", complete, **given, tools=[WEATHER], tool_choice="auto")
said = asked.choices[0].message
call = said.tool_calls[0]
function = {"name": call.function.name, "arguments": call.function.arguments}
repeated = {
    "role": "assistant",
    "content": "",
    "tool_calls": [{"id": call.id, "type": "function", "function": function}],
}
result = {"role": "tool", "tool_call_id": call.id, "content": RESULT}
told = given | {"messages": [*ASKED, repeated, result]}
tell("answer", complete, **told, tools=[WEATHER])
tell("call, stream", complete, **given, tools=[WEATHER], stream=True)

tell("wrong key", stranger.chat.completions.create, **given)
tell("wrong key, stream", stranger.chat.completions.create, **given, stream=True)
tell("wrong model", complete, **given | {"model": "no-such-model"})
say("shares openai's code", "openai" in sys.modules)
