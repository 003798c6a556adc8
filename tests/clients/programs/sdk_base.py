"""What the programs for the vendor's SDK share: a client, and one line of JSON for each call."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import BaseModel
from xingchen import ApiClient, ApiException, Configuration

HOST, KEY, WRONG_KEY = os.environ["HOST"], os.environ["KEY"], os.environ["WRONG_KEY"]


def client(key: str = KEY, host: str = HOST) -> ApiClient:
    configuration = Configuration(host=host)
    configuration.access_token = key
    return ApiClient(configuration)


def tell(call: str, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Make the call, print what came of it, and give it back. A stream is read to its end."""
    try:
        result = act(*args, **more)
        if isinstance(result, Iterable) and not isinstance(result, BaseModel | dict | list):
            result = list(result)
        outcome = plain(result)
    except ApiException as error:
        result = None
        outcome = {
            "raised": type(error).__name__,
            "status": error.status,
            "body": json.loads(error.body),
        }
    say(call, outcome)
    return result


def say(call: str, outcome: Any) -> None:
    print(json.dumps({"call": call, "outcome": outcome}, ensure_ascii=False), flush=True)


def plain(value: Any) -> Any:
    """The SDK's own objects as it understood them, under the names of the wire."""
    if isinstance(value, BaseModel):
        return json.loads(value.json(by_alias=True, exclude_none=True))
    return [plain(item) for item in value] if isinstance(value, list) else value
