"""The vendor's own SDK, unchanged, against this site: only the host and the key are ours.

What is compared is what the SDK understood: the objects of its own classes, so that a field of a
wrong name or type is missed here as its users would miss it.
"""

from itertools import pairwise
from typing import Any

import pytest

from tests.clients.conftest import Run
from tests.clients.masks import Mask

pytestmark = pytest.mark.xdist_group("clients")

# What the SDK's class for it reads of `context`, for a role in words.
CONTEXT = {
    "answerId": "answerId",
    "enableDataInspection": False,
    "isSave": False,
    "modelName": "xingchen-plus-v2",
    "modelRequestId": "modelRequestId",
    "requestId": "requestId",
}
USAGE = {"inputTokens": "count", "outputTokens": "count", "userTokens": "count"}
SAID = {"role": "assistant", "content": "words", "finishReason": "stop"}
WENT_WELL = {"code": 200, "requestId": "requestId", "success": True}


def answer(message: dict[str, Any] = SAID, **context: Any) -> dict[str, Any]:
    """The SDK's ChatResult of a whole answer."""
    return {
        "choices": [{"messages": [message], "stopReason": "stop"}],
        "context": CONTEXT | context,
        "usage": USAGE,
    }


def going_on(message: dict[str, Any] = SAID, **context: Any) -> dict[str, Any]:
    """The same of a frame in the middle."""
    message = message | {"finishReason": "null"}
    return {
        "choices": [{"messages": [message], "stopReason": "null"}],
        "context": CONTEXT | context,
    }


def frame(result: dict[str, Any]) -> dict[str, Any]:
    """What the SDK itself puts around a frame."""
    return {"code": 200, "httpStatusCode": 200, "success": True, "chatResult": result}


def contents(frames: list[dict[str, Any]]) -> list[str]:
    return [one["chatResult"]["choices"][0]["messages"][0]["content"] for one in frames]


def check_cumulative(frames: list[dict[str, Any]], message: dict[str, Any] = SAID, **context: Any):
    mask, texts = Mask(), contents(frames)
    assert len(texts) > 3
    assert mask(frames) == [
        *(frame(going_on(message, **context)) for _ in texts[:-1]),
        frame(answer(message, **context)),
    ]
    assert all(longer.startswith(text) for text, longer in pairwise(texts))
    assert len(set(texts[:-1])) == len(texts) - 1
    # The last frame says the whole once more.
    assert texts[-1] == texts[-2]


def check_incremental(frames: list[dict[str, Any]], message: dict[str, Any] = SAID):
    texts = contents(frames)
    assert len(texts) > 3
    assert Mask()(frames) == [
        *(frame(going_on(message)) for _ in texts[:-1]),
        frame(answer(message | {"content": ""})),
    ]


@pytest.fixture(scope="module")
def chat(sdk: Run) -> dict[str, Any]:
    return sdk("sdk_chat.py")


@pytest.mark.parametrize("call", ["plain", "plain, slash", "everything"])
def test_a_role_in_words_answers_at_once(chat, call):
    assert Mask()(chat[call]) == WENT_WELL | {"chatResult": answer()}


@pytest.mark.parametrize("call", ["cumulative", "cumulative, slash"])
def test_a_stream_says_the_whole_text_again_and_again(chat, call):
    check_cumulative(chat[call])


def test_a_stream_of_pieces_says_each_once(chat):
    check_incremental(chat["incremental"])


def test_the_same_seed_says_the_same_in_every_way(chat):
    whole = chat["plain"]["chatResult"]["choices"][0]["messages"][0]["content"]
    assert contents(chat["cumulative"])[-1] == whole
    assert "".join(contents(chat["incremental"])) == whole


def test_inspection_that_was_asked_for_is_told_of(chat):
    inspected = answer(enableDataInspection=True)
    assert Mask()(chat["inspected"]) == WENT_WELL | {"chatResult": inspected}


def test_two_answers_come_together(chat):
    two = answer()
    two["choices"] *= 2
    assert Mask()(chat["two answers"]) == WENT_WELL | {"chatResult": two}


def test_an_answer_of_few_tokens_says_that_it_was_cut(chat):
    cut = answer(SAID | {"finishReason": "length"})
    cut["choices"][0]["stopReason"] = "length"
    assert Mask()(chat["short"]) == WENT_WELL | {"chatResult": cut}
    assert chat["short"]["chatResult"]["usage"]["outputTokens"] <= 5


def test_a_role_calls_a_function_and_tells_what_it_found(sdk):
    told = sdk("sdk_functions.py")
    made = {"apiName": "weather", "parameters": {"location": "杭州", "format": "celsius"}}
    call = SAID | {"content": "", "functionCall": {"thought": "", "apiCallList": [made]}}
    assert Mask()(told["call"]) == WENT_WELL | {"chatResult": answer(call)}
    assert Mask()(told["call, stream"]) == [frame(answer(call))]
    assert Mask()(told["answer"]) == WENT_WELL | {"chatResult": answer()}
    assert "26" in told["answer"]["chatResult"]["choices"][0]["messages"][0]["content"]
    check_cumulative(told["answer, stream"])


# Status, number, key and words of each error, and the SDK's name for it on a plain call.
ERRORS = {
    "wrong key": (
        ("UnauthorizedException", 401, 400),
        "InvalidToken",
        "aca.error.invalid.token",
        "Unauthorized user! apikey is invalid. Send Authorization: Bearer <key>",
    ),
    "bad body": (
        ("BadRequestException", 400, 400),
        "InvalidParam",
        "aca.error.invalid.param",
        "Invalid Param: parameters.seed Input should be greater than or equal to 0",
    ),
    "no such character": (
        ("BadRequestException", 400, 404),
        "NotFound",
        "aca.error.notfound",
        "Not Found: there is no such character",
    ),
    "refused": (
        ("BadRequestException", 400, 416),
        "Refused",
        "aca.error.data.inspection",
        "DataInspectionFailed: Input or output data may contain inappropriate content.",
    ),
}


@pytest.fixture(scope="module")
def errors(sdk: Run) -> dict[str, Any]:
    return sdk("sdk_errors.py")


def error_of(call: str) -> tuple[str, dict[str, Any]]:
    (raised, status, number), name, key, words = ERRORS[call]
    return raised, {
        "requestId": "requestId",
        "code": number,
        "errorCode": number,
        "errorName": name,
        "errorMessage": words,
        "errorMessageKey": key,
        "httpStatusCode": status,
        "success": False,
    }


@pytest.mark.parametrize("call", ERRORS)
def test_a_plain_call_that_goes_wrong_raises_what_the_sdk_has_for_it(errors, call):
    raised, body = error_of(call)
    told = Mask()(errors[f"{call}, plain"])
    assert told == {"raised": raised, "status": body["httpStatusCode"], "body": body}


@pytest.mark.parametrize("call", ERRORS)
def test_a_stream_that_goes_wrong_is_one_error(errors, call):
    _, body = error_of(call)
    assert Mask()(errors[f"{call}, stream"]) == [body]


def test_a_stream_that_breaks_off_ends_with_the_error(errors):
    *frames, error = Mask()(errors["late, stream"])
    assert frames and frames == [frame(going_on())] * len(frames)
    assert error == {
        "requestId": "requestId",
        "code": 502,
        "errorCode": 502,
        "errorName": "ServiceFault",
        "errorMessage": "Service Fault: the engine failed",
        "errorMessageKey": "aca.error.service.fault",
        "httpStatusCode": 502,
        "success": False,
    }


def test_stopping_ends_the_answer_where_it_is(sdk):
    told = sdk("sdk_stop.py")
    mask = Mask()
    assert mask(told["stop"]) == WENT_WELL | {"data": True}
    rest = told["rest"]
    mask = Mask()
    assert mask(rest[-1]) == frame(answer())
    assert mask(rest[:-1]) == [frame(going_on())] * (len(rest) - 1)
    # 600 pieces were meant to come; what was shown stands.
    assert len(rest) < 100
    assert rest[-1]["chatResult"]["choices"][0]["messages"][0]["content"].startswith(told["shown"])
    for call in ("stop again", "stop nothing"):
        assert Mask()(told[call]) == WENT_WELL | {"data": False}


@pytest.fixture(scope="module")
def dialogue(sdk: Run) -> dict[str, Any]:
    return sdk("sdk_dialogue.py")


SAVED = {
    "isSave": True,
    "queryId": "queryId",
    # Its older names.
    "messageId": "answerId",
    "replyMessageId": "queryId",
    "chatId": "chatId",
    "sessionId": "chatId",
}


def test_a_character_of_the_platform_keeps_the_talk(dialogue):
    for turn in ("first", "second", "again"):
        told = Mask()(dialogue[turn])
        assert told == WENT_WELL | {"chatResult": answer(**SAVED)}


def test_a_message_is_rated_and_a_strange_one_is_not(dialogue):
    assert Mask()(dialogue["rating"]) == WENT_WELL | {"data": True}
    told = Mask()(dialogue["rating of nothing"])
    assert (told["raised"], told["body"]["errorMessageKey"]) == (
        "BadRequestException",
        "aca.error.notfound",
    )


def row(
    number: int, kind: str, content: str = "words", rating: int | None = None
) -> dict[str, Any]:
    """A row of a message history as the SDK reads it."""
    if kind == "user":
        issuer = {"bizUserId": "rider-3", "userId": "1", "userName": "小林", "userType": "user"}
    else:
        who = {"bizUserId": "bizUserId", "userId": "bizUserId"}
        issuer = who | {"userName": "守塔人", "userType": "character"}
    rated = {} if rating is None else {"rating": rating}
    return {
        "chatId": "chatId",
        "content": content,
        "gmtCreate": "now",
        "isGreeting": kind == "opening_remarks",
        "messageId": f"messageId-{number}" if number > 1 else "messageId",
        "messageIssuer": issuer,
        "messageType": kind,
        "regenerateTimes": 0,
        "sessionId": "chatId",
        **rated,
    }


def test_the_history_tells_what_was_said_with_ratings(dialogue):
    rows = [
        row(1, "opening_remarks", "灯亮了，请进。"),
        row(2, "user", "你好"),
        row(3, "character"),
        row(4, "user", "雨大吗？"),
        row(5, "character", rating=5),
    ]
    page = {"list": rows, "page": 1, "pageOffsetValue": 0, "pageSize": 10, "total": 5}
    assert Mask()(dialogue["reminder"]) == WENT_WELL | {"data": True}
    # The reminder was the character's to read and nobody's words.
    assert Mask()(dialogue["histories"]) == WENT_WELL | {"data": page}


def test_an_answer_made_anew_stands_for_the_old_one(dialogue):
    before, after = (dialogue[name]["data"]["list"] for name in ("histories", "histories, again"))
    assert len(after) == len(before)
    assert after[:-1] == before[:-1]
    assert after[-1]["messageId"] == dialogue["again"]["chatResult"]["context"]["answerId"]
    assert after[-1]["messageId"] != before[-1]["messageId"]
    assert (before[-1]["regenerateTimes"], after[-1]["regenerateTimes"]) == (0, 1)


def test_after_a_reset_the_history_is_empty(dialogue):
    assert Mask()(dialogue["reset"]) == WENT_WELL | {"data": True}
    assert dialogue["histories, reset"]["data"]["list"] == []
    assert dialogue["histories, reset"]["data"]["total"] == 0


NOT_OFFERED = {
    "requestId": "requestId",
    "code": 415,
    "errorCode": 415,
    "errorName": "NotOffered",
    "errorMessageKey": "aca.error.service.not.offered",
    "httpStatusCode": 400,
    "success": False,
}


def check_not_offered(told: dict[str, Any]) -> None:
    body = Mask()(told["body"])
    assert body.pop("errorMessage").startswith("Service Not Offered: ")
    assert (told["raised"], told["status"], body) == ("BadRequestException", 400, NOT_OFFERED)


def test_a_picture_never_comes_and_its_poller_is_told(dialogue):
    told = Mask()(dialogue["picture"])
    assert told["data"].pop("errorMessage")
    assert told == WENT_WELL | {"data": {"taskId": "", "status": "NOT_OFFERED", "fileUrl": []}}


def test_knowledge_bases_and_conversion_of_files_are_not_offered(sdk):
    told = sdk("sdk_absent.py")
    assert len(told) == 10
    for outcome in told.values():
        check_not_offered(outcome)


@pytest.fixture(scope="module")
def characters(sdk: Run) -> dict[str, Any]:
    return sdk("sdk_characters.py")


SHEET = {
    "name": "摆渡人",
    "introduction": "夜里摆渡",
    "basicInformation": "摆渡人在河上撑了三十年船。",
    "openingLine": "上船吧，水不急。",
    "traits": "不问客人从哪里来",
    "chatExample": "{{user}}:远吗？\n{{char}}:不远，一支烟的工夫。",
    "type": "virtual",
    "chatObjective": "把客人平安送到对岸",
    "permConfig": {"isPublic": 0, "allowChat": 1, "allowApi": 1},
    "roleTypes": ["accompany"],
}
DETAILS = SHEET | {
    "characterId": "characterId",
    "version": 1,
    "majorVersion": 1,
    "versions": [1],
    "gmtCreate": "now",
    "gmtModified": "now",
    "manageable": True,
    "isPreConfigured": False,
    "tags": ["accompany"],
    "bubbles": [],
    "userId": "1",
    "modifiedBy": "1",
    "creator": "keeper",
    "auditStatus": "none",
    "configStatus": "offline",
}
CHANGED = DETAILS | {"openingLine": "等你很久了。"}
BOTH = {"majorVersion": 2, "versions": [1, 2]}


def test_a_character_is_made_and_found_as_it_was_told(characters):
    made, found = characters["create"], characters["details"]
    key = {"characterId": "characterId", "version": 1}
    assert Mask()(made) == WENT_WELL | {"data": key}
    assert Mask()(found) == WENT_WELL | {"data": DETAILS}
    assert found["data"]["characterId"] == made["data"]["characterId"]


def test_a_character_is_changed(characters):
    assert Mask()(characters["update"]) == WENT_WELL | {"data": True}
    assert Mask()(characters["details, changed"]) == WENT_WELL | {"data": CHANGED}


def test_a_search_finds_what_begins_so(characters):
    page = {"list": [CHANGED], "page": 1, "pageOffsetValue": 0, "pageSize": 10, "total": 1}
    assert Mask()(characters["search"]) == WENT_WELL | {"data": page}


def test_a_second_version_stands_beside_the_first(characters):
    second = DETAILS | BOTH | {"openingLine": "今晚有雾。", "version": 2}
    assert Mask()(characters["version"]) == WENT_WELL | {"data": second}
    assert Mask()(characters["versions"]) == WENT_WELL | {"data": [CHANGED | BOTH, second]}
    # The next number, on what stands now.
    assert Mask()(characters["recommended"]) == WENT_WELL | {"data": second | {"version": 3}}


def test_a_deleted_character_is_gone(characters):
    assert Mask()(characters["delete"]) == WENT_WELL | {"data": True}
    assert Mask()(characters["details, deleted"])["body"] == error_of("no such character")[1]
    assert characters["search, deleted"]["data"]["list"] == []


@pytest.fixture(scope="module")
def group(sdk: Run) -> dict[str, Any]:
    return sdk("sdk_group.py")


IN_GROUP = SAID | {"name": "老周"}


def test_the_one_who_was_called_speaks_next(group):
    told = Mask()(group["next"])
    assert told["data"].pop("thought")
    assert told == WENT_WELL | {"data": {"name": "老周", "usage": USAGE, "context": CONTEXT}}


def test_a_member_of_the_group_answers_at_once(group):
    assert Mask()(group["plain"]) == WENT_WELL | {"chatResult": answer(IN_GROUP)}


def test_a_member_of_the_group_answers_as_a_stream(group):
    check_cumulative(group["cumulative"], IN_GROUP)
    check_incremental(group["incremental"], IN_GROUP)


@pytest.fixture(scope="module")
def memory(sdk: Run) -> dict[str, Any]:
    return sdk("sdk_memory.py")


DONE_ONCE = {"usage": USAGE | {"userTokens": 0}, "context": CONTEXT}
BY_BASE = DONE_ONCE | {"context": CONTEXT | {"modelName": "xingchen-base"}}


def test_facts_are_taken_out_of_a_talk(memory):
    told = Mask()(memory["facts"])
    assert told["data"].pop("schemas") == [
        {"role": "user", "key": "姓名", "value": ["小林"]},
        {"role": "user", "key": "喜好", "value": ["下雨天"]},
    ]
    assert told == WENT_WELL | {"data": BY_BASE}


def test_a_talk_is_summed_up(memory):
    told = Mask()(memory["summary"])
    results = told["data"].pop("memoryResults")
    assert results and all(set(one) == {"content"} and one["content"] for one in results)
    assert told == WENT_WELL | {"data": BY_BASE}


def test_a_persona_is_written_from_a_text_and_not_from_an_address(memory):
    told = Mask()(memory["persona"])
    assert "钟" in told["data"].pop("content")
    assert told == WENT_WELL | {"data": DONE_ONCE}
    check_not_offered(memory["persona of a file"])


@pytest.fixture(scope="module")
def tools(sdk: Run) -> dict[str, Any]:
    return sdk("sdk_tools.py")


def completion(message: dict[str, Any], reason: str = "stop", spent: Any = "count") -> Any:
    """An object of the assistants' endpoint as the SDK reads it."""
    return {
        "id": "id",
        "created": "now",
        "model": "xingchen-plus-v2",
        "choices": [{"index": 1, "finish_reason": reason, "message": message}],
        "usage": {"prompt_tokens": spent, "completion_tokens": spent, "total_tokens": spent},
    }


ANSWERED = {"role": "assistant", "content": "words", "tool_calls": []}
CALLED = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {
            "id": "001",
            "type": "function",
            "function": {
                "name": "weather",
                "arguments": '{"location": "杭州", "format": "celsius"}',
            },
        }
    ],
}


def test_an_assistant_asks_for_its_tool(tools):
    assert Mask()(tools["call, plain"]) == completion(CALLED)
    *before, last = Mask()(tools["call, stream"])
    assert before == [] and last == completion(CALLED)


@pytest.mark.parametrize("call", ["answer", "words"])
def test_an_assistant_answers_at_once_and_as_a_stream(tools, call):
    assert Mask()(tools[f"{call}, plain"]) == completion(ANSWERED)
    frames = Mask()(tools[f"{call}, stream"])
    assert len(frames) > 3
    assert frames[-1] == completion(ANSWERED)
    assert frames[:-1] == [completion(ANSWERED, "null", 0)] * (len(frames) - 1)


def test_the_answer_tells_what_the_tool_found(tools):
    said = tools["answer, plain"]["choices"][0]["message"]["content"]
    assert "26" in said


def test_a_wrong_key_and_a_bad_body_are_told_of_here_too(tools):
    raised, body = error_of("wrong key")
    told = {"raised": raised, "status": 401, "body": body}
    assert Mask()(tools["wrong key, plain"]) == told
    assert Mask()(tools["wrong key, stream"]) == [body]
    (error,) = Mask()(tools["bad body, stream"])
    assert (error["errorCode"], error["errorMessageKey"]) == (400, "aca.error.invalid.param")
