"""The openai package against our door, as its manual shows: models, words, a stream, a tool."""

from collections.abc import Callable
from typing import Any

from openai import APIStatusError, OpenAI
from openai_words import ASKED, BASE, HOST, KEY, RESULT, WEATHER, WRONG_KEY, say


def client(key: str, base: str = BASE) -> OpenAI:
    return OpenAI(base_url=base, api_key=key, max_retries=0)


def tell(call: str, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Make the call, print what came of it, and give it back. A stream is read to its end."""
    result = None
    try:
        result = act(*args, **more)
        if not hasattr(result, "model_dump"):
            result = list(result)
        many = result if isinstance(result, list) else [result]
        told = [one.model_dump(mode="json", exclude_unset=True) for one in many]
        say(call, told if isinstance(result, list) else told[0])
    except APIStatusError as error:
        say(
            call,
            {
                "raised": type(error).__name__,
                "status": error.status_code,
                "body": error.response.json(),
            },
        )
    return result


known, stranger = client(KEY), client(WRONG_KEY)
models = tell("models", known.models.list)
model = models.data[0].id
given: dict[str, Any] = {"model": model, "messages": ASKED, "seed": 7}
complete = known.chat.completions.create

tell("model", known.models.retrieve, model)
tell("plain", complete, **given)
tell("stream", complete, **given, stream=True)
tell("usage", complete, **given, stream=True, stream_options={"include_usage": True})
tell("short", complete, **given, max_tokens=3)

asked = tell("call", complete, **given, tools=[WEATHER])
said = asked.choices[0].message
result = {"role": "tool", "tool_call_id": said.tool_calls[0].id, "content": RESULT}
told = {**given, "messages": [*ASKED, said.model_dump(exclude_none=True), result]}
tell("answer", complete, **told, tools=[WEATHER])
tell("call, stream", complete, **given, tools=[WEATHER], stream=True)

wrong = given | {"model": "no-such-model"}
tell("wrong key", stranger.models.list)
tell("wrong key, chat", stranger.chat.completions.create, **given)
tell("wrong key, stream", stranger.chat.completions.create, **given, stream=True)
tell("wrong model", complete, **wrong)
tell("wrong model, stream", complete, **wrong, stream=True)
tell("bad body", complete, **given, temperature=9)
refused = given | {"messages": [{"role": "user", "content": "/demo fail refused"}]}
tell("refused", complete, **refused)

# The vendor's own path of this form, below its own address.
platform = client(KEY, HOST + "/v2/api").chat.completions.create
named = given | {"model": "xingchen-plus-latest"}
tell("platform, plain", platform, **named)
tell("platform, stream", platform, **named, stream=True)
