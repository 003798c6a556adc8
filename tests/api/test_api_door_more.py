"""At the door: what is too much, whom a refusal reaches, and what is asked with HEAD."""

import pytest
from django.conf import settings
from django.test import Client
from pydantic import BaseModel

from roleplay.api import pages
from roleplay.api.bodies import read_shape
from roleplay.api.errors import InvalidParam
from roleplay.api.openapi import document
from roleplay.api.too_large import too_large

TOO_MUCH = "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
LATE = {"messages": [{"role": "user", "content": TOO_MUCH}], "stream": True}
EARLY = {"stream": True, "messages": [{"role": "user", "content": TOO_MUCH}]}
PLAIN = {"messages": [{"role": "user", "content": TOO_MUCH}]}
EVENTS = "text/event-stream"


# Too much


def test_a_thousand_parameters_are_an_invalid_one(caller, caplog):
    query = {f"n{number}": "1" for number in range(1001)}
    answer = caller.get("character/details", **query)
    assert (answer.status, answer.key) == (400, "invalid.param")
    assert caplog.records == []


@pytest.mark.parametrize(
    ("body", "accept", "streams"),
    [(EARLY, "*/*", True), (LATE, EVENTS, True), (PLAIN, "*/*", False)],
    ids=["says so first", "reads events", "says nothing"],
)
def test_a_body_beyond_the_limit_is_refused_as_its_reader_sees_it(caller, body, accept, streams):
    answer = caller.post("completions", body, Accept=accept)
    if streams:
        ((name, told),) = answer.events
        assert name == "error"
    else:
        told = answer.body
    assert answer.status == 400
    assert told["errorMessageKey"] == "aca.error.invalid.param"
    assert told["errorMessage"] == ("Invalid Param: the body is too large, or did not arrive whole")


def test_accept_says_nothing_of_a_body_that_can_be_read(caller):
    answer = caller.post("completions", {"messages": 7}, Accept=EVENTS)
    assert answer.key == "invalid.param"


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/v2/api/completions", EVENTS, EVENTS),
        ("/v2/api/completions", "*/*", "application/json"),
        ("/v2/api/chat/send", EVENTS, "application/json"),  # its own header says it
        ("/v1/chat/completions", EVENTS, "application/json"),  # its readers look at the status
    ],
)
def test_what_was_never_read_is_refused_as_its_reader_sees_it(path, accept, kind):
    answer = too_large(path, {b"accept": accept.encode()})
    assert answer.headers["Content-Type"].partition(";")[0] == kind


# What programmers read of a fault


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"stop": 7}, ["stop", "stop"]),  # neither a text nor a list
        ({"stop": ["x", 7]}, ["stop", "stop[1]"]),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 7}]}]}, None),
        ({"messages": [{"content": "x"}]}, ["messages[0].role"]),
    ],
    ids=["a number", "a number among texts", "a part", "no role"],
)
def test_a_fault_is_named_by_its_field_and_by_nothing_of_ours(caller, wrong, told):
    body = {"model": "character/x", "messages": [{"role": "user", "content": "x"}], **wrong}
    answer = caller.ask("chat/completions", body)
    assert answer.status == 400
    message = answer.body["error"]["message"].removeprefix("Invalid Param: ")
    places = [fault.split(" ")[0] for fault in message.split("; ")]
    assert not any(letter in message for letter in "()")
    if told:
        assert places == told
    else:
        assert {place.partition(".")[0] for place in places} == {"messages[0]"}


class Odd(BaseModel):
    values: dict[str, int | bool]


def test_a_field_that_is_called_like_a_form_of_ours_is_still_a_field():
    with pytest.raises(InvalidParam) as caught:
        read_shape(Odd, {"values": {"int": "x"}})
    assert caught.value.message == (
        "Invalid Param: values.int Input should be a valid integer, unable to parse string as an"
        " integer; values.int Input should be a valid boolean, unable to interpret input"
    )


# HEAD, and other verbs


@pytest.mark.parametrize("way", ["whole list", "one of it"])
def test_head_is_answered_like_get_without_the_body(caller, mei, way):
    path = "/v1/models" if way == "whole list" else f"/v1/models/character/{mei.pk}"
    asked = caller.client.get(path, headers=caller.headers)
    answer = caller.client.head(path, headers=caller.headers)
    assert (asked.status_code, answer.status_code, answer.content) == (200, 200, b"")
    assert answer.headers["Content-Type"] == asked.headers["Content-Type"]
    assert caller.client.head(path).status_code == 401


def test_a_wrong_verb_at_openais_door_names_the_right_ones(caller):
    for path, verb, allowed in (
        ("/v1/models", "POST", "GET, HEAD"),
        ("/v1/chat/completions", "GET", "POST"),
    ):
        answer = caller.client.generic(verb, path, headers=caller.headers)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
        assert answer.json()["error"]["type"] == "invalid_request_error"


def test_at_the_vendors_door_it_stays_as_documented(caller):
    answer = caller.client.head("/v2/api/character/details", headers=caller.headers)
    assert (answer.status_code, "Allow" in answer.headers) == (400, False)


# The document


def test_the_document_is_written_once_however_many_ask(db):
    pages._document.cache_clear()
    marks = []
    for host in ("testserver", "localhost", "testserver"):
        answer = Client().get("/developers/openapi.json", headers={"Host": host})
        assert answer.json() == {**document(), "servers": [{"url": f"http://{host}"}]}
        marks.append(answer.headers["ETag"])
    assert (marks[0] == marks[2], marks[0] == marks[1]) == (True, False)
    assert pages._document.cache_info().misses == 1
