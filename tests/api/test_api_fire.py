"""Five thousand generated calls: none is a fault of ours, and none that is refused leaves a trace.

All of them fly where CI runs (some forty seconds of one core), elsewhere a part; `FIRE` says how many.
"""

import json
import os
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, given, settings

from characters.models import Character
from roleplay.api.openapi import document
from tests.api.conftest import Answer, Caller
from tests.api.fire import Fire, Shot

FIRE = int(os.environ.get("FIRE", "5000" if os.environ.get("CI") else "1500"))
VOLLEYS = 4
# What calls may be answered with. The 5xx are an engine's: the demo engine fails where it is told
# to, and has nothing to say where it may say next to nothing.
STATUSES = {200, 400, 403, 404, 409, 416, 417, 429, 502, 503, 504}
ERROR = {
    *("requestId", "code", "errorCode", "errorName", "errorMessage", "errorMessageKey"),
    *("httpStatusCode", "success"),
}
OF_ENGINES = {"ServiceFault", "Refused", "TooLong", "Throttled", "TimedOut"}


def counts() -> tuple[int, ...]:
    """Rows of every table, in one query."""
    tables = sorted({model._meta.db_table for model in apps.get_models()})
    counted = ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counted}")
        row = cursor.fetchone()
    return tuple(row)


@pytest.fixture
def things(caller: Caller, bob: Any, mei: Character) -> dict[str, list[str]]:
    """Ids of what is there, by the fields that name them: alice's, bob's, and nobody's."""
    hidden = Character.objects.create(name="Hidden", owner=bob)
    sheet = {"name": "Pip", "basicInformation": "Pip is small."}
    # More than one, since some calls take theirs away.
    own = [caller.post("character/create", sheet).data["characterId"] for _ in range(12)]
    aca = {"botProfile": {"characterId": own[0]}, "userProfile": {"userId": "u-1"}}
    said = {"messages": [{"role": "user", "content": "Hello."}], "aca": aca}
    context = caller.post("chat/send", {"input": said}).data["context"]
    characters = [*own, mei.pk.hex, mei.pk.hex, str(mei.pk), hidden.pk.hex, "0" * 32, "nobody"]
    return {
        "characterId": characters,
        "character_id": characters,
        "key": characters,
        "model": [f"character/{one}" for one in characters],
        "messageId": [context["answerId"], context["queryId"], "0" * 32],
        "queryId": [context["queryId"]],
        "answerId": [context["answerId"]],
        "requestId": [context["requestId"], "nothing"],
        "sessionId": [context["sessionId"]],
        "userId": ["u-1"],
        "bizUserId": ["u-1"],
        "botName": ["Hello.", "a", "1"],
        "orderBy": ["gmtCreate desc", "gmtModified desc"],
    }


def sent(caller: Caller, shot: Shot) -> Answer:
    return caller._answer(
        caller.client.generic(
            shot.verb,
            shot.path,
            shot.body,
            content_type="application/json",
            headers=caller.headers | shot.headers,
        )
    )


def error_of(shot: Shot, answer: Answer) -> Any:
    """The error in this answer, of the documented shape; None where it went well."""
    kind = answer.headers["Content-Type"]
    if kind.startswith("text/event-stream"):
        *_, last = answer.text.removesuffix("\n\n").split("\n\n")
        *event, data = last.split("\n")
        data = data.removeprefix("data:").strip()
        if shot.path.startswith("/v1") and '"error"' in data:
            return theirs(json.loads(data))
        if event != ["event:error"]:
            assert data == "[DONE]" or json.loads(data)["stop"] is True
            return None
        return ours(json.loads(data))
    assert kind == "application/json;charset=UTF-8"
    body = json.loads(answer.text)
    if shot.path.startswith("/v1"):
        return theirs(body) if "error" in body else None
    return ours(body) if "errorCode" in body else None


def ours(body: Any) -> Any:
    assert set(body) - {"retryAfter"} == ERROR
    assert body["success"] is False
    assert type(body["errorCode"]) is int is type(body["httpStatusCode"])
    assert len(body["errorMessage"]) < 2_000
    return body


def theirs(body: Any) -> Any:
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return body | {"errorName": body["error"]["type"]}


def check(caller: Caller, shot: Shot) -> str:
    """Sends it; what came of it."""
    before = counts()
    answer = sent(caller, shot)
    assert answer.status in STATUSES
    error = error_of(shot, answer)
    if error is None:
        assert answer.status == 200
        return "accepted"
    # An engine that was asked has cost something; whatever is refused before leaves nothing.
    name = error["errorName"]
    if name not in OF_ENGINES and answer.status not in (429, 502):
        assert counts() == before, "a call that was refused left something behind"
    return name


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("volley", range(VOLLEYS))
def test_no_call_that_the_document_can_make_is_a_fault_of_ours(caller, things, volley, settings):
    settings.CHARACTERS_PER_PERSON = 50
    met: Counter[str] = Counter()
    for shot in Fire(volley, things).shots(FIRE // VOLLEYS):
        try:
            met[check(caller, shot)] += 1
        except Exception as error:
            error.add_note(f"{shot.verb} {shot.path} {shot.headers} {shot.body[:4_000]!r}")
            raise
    assert "Broken" not in met
    # Not all at the door: what made sense was answered.
    print(dict(met))
    assert met["accepted"] > sum(met.values()) / 5
    assert met["InvalidParam"] > 0


@pytest.mark.usefixtures("impatient")
def test_nor_any_that_a_tool_makes_of_it(caller, things):
    """Schemathesis thinks of other things than we do; it takes its time over each."""
    schema = schemathesis.openapi.from_dict(document())
    operations = [found.ok() for found in schema.get_all_operations()]
    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
        for operation in operations:

            @settings(
                max_examples=max(1, FIRE // 2500),
                derandomize=True,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(operation.as_strategy(generation_mode=mode))
            def fire(case: Any) -> None:
                check(caller, shot_of(case))

            fire()


def shot_of(case: Any) -> Shot:
    """Its case as a request of ours: the key is a good one, and no header is a lie."""
    body = case.body
    if not isinstance(body, bytes):
        body = b"" if type(body).__name__ == "NotSet" else json.dumps(body).encode()
    query = "?" + urlencode(case.query, doseq=True) if case.query else ""
    return Shot(case.method, case.formatted_path + query, body)
