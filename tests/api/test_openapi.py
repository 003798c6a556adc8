"""The OpenAPI document: valid, whole, and true of what is answered."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from django.test import Client
from schemathesis.specs.openapi.definitions import OPENAPI_31

from characters.models import Character
from roleplay.accounts.models import SCOPES
from roleplay.api.examples import BODIES
from roleplay.api.openapi import DOORS, document, is_offered
from roleplay.api.urls import urlpatterns
from tests.api.conftest import CUSTOM, Answer, Caller

VERBS = ("get", "post", "put", "delete")
OPERATIONS = {
    f"{verb.upper()} {address}": operation
    for address, path in document()["paths"].items()
    for verb, operation in path.items()
    if verb in VERBS
}
WITH_BODIES = sorted({name.split()[1] for name in OPERATIONS if "requestBody" in OPERATIONS[name]})
ADDRESSES = list(document()["paths"])
NOBODY = "0123456789abcdef0123456789abcdef"
TOLD = {"role": "user", "content": "My name is Lin and I like kites."}
LOOKED_FOR = [{"enabled": True, "memoryText": "name"}]


# What the document says


def closed(components: Any) -> Any:
    """The same schemas, with room for nothing that they do not name."""
    told = copy.deepcopy(components)
    for schema in told["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return told


def faults(schema: Any, value: Any, components: Any = None) -> list[str]:
    whole = {**schema, "components": components or closed(document()["components"])}
    return [str(fault) for fault in jsonschema_rs.Draft202012Validator(whole).iter_errors(value)]


def told_of(operation: Any, status: int, kind: str) -> Any:
    """What the document says of an answer of this status and media type."""
    found = operation["responses"][str(status)]
    if "$ref" in found:
        found = document()["components"]["responses"][found["$ref"].rpartition("/")[2]]
    return found["content"][kind]


def served(root: str) -> set[str]:
    """The addresses below it that have names."""
    names = {f"/{pattern.name}" for pattern in urlpatterns}
    catch_the_rest = {"/v2/api", "/v1/api", "/v1"}
    return {name for name in names - catch_the_rest if name.startswith(f"/{root}/")}


def events_of(answer: Answer) -> list[dict[str, str]]:
    """The events of a stream as their readers see them."""
    return [
        {
            line.partition(":")[0]: line.partition(":")[2].removeprefix(" ")
            for line in frame.split("\n")
        }
        for frame in answer.text.split("\n\n")[:-1]
    ]


def misfits(schema: Any, event: dict[str, str]) -> list[str]:
    """What is wrong with an event, and with the JSON in it."""
    data = schema["properties"]["data"]
    found = faults(schema, event)
    if "contentSchema" in data:
        found += faults(data["contentSchema"], json.loads(event["data"]))
    return found


def fill(address: str) -> str:
    return address.replace("{character_id}", NOBODY).replace("{key}", NOBODY)


# The document itself


def test_it_is_valid_openapi():
    assert document()["openapi"] == "3.1.0"
    found = jsonschema_rs.Draft202012Validator(OPENAPI_31).iter_errors(document())
    assert [str(fault) for fault in found] == []


def test_a_tool_for_such_documents_reads_every_call_of_it():
    read = schemathesis.openapi.from_dict(document()).get_all_operations()
    assert sorted(f"{one.ok().method.upper()} {one.ok().path}" for one in read) == sorted(
        OPERATIONS
    )


def test_every_shape_it_names_is_used_and_every_shape_it_uses_is_there():
    text = json.dumps(document())
    named = document()["components"]["schemas"]
    unused = [name for name in named if f'"#/components/schemas/{name}"' not in text]
    assert unused == []
    assert all(part.split('"')[0] in named for part in text.split('"#/components/schemas/')[1:])


def test_no_two_calls_have_one_name():
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert sorted(set(names)) == sorted(names)


def test_it_has_every_address_and_no_other():
    assert set(ADDRESSES) == served("v2/api") | (served("v1") - served("v1/api"))


def test_the_old_address_has_the_same_paths_and_the_document_says_so():
    old = {address.replace("/v1/api/", "/v2/api/") for address in served("v1/api")}
    assert old == served("v2/api")
    assert "`/v1/api`" in document()["info"]["description"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_path_takes_the_verbs_it_is_said_to_and_no_other(address, db):
    # Without a key: what is let in so far asks for one.
    let_in = [
        verb
        for verb in (*VERBS, "patch")
        if Client().generic(verb.upper(), fill(address)).status_code == 401
    ]
    assert let_in == [verb for verb in VERBS if verb in document()["paths"][address]]


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_call_needs_the_scope_it_is_said_to(name, alice):
    verb, address = name.split()
    scope = OPERATIONS[name]["x-scope"]
    others = [one for one in SCOPES if one != scope]
    assert scope in SCOPES
    headers = Caller(alice, others).headers
    answer = Client().generic(verb, fill(address), headers=headers)
    assert f"this key has no scope {scope}" in answer.content.decode()


@pytest.mark.parametrize("address", WITH_BODIES)
def test_its_examples_are_of_the_shapes_that_are_asked_for(address):
    body = OPERATIONS[f"POST {address}"]["requestBody"]["content"]["application/json"]
    shape = next(
        route.asks
        for root, routes in DOORS.items()
        for route in routes
        if root + route.path == address
    )
    assert shape is not None
    for example in body.get("examples", {}).values():
        assert faults(body["schema"], example["value"]) == []
        shape.model_validate(example["value"])


def test_every_call_with_a_body_has_an_example():
    assert set(WITH_BODIES) == set(BODIES)


# What is answered


@dataclass(frozen=True)
class Stage:
    """A program of alice, with a character of hers and something said to it."""

    caller: Caller
    own: str
    said: dict[str, Any]

    def dialogue(self, **context: Any) -> dict[str, Any]:
        body = json.loads(json.dumps(CUSTOM))
        body["input"]["aca"]["botProfile"] = {"characterId": self.own}
        body["input"]["aca"]["context"] = context
        return body

    def group(self) -> dict[str, Any]:
        return BODIES["/v2/api/groupchat/send"]["member"]

    def again(self) -> dict[str, Any]:
        return self.dialogue(queryId=self.said["queryId"])


@pytest.fixture
def stage(caller: Caller) -> Stage:
    begun = {"name": "Pip", "basicInformation": "Pip is small.", "openingLine": "Oh!"}
    own = caller.post("character/create", begun).data["characterId"]
    Character.objects.filter(pk=own).update(allows_api=True)
    stage = Stage(caller, own, {})
    said = caller.post("chat/send", stage.dialogue()).data
    return Stage(caller, own, said["context"])


def model_talk(stage: Stage, **more: Any) -> dict[str, Any]:
    return {"model": f"character/{stage.own}", "messages": [TOLD], **more}


def memory_call(path: str, **more: Any) -> Callable[[Stage], Answer]:
    return lambda at: at.caller.post(path, {"messages": [TOLD], **more})


def named(at: Stage) -> dict[str, Any]:
    return {"characterId": at.own, "version": 1}


CALLS: dict[str, Callable[[Stage], Answer]] = {
    "POST /v2/api/chat/send": lambda at: at.caller.post("chat/send", at.dialogue()),
    "POST /v2/api/chat/generate": lambda at: at.caller.post("chat/generate", at.again()),
    "POST /v2/api/completions": lambda at: at.caller.post(
        "completions", BODIES["/v2/api/completions"]["tools"]
    ),
    "POST /v2/api/chat/completions": lambda at: at.caller.post(
        "chat/completions", {"messages": [TOLD]}
    ),
    "POST /v2/api/groupchat/send": lambda at: at.caller.post("groupchat/send", at.group()),
    "POST /v2/api/groupchat/nextSpeaker": lambda at: at.caller.post(
        "groupchat/nextSpeaker", at.group()
    ),
    "POST /v2/api/chat/stop": lambda at: at.caller.post("chat/stop", {"requestId": NOBODY}),
    "POST /v2/api/chat/rating": lambda at: at.caller.post(
        "chat/rating", {"messageId": at.said["answerId"], "rating": 5}
    ),
    **{
        f"POST /v2/api/{path}": lambda at, path=path: at.caller.post(  # type: ignore[misc]
            path, {"characterId": at.own, "bizUserId": "u-1", "content": "It rains."}
        )
        for path in ("chat/reminder", "chat/message/reminder")
    },
    "POST /v2/api/chat/reset": lambda at: at.caller.post(
        "chat/reset", {"characterId": at.own, "userId": "u-1"}
    ),
    "GET /v2/api/chat/polling/image": lambda at: at.caller.get(
        "chat/polling/image", messageId="1", userId="2"
    ),
    "POST /v2/api/chat/message/histories": lambda at: at.caller.post("chat/message/histories"),
    "POST /v2/api/character/create": lambda at: at.caller.post(
        "character/create", {"name": "Pip", "basicInformation": "Pip is small."}
    ),
    **{
        f"{verb} /v2/api/character/update": lambda at, verb=verb: at.caller.post(  # type: ignore[misc]
            "character/update", {**named(at), "traits": "Small."}, verb
        )
        for verb in ("POST", "PUT")
    },
    "GET /v2/api/character/details": lambda at: at.caller.get("character/details", **named(at)),
    **{
        f"{verb} /v2/api/character/delete": lambda at, verb=verb: at.caller.post(  # type: ignore[misc]
            "character/delete", named(at), verb
        )
        for verb in ("POST", "DELETE")
    },
    "POST /v2/api/character/search": lambda at: at.caller.post("character/search"),
    **{
        f"{verb} /v2/api/character/createOrUpdateVersion": lambda at, verb=verb: at.caller.post(  # type: ignore[misc]
            "character/createOrUpdateVersion", {"characterId": at.own}, verb
        )
        for verb in ("POST", "PUT")
    },
    "GET /v2/api/character/versions/{character_id}": lambda at: at.caller.get(
        f"character/versions/{at.own}"
    ),
    "GET /v2/api/character/newversion/recommend/{character_id}": lambda at: at.caller.get(
        f"character/newversion/recommend/{at.own}"
    ),
    "POST /v2/api/extract/kv": memory_call("extract/kv", kvMemoryConfigs=LOOKED_FOR),
    "POST /v2/api/extract/summary": memory_call("extract/summary"),
    "POST /v2/api/character/auto/desc": lambda at: at.caller.post(
        "character/auto/desc", {"type": "text", "text": "Mei mends kites by the old bridge."}
    ),
    "GET /v1/models": lambda at: at.caller.get("models", "/v1/"),
    "GET /v1/models/character/{key}": lambda at: at.caller.get(
        f"models/character/{at.own}", "/v1/"
    ),
    "POST /v1/chat/completions": lambda at: at.caller.ask("chat/completions", model_talk(at)),
}
OFFERED = [name for name, told in OPERATIONS.items() if told.get("x-offered", True)]
REFUSED = [name for name in OPERATIONS if name not in OFFERED]
STREAMS: dict[str, Callable[[Stage], Answer]] = {
    "POST /v2/api/chat/send": lambda at: at.caller.stream("chat/send", at.dialogue()),
    "POST /v2/api/chat/generate": lambda at: at.caller.stream("chat/generate", at.again()),
    "POST /v2/api/groupchat/send": lambda at: at.caller.stream("groupchat/send", at.group()),
    "POST /v2/api/completions": lambda at: at.caller.post(
        "completions", {"messages": [TOLD], "stream": True}
    ),
    "POST /v2/api/chat/completions": lambda at: at.caller.post(
        "chat/completions", {"messages": [TOLD], "stream": True}
    ),
    "POST /v1/chat/completions": lambda at: at.caller.ask(
        "chat/completions", model_talk(at, stream=True, stream_options={"include_usage": True})
    ),
}


@pytest.mark.parametrize("name", OFFERED)
def test_answers_are_what_it_says(name, stage):
    answer = CALLS[name](stage)
    assert answer.status == 200, answer.text
    told = told_of(OPERATIONS[name], 200, "application/json")
    assert faults(told["schema"], answer.body) == []


@pytest.mark.parametrize(
    "name",
    [name for name in OFFERED if "text/event-stream" in str(OPERATIONS[name]["responses"]["200"])],
)
def test_frames_are_what_it_says(name, stage):
    answer = STREAMS[name](stage)
    assert answer.headers["Content-Type"] == "text/event-stream;charset=UTF-8"
    frame, fault, *done = told_of(OPERATIONS[name], 200, "text/event-stream")["schema"]["anyOf"]
    *events, last = events_of(answer)
    assert events
    assert [misfits(frame, event) for event in events] == [[]] * len(events)
    assert misfits(done[0] if done else frame, last) == []
    # The schemas can tell these apart.
    assert misfits(fault, events[0]) != []


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_offered_says_so_in_the_shape_it_says(name, caller):
    verb, address = name.split()
    answer = caller.post(address.removeprefix("/v2/api/"), method=verb)
    told = told_of(OPERATIONS[name], answer.status, "application/json")
    assert (answer.status, answer.key) == (400, "service.not.offered")
    assert faults(told["schema"], answer.body) == []
    assert "200" not in OPERATIONS[name]["responses"]


def test_every_path_that_is_not_offered_is_marked():
    marked = {name.split()[1] for name in REFUSED}
    assert marked == {
        root + route.path
        for root, routes in DOORS.items()
        for route in routes
        if not is_offered(route)
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_errors_are_what_it_says(name, db):
    verb, address = name.split()
    wrong = {"Authorization": "Bearer lm-wrong"}
    answer = Client().generic(verb, fill(address), headers=wrong)
    told = told_of(OPERATIONS[name], answer.status_code, "application/json")
    assert answer.status_code == 401
    assert faults(told["schema"], answer.json()) == []


def test_an_error_in_a_stream_is_what_it_says(stranger):
    answer = stranger.stream("chat/send", CUSTOM)
    told = told_of(OPERATIONS["POST /v2/api/chat/send"], 401, "text/event-stream")
    [event] = events_of(answer)
    assert event["event"] == "error"
    assert misfits(told["schema"], event) == []


def test_sections_that_are_null_are_within_it_and_let_pass(caller, custom):
    for section in ("scenario", "memory", "context", "functionChoice", "sampleMessages"):
        custom["input"]["aca"][section] = None
    custom["parameters"] = {"topP": None, "incrementalOutput": None}
    schema = document()["components"]["schemas"]["ChatRequest"]
    assert faults(schema, custom, document()["components"]) == []
    assert caller.post("chat/send", custom).status == 200


def test_what_is_needed_may_not_be_null(caller, custom):
    custom["input"]["aca"]["userProfile"] = None
    schema = document()["components"]["schemas"]["ChatRequest"]
    assert len(faults(schema, custom, document()["components"])) == 1
    assert caller.post("chat/send", custom).key == "invalid.param"


@pytest.mark.parametrize("when", [1_700_000_000_000, "2024-01-01T00:00:00", None])
def test_both_ways_to_write_a_time_are_within_it(caller, when):
    asked = {"where": {"startTime": when}}
    schema = document()["components"]["schemas"]["HistoryRequest"]
    assert faults(schema, asked, document()["components"]) == []
    assert caller.post("chat/message/histories", asked).status == 200


# How it is served


def test_it_is_open_to_everyone_and_may_be_kept(db):
    answer = Client().get("/developers/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.json() == {**document(), "servers": [{"url": "http://testserver"}]}
    assert not answer.cookies


def test_it_is_sent_once_to_who_keeps_it(db):
    first = Client().get("/developers/openapi.json")
    again = Client().get(
        "/developers/openapi.json", headers={"If-None-Match": first.headers["ETag"]}
    )
    elsewhere = Client().get(
        "/developers/openapi.json",
        headers={"If-None-Match": first.headers["ETag"], "Host": "localhost"},
    )
    assert (again.status_code, again.content) == (304, b"")
    assert elsewhere.json()["servers"] == [{"url": "http://localhost"}]


def test_it_is_in_english_for_everyone(db):
    answer = Client(headers={"Accept-Language": "zh-hans"}).get("/developers/openapi.json")
    stop = answer.json()["paths"]["/v2/api/chat/stop"]["post"]
    assert stop["summary"] == "End a running answer with what it has"


def test_it_is_only_read(db):
    assert Client().post("/developers/openapi.json").status_code == 405
