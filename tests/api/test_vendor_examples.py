"""The vendor's examples as people paste them: curl with comments in its JSON, and Python loops.

The requests have exactly the shapes of those examples, slips included (xingchen-api.md, sections 4
to 7 and 16); the site is a process of its own, and what it answers is read from the wire.
"""

import http.client
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.clients.environments import missing
from tests.clients.masks import Mask
from tests.clients.served import WRONG_KEY, Served, served

pytestmark = pytest.mark.xdist_group("vendor-examples")

CHAT, COMPLETIONS = "/v2/api/chat/send", "/v2/api/completions"
STREAM_TYPE = "text/event-stream;charset=UTF-8"
JSON_TYPE = "application/json;charset=UTF-8"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("examples")) as running:
        yield running


# How a call comes


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are in small letters."""

    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


Send = Callable[[Served, str, str, dict[str, str]], Answer]


def by_curl(server: Served, path: str, body: str, headers: dict[str, str]) -> Answer:
    """As a shell does it. A header without a value is written `Name;`."""
    if not shutil.which("curl"):
        missing("there is no curl on this machine")
    lines = [f"{name}: {value}" if value else f"{name};" for name, value in headers.items()]
    given = [part for line in lines for part in ("--header", line)]
    done = subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--include", "--noproxy", "*"),
            *("--location", "--max-redirs", "0", "--max-time", "30"),
            *("--request", "POST", server.address + path, *given, "--data", body),
        ],
        capture_output=True,
        check=True,
    )
    head, _, rest = done.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    named = {name.lower(): value for name, value in pairs}
    return Answer(int(first.split()[1]), named, rest.decode())


def by_python(server: Served, path: str, body: str, headers: dict[str, str]) -> Answer:
    """As `requests` does it: no redirect is followed, and cookies would show."""
    answer = httpx.post(
        server.address + path,
        content=body.encode(),
        headers={name: value for name, value in headers.items() if value},
        timeout=30,
        trust_env=False,
    )
    return Answer(answer.status_code, dict(answer.headers), answer.text)


WAYS = [by_curl, by_python]
ways = pytest.mark.parametrize("send", WAYS, ids=["shell", "python"])


def shell_headers(server: Served, service: str, **more: str) -> dict[str, str]:
    """The older names, and an Expect header without a value."""
    return {
        "Authorization": f"Bearer {server.key}",
        "Content-Type": "application/json",
        "x-fag-appcode": "aca",
        "x-fag-servicename": service,
        "Expect": "",
        **more,
    }


def python_headers(server: Served, service: str, **more: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {server.key}",
        "x-fag-servicename": service,
        "x-fag-appcode": "aca",
        **more,
    }


def headers_of(send: Send, server: Served, service: str, stream: bool) -> dict[str, str]:
    """What the example of this way sends with role chat."""
    if send is by_curl:
        older = {"X-DashScope-SSE": "enable"} if stream else {}
        return shell_headers(server, service, **older, **{"X-DashScope-DataInspection": "enable"})
    newer = {"X-AcA-SSE": "enable"} if stream else {}
    return python_headers(server, service, **newer, **{"X-AcA-DataInspection": "enable"})


# What is asked

SHELL_BODY = """{
    "input": {
        "messages": [
            {"role": "user", "content": "你好"},
            {"role": "assistant", "content": "你好，请坐。"},
            {"role": "user", "content": "http://灯塔 是什么地方？"} // 问一个问题
        ],
        "aca": {
            "botProfile": {
                "enableOpenLine": false, // 不要开场白
                "name": "守塔人", // 角色名，必填
                "type": "assistant",
                "customTemplateId": "0123456789abcdef0123456789abcdef",
                "params": {
                    "characterName": "守塔人",
                    "characterSex": "男",
                    "characterBirthday": "1月9日",
                }
            },
            "userProfile": {
                "userId": "123456789", // 业务用户
                "basicInfo": ""
            },
            "scenario": {"description": ""}
        }
    },
    "parameters": {
        "seed": 7,
        "incrementalOutput": %s
    }
}"""


def python_body(incremental: bool) -> str:
    """The same from Python: strict, and with a model."""
    strict = SHELL_BODY.replace("%s", json.dumps(incremental))
    strict = "\n".join(line.split(" // ")[0] for line in strict.splitlines())
    return json.dumps({"model": "xingchen-plus", **json.loads(strict.replace('日",', '日"'))})


def body_of(send: Send, incremental: bool = False) -> str:
    if send is by_curl:
        return SHELL_BODY % json.dumps(incremental)
    return python_body(incremental)


WEATHER = {
    "id": "001",
    "type": "function",
    "function": {
        "name": "weather",
        "description": "查询一个地方的天气预报",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "地点"},
                "format": {
                    "type": "string",
                    "enum": ["celsius", "fahrenheit"],
                    "description": "温度单位",
                },
            },
            "required": ["location", "format"],
        },
    },
}
ASKED = [
    {"name": "小义", "role": "system", "content": "你可以使用下面的工具，尽力帮助用户。"},
    {"role": "user", "content": "今天杭州天气怎么样"},
]


def tool_body(messages: list[dict[str, Any]], stream: bool) -> str:
    asked = {
        "model": "xingchen-plus-v2",
        "user": "tester01",
        "max_tokens": 100,
        "stream": stream,
        "messages": messages,
        "tools": [WEATHER],
    }
    return json.dumps(asked, ensure_ascii=False)


# What is answered


def context(**more: Any) -> dict[str, Any]:
    return {
        "answerId": "answerId",
        "enableDataInspection": True,
        "isSave": False,
        "requestId": "requestId",
        "modelRequestId": "modelRequestId",
        "modelName": "xingchen-plus",
        "origin": "pass_v2",
        "bizSrc": "PAAS",
        "ext": "chat",
        "isRegenerate": False,
        "bizUserId": "123456789",
        "usePlatformChatHistory": True,
        "chatLockKey": "chat_chatLockKey_123456789_null_now",
        "resultCount": 1,
        **more,
    }


def data(content: str = "words", **more: Any) -> dict[str, Any]:
    """A whole answer, and a stream's last frame."""
    message = {
        "role": "assistant",
        "content": content,
        "finishReason": "stop",
        "functionMessage": False,
        "validMessage": True,
    }
    return {
        "requestId": "requestId",
        "choices": [{"messages": [message], "stopReason": "stop"}],
        "usage": {
            "outputTokens": "count",
            "inputTokens": "count",
            "userTokens": "count",
            "pluginTokens": 0,
        },
        "context": context(**more),
        "stop": True,
    }


def middle(**more: Any) -> dict[str, Any]:
    """A frame while the answer goes on."""
    message = {"role": "assistant", "content": "words", "finishReason": "null"}
    return {
        "requestId": "requestId",
        "choices": [{"messages": [message], "stopReason": "null"}],
        "context": context(**more),
        "stop": False,
    }


def model_of(send: Send) -> str:
    """The shell's body names no model: the default answers."""
    return "xingchen-plus-v2" if send is by_curl else "xingchen-plus"


@dataclass
class Read:
    """What the examples' reading loop makes of a stream."""

    frames: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None

    @property
    def texts(self) -> list[str]:
        return [frame["choices"][0]["messages"][0]["content"] for frame in self.frames]


def read_loop(body: str) -> Read:
    """Line by line: `data:` is cut off and the rest is JSON; `event:error` speaks of the next line.

    There is no allowance for a blank, a terminator or a comment, as there is none in the examples.
    """
    read, failed = Read(), False
    for line in body.split("\n"):
        if line == "event:error":
            failed = True
        elif line:
            assert line.startswith("data:{"), line
            told = json.loads(line[len("data:") :])
            if failed:
                read.error = told
            else:
                read.frames.append(told)
    return read


def check_plain(answer: Answer) -> Any:
    """A whole answer on the wire; its body."""
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == JSON_TYPE
    check_bare(answer)
    return answer.json()


def check_stream(answer: Answer) -> Read:
    """A stream on the wire; what the loop reads of it."""
    assert answer.headers["content-type"] == STREAM_TYPE
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.headers["x-accel-buffering"] == "no"
    check_bare(answer)
    assert answer.body.endswith("\n\n") and "\n\n\n" not in answer.body
    return read_loop(answer.body)


def check_bare(answer: Answer) -> None:
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers


# Role chat


@ways
def test_role_chat_answers_at_once(server, send):
    headers = headers_of(send, server, "aca-chat-send", stream=False)
    body = check_plain(send(server, CHAT, body_of(send), headers))
    assert Mask()(body) == {
        "requestId": "requestId",
        "code": 200,
        "data": data(modelName=model_of(send)),
        "success": True,
    }


@ways
def test_role_chat_streams_the_whole_text_again_and_again(server, send):
    headers = headers_of(send, server, "aca-chat-send-sse", stream=True)
    read = check_stream(send(server, CHAT, body_of(send), headers))
    assert read.error is None and len(read.frames) > 3
    *before, last = Mask()(read.frames)
    assert before == [middle(modelName=model_of(send))] * len(before)
    assert last == data(modelName=model_of(send))
    *growing, whole = read.texts
    assert all(longer.startswith(text) and longer != text for text, longer in pairwise(growing))
    assert whole == growing[-1]


@ways
def test_role_chat_streams_pieces(server, send):
    headers = headers_of(send, server, "aca-chat-send-sse", stream=True)
    read = check_stream(send(server, CHAT, body_of(send, incremental=True), headers))
    assert read.error is None and len(read.frames) > 3
    *before, last = Mask()(read.frames)
    assert before == [middle(modelName=model_of(send))] * len(before)
    assert last == data("", modelName=model_of(send))


def test_every_way_of_asking_says_the_same_to_the_same_seed(server):
    plain = by_python(
        server, CHAT, python_body(False), python_headers(server, "aca-chat-send")
    ).json()
    whole = plain["data"]["choices"][0]["messages"][0]["content"]
    headers = python_headers(server, "aca-chat-send-sse")
    assert read_loop(by_python(server, CHAT, python_body(False), headers).body).texts[-1] == whole
    pieces = read_loop(by_python(server, CHAT, python_body(True), headers).body).texts
    assert "".join(pieces) == whole


def test_the_other_spelling_of_the_output_mode_is_known(server):
    """As the Go SDK writes it, which says in the body too that it streams."""
    told = json.loads(python_body(True))
    told["parameters"]["incremental_output"] = told["parameters"].pop("incrementalOutput")
    body = json.dumps(told | {"streaming": True})
    answer = by_python(server, CHAT, body, python_headers(server, "aca-chat-send-sse"))
    assert check_stream(answer).texts[-1] == ""


SSE = "aca-chat-send-sse"
PLAIN = "aca-chat-send"


@pytest.mark.parametrize(
    ("service", "more", "streams"),
    [
        (SSE, {}, True),
        (PLAIN, {}, False),
        ("", {}, False),
        (PLAIN, {"X-AcA-SSE": "enable"}, True),
        (PLAIN, {"X-AcA-SSE": "ENABLE"}, True),
        (PLAIN, {"X-DashScope-SSE": "enable"}, True),
        (SSE, {"X-AcA-SSE": "disable"}, False),
        (SSE, {"X-DashScope-SSE": "disable"}, False),
        (PLAIN, {"X-AcA-SSE": "enable", "X-DashScope-SSE": "disable"}, True),
        (SSE, {"X-AcA-SSE": "disable", "X-DashScope-SSE": "enable"}, False),
        (PLAIN, {"Accept": STREAM_TYPE}, False),
        (SSE, {"Accept": "application/json"}, True),
        ("a-service-nobody-knows", {}, False),
    ],
)
def test_headers_say_whether_it_streams_and_accept_says_nothing(server, service, more, streams):
    headers = python_headers(server, service, **more)
    answer = by_python(server, CHAT, python_body(False), headers)
    assert answer.status == 200
    wanted = STREAM_TYPE if streams else JSON_TYPE
    assert answer.headers["content-type"] == wanted


def raw(server: Served, method: str, path: str, body: str = "", **headers: str) -> Answer:
    """A call whose path goes out exactly as it stands."""
    place = urlsplit(server.address)
    line = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    try:
        known = python_headers(server, PLAIN) | headers
        line.request(method, path, body.encode(), known)
        answer = line.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, named, answer.read().decode())
    finally:
        line.close()


@pytest.mark.parametrize("path", ["/" + CHAT, CHAT + "/", "/" + CHAT + "/", "/v2//api//chat/send"])
def test_slashes_too_many_lead_to_the_same_place(server, path):
    body = check_plain(raw(server, "POST", path, python_body(False)))
    assert Mask()(body)["data"] == data(enableDataInspection=False)


def test_a_key_may_have_a_blank_behind_it(server):
    check_plain(
        raw(server, "POST", CHAT, python_body(False), Authorization=f"Bearer {server.key} ")
    )


# What goes wrong


def error(number: int, status: int, name: str, key: str, words: str) -> dict[str, Any]:
    return {
        "requestId": "requestId",
        "code": number,
        "errorCode": number,
        "errorName": name,
        "errorMessage": words,
        "errorMessageKey": f"aca.error.{key}",
        "httpStatusCode": status,
        "success": False,
    }


WRONG = error(
    400,
    401,
    "InvalidToken",
    "invalid.token",
    "Unauthorized user! apikey is invalid. Send Authorization: Bearer <key>",
)
UNREADABLE = error(
    400,
    400,
    "Unreadable",
    "invalid.request.params.unreadable",
    "Request Params Unreadable: the body is no JSON: Expecting value at line 1, column 11",
)
NO_TALK = error(400, 400, "InvalidParam", "invalid.param", "Invalid Param: input Field required")
FAULTS = {
    "wrong key": (WRONG_KEY, None, WRONG),
    "broken body": (None, '{"input": }', UNREADABLE),
    "empty body": (None, "{}", NO_TALK),
}


def faulty(server: Served, send: Send, fault: str, service: str) -> tuple[Answer, dict[str, Any]]:
    key, body, expected = FAULTS[fault]
    headers = headers_of(send, server, service, stream=service == SSE)
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return send(server, CHAT, body or body_of(send), headers), expected


@ways
@pytest.mark.parametrize("fault", FAULTS)
def test_a_plain_call_that_is_wrong_has_a_status_and_a_body(server, send, fault):
    answer, expected = faulty(server, send, fault, PLAIN)
    assert answer.status == expected["httpStatusCode"]
    assert answer.headers["content-type"] == JSON_TYPE
    check_bare(answer)
    assert Mask()(answer.json()) == expected


@ways
@pytest.mark.parametrize("fault", FAULTS)
def test_a_stream_that_is_wrong_is_an_error_event(server, send, fault):
    answer, expected = faulty(server, send, fault, SSE)
    assert answer.body.startswith("event:error\ndata:{")
    assert answer.headers["content-type"] == STREAM_TYPE
    check_bare(answer)
    read = read_loop(answer.body)
    assert read.frames == []
    assert Mask()(read.error) == expected


def test_a_stream_that_breaks_off_ends_with_an_error_event(server):
    body = python_body(False).replace(
        json.dumps("http://灯塔 是什么地方？"), '"/demo fail upstream late"'
    )
    answer = by_python(server, CHAT, body, python_headers(server, SSE))
    read = check_stream(answer)
    assert read.frames
    assert Mask()(read.frames) == [middle(enableDataInspection=False)] * len(read.frames)
    assert Mask()(read.error) == error(
        502, 502, "ServiceFault", "service.fault", "Service Fault: the engine failed"
    )


@pytest.mark.parametrize("path", [CHAT, COMPLETIONS, "/v2/api/character/create"])
def test_a_wrong_verb_is_told_of(server, path):
    answer = raw(server, "GET", path)
    assert answer.status == 400
    assert Mask()(answer.json()) == error(
        400,
        400,
        "WrongMethod",
        "invalid.request.method",
        "Invalid Request Method: this path takes POST",
    )


def test_a_path_that_is_not_there_is_told_of_in_json(server):
    answer = raw(server, "POST", "/v2/api/no/such/thing", "{}")
    assert answer.headers["content-type"] == JSON_TYPE
    assert answer.json()["errorMessageKey"] == "aca.error.notfound"


# Verbs of the older version


def test_characters_are_changed_by_put_and_taken_away_by_delete(server):
    sheet = {"name": "摆渡人", "basicInformation": "在河上撑船。"}
    made = raw(server, "POST", "/v2/api/character/create", json.dumps(sheet)).json()
    key = made["data"]["characterId"]
    changed = json.dumps(sheet | {"characterId": key, "openingLine": "上船吧。"})
    done = {"requestId": "requestId", "code": 200, "data": True, "success": True}
    assert Mask()(raw(server, "PUT", "/v2/api/character/update", changed).json()) == done
    found = raw(server, "GET", f"/v2/api/character/details?characterId={key}&version=1").json()
    assert found["data"]["openingLine"] == "上船吧。"
    newer = json.dumps(sheet | {"characterId": key, "version": 2})
    versions = "/v2/api/character/createOrUpdateVersion"
    assert raw(server, "PUT", versions, newer).json()["data"]["version"] == 2
    away = f"/v2/api/character/delete?characterId={key}&version=1"
    assert Mask()(raw(server, "DELETE", away).json()) == done
    gone = raw(server, "GET", f"/v2/api/character/details?characterId={key}").json()
    assert gone["errorMessageKey"] == "aca.error.notfound"


# An assistant and its tool


def completion(message: dict[str, Any], reason: str = "stop", spent: Any = "count") -> Any:
    return {
        "id": "id",
        "created": "now",
        "model": "xingchen-plus-v2",
        "choices": [{"index": 1, "finish_reason": reason, "message": message}],
        "usage": {"prompt_tokens": spent, "completion_tokens": spent, "total_tokens": spent},
        "stop": reason == "stop",
    }


CALL = {
    "id": "001",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"location": "杭州", "format": "celsius"}'},
}
CALLED = {"role": "assistant", "content": "", "tool_calls": [CALL]}
ANSWERED = {"role": "assistant", "content": "words", "tool_calls": []}


def completed(
    server: Served, send: Send, messages: list[dict[str, Any]], stream: bool
) -> list[Any]:
    """The frames of a stream, or the one object of a plain answer."""
    headers = (shell_headers if send is by_curl else python_headers)(server, "aca-completion")
    answer = send(server, COMPLETIONS, tool_body(messages, stream), headers)
    if not stream:
        return [check_plain(answer)]
    read = check_stream(answer)
    assert read.error is None
    return read.frames


@ways
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streaming"])
def test_the_weather_is_asked_for_and_told(server, send, stream):
    (asked,) = completed(server, send, ASKED, stream)
    assert Mask()(asked) == completion(CALLED)

    # The example repeats the call under the tool's name, and answers it under its id.
    said = asked["choices"][0]["message"]
    repeated = said | {"tool_calls": [said["tool_calls"][0] | {"id": "weather"}]}
    result = {"role": "tool", "tool_call_id": "001", "content": '{"temperature": 26}'}
    frames = completed(server, send, [*ASKED, repeated, result], stream)
    *before, last = Mask()(frames)
    assert last == completion(ANSWERED)
    assert before == [completion(ANSWERED, "null", 0)] * len(before)
    assert len(before) > 3 or not stream
    assert "26" in frames[-1]["choices"][0]["message"]["content"]


def test_the_parts_of_usage_add_up(server):
    for messages in (ASKED, [*ASKED[:1], {"role": "user", "content": "你好"}]):
        (told,) = completed(server, by_python, messages, stream=False)
        spent = told["usage"]
        assert spent["prompt_tokens"] + spent["completion_tokens"] == spent["total_tokens"]


@ways
def test_an_assistants_stream_says_the_whole_text_again_and_again(server, send):
    frames = completed(server, send, [{"role": "user", "content": "你好"}], stream=True)
    texts = [frame["choices"][0]["message"]["content"] for frame in frames]
    *growing, whole = texts
    assert len(growing) > 3
    assert all(longer.startswith(text) and longer != text for text, longer in pairwise(growing))
    assert whole == growing[-1]


@ways
@pytest.mark.parametrize("fault", ["wrong key", "broken body"])
def test_an_assistants_faults_are_told_as_role_chats(server, send, fault):
    key, body, expected = FAULTS[fault]
    headers = python_headers(server, "aca-completion")
    if key:
        headers["Authorization"] = f"Bearer {key}"
    answer = send(server, COMPLETIONS, body or tool_body(ASKED, True), headers)
    told = read_loop(answer.body).error if body is None else answer.json()
    assert Mask()(told) == expected
    check_bare(answer)
