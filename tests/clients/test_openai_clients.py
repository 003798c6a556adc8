"""Two programs that know OpenAI-compatible servers and not this site, against its second door."""

from typing import Any

import pytest

from tests.clients.conftest import Run
from tests.clients.masks import Mask

pytestmark = pytest.mark.xdist_group("clients")

MODEL = "character/model"  # with its id masked
SPENT = {"prompt_tokens": "count", "completion_tokens": "count", "total_tokens": "count"}
ARGUMENTS = '{"location": "杭州", "format": "celsius"}'
CLIENTS = ["openai", "hf"]


@pytest.fixture(scope="module")
def openai(openai_client: Run) -> dict[str, Any]:
    return openai_client("openai_chat.py")


@pytest.fixture(scope="module")
def hf(openai_client: Run, openai: dict[str, Any]) -> dict[str, Any]:
    # This client lists no models of other servers.
    return openai_client("hf_chat.py", MODEL=openai["models"]["data"][0]["id"])


@pytest.fixture
def told(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What came of the calls of the client that the test names."""
    return request.getfixturevalue(request.param)


both = pytest.mark.parametrize("told", CLIENTS, indirect=True)


def without_nulls(value: Any) -> Any:
    """One client shows nulls that were sent and the other does not."""
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}


def masked(value: Any) -> Any:
    return without_nulls(Mask()(value))


def whole(message: dict[str, Any], reason: str = "stop") -> dict[str, Any]:
    return {
        "id": "chatcmpl-id",
        "object": "chat.completion",
        "created": "now",
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": SPENT,
    }


def chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-id",
        "object": "chat.completion.chunk",
        "created": "now",
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, **more}],
    }


def text_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(
        choice["delta"].get("content") or "" for one in chunks for choice in one["choices"]
    )


def wordless(chunks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The chunks with their words masked, whoever is said to speak."""
    masked_chunks = masked(chunks)
    for one in masked_chunks:
        for choice in one["choices"]:
            if choice["delta"].get("content"):
                choice["delta"]["content"] = "words"
    return masked_chunks


def test_the_characters_on_the_shelf_are_the_models(openai):
    listed = Mask()(openai["models"])
    assert listed == {
        "object": "list",
        "data": [
            {
                "id": f"character/id-{place}" if place > 1 else "character/id",
                "object": "model",
                "created": "now",
                "owned_by": "lamplight",
                "name": model["name"],
            }
            for place, model in enumerate(listed["data"], 1)
        ],
    }
    assert "海梦" in [model["name"] for model in listed["data"]]
    assert openai["model"] == openai["models"]["data"][0]


@both
def test_an_answer_comes_whole(told):
    assert masked(told["plain"]) == whole({"role": "assistant", "content": "words"})


@both
def test_a_stream_says_each_piece_once(told):
    chunks = wordless(told["stream"])
    assert len(chunks) > 4
    assert chunks == [
        chunk({"role": "assistant", "content": "words"}),
        *([chunk({"content": "words"})] * (len(chunks) - 2)),
        chunk({}, finish_reason="stop"),
    ]
    assert text_of(told["stream"]) == told["plain"]["choices"][0]["message"]["content"]


@both
def test_the_usage_comes_behind_a_stream_that_asked_for_it(told):
    *chunks, last = masked(told["usage"])
    end = chunk({}) | {"choices": [], "usage": SPENT}
    assert last == end
    assert wordless(told["usage"][:-1]) == wordless(told["stream"])
    assert not [one for one in chunks if one.get("usage")]


def test_an_answer_of_few_tokens_says_that_it_was_cut(openai):
    short = masked(openai["short"])
    assert short == whole({"role": "assistant", "content": "words"}, "length")
    assert openai["short"]["usage"]["completion_tokens"] <= 3


CALL = {
    "id": "call",
    "type": "function",
    "function": {"name": "weather", "arguments": ARGUMENTS},
}


def named(call: dict[str, Any]) -> dict[str, Any]:
    """The call with its id masked, which is as long as the engine likes."""
    assert call["id"]
    return call | {"id": "call"}


@both
def test_a_tool_is_asked_for_and_its_result_is_told(told):
    asked = masked(told["call"])
    message = asked["choices"][0]["message"]
    message["tool_calls"] = [named(call) for call in message["tool_calls"]]
    assert asked == whole({"role": "assistant", "tool_calls": [CALL]}, "tool_calls")
    assert masked(told["answer"]) == whole({"role": "assistant", "content": "words"})
    assert "26" in told["answer"]["choices"][0]["message"]["content"]


@both
def test_a_tool_is_asked_for_in_a_stream(told):
    chunks = masked(told["call, stream"])
    delta = chunks[0]["choices"][0]["delta"]
    delta["tool_calls"] = [named(call) for call in delta["tool_calls"]]
    assert chunks == [
        chunk({"role": "assistant", "content": "", "tool_calls": [{"index": 0, **CALL}]}),
        chunk({}, finish_reason="tool_calls"),
    ]


def test_the_vendors_own_path_of_this_form_is_served_too(openai):
    named = {"model": "xingchen-plus-latest"}
    said = {"role": "assistant", "content": "words"}
    assert masked(openai["platform, plain"]) == whole(said) | named
    first, *middle, last = wordless(openai["platform, stream"])
    assert first == chunk(said) | named
    assert middle == [chunk({"content": "words"}) | named] * len(middle)
    assert last == chunk({}, finish_reason="stop") | named
    told = openai["platform, plain"]["choices"][0]["message"]["content"]
    assert text_of(openai["platform, stream"]) == told


# What is wrong: the status, and the type and code in the body.
ERRORS = {
    "wrong key": (401, "authentication_error", "invalid_api_key"),
    "wrong model": (404, "invalid_request_error", "model_not_found"),
    "bad body": (400, "invalid_request_error", None),
    "refused": (400, "invalid_request_error", None),
}
RAISED = {401: "AuthenticationError", 404: "NotFoundError", 400: "BadRequestError"}


def check_error(outcome: dict[str, Any], fault: str, raised: str) -> None:
    status, kind, code = ERRORS[fault]
    error = outcome["body"]["error"]
    assert error.pop("message")
    assert outcome == {
        "raised": raised,
        "status": status,
        "body": {"error": {"type": kind, "param": None, "code": code}},
    }


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("wrong key", "wrong key"),
        ("wrong key, chat", "wrong key"),
        ("wrong key, stream", "wrong key"),
        ("wrong model", "wrong model"),
        ("wrong model, stream", "wrong model"),
        ("bad body", "bad body"),
        ("refused", "refused"),
    ],
)
def test_openai_raises_its_own_error_for_each_fault(openai, call, fault):
    check_error(openai[call], fault, RAISED[ERRORS[fault][0]])


def test_the_two_clients_share_no_code_of_this_dialect(hf):
    assert hf["shares openai's code"] is False


@pytest.mark.parametrize("call", ["wrong key", "wrong key, stream", "wrong model"])
def test_hugging_faces_client_raises_too(hf, call):
    check_error(hf[call], call.partition(",")[0], "HfHubHTTPError")
