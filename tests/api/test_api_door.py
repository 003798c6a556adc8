"""Who is let in, to what, and how everybody else is told."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from roleplay import wiring
from roleplay.accounts import api_keys
from roleplay.accounts.models import SCOPES, ApiKey
from roleplay.api.dialects import OPENAI
from roleplay.api.door import verbs_of
from roleplay.api.models_door import ROUTES as MODEL_ROUTES
from roleplay.api.route import Route
from roleplay.api.routes import ROUTES
from tests.api.conftest import STREAM, Answer, Caller
from tests.api.said import (
    BROKEN,
    INVALID,
    NO_KEY,
    NO_PERMISSION,
    NOT_FOUND,
    STREAM_TYPE,
    UNREADABLE,
    WRONG_METHOD,
    masked,
    path_of,
    rows,
    text_of,
)

ALL = [*ROUTES, *MODEL_ROUTES]
VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
every_route = pytest.mark.parametrize("route", ALL, ids=path_of)


def called(route: Route, verb: str = "", body: Any = None, **headers: str) -> Answer:
    """A call of this route as it is, from nobody unless a header says who."""
    content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    response = Client(enforce_csrf_checks=True).generic(
        verb or route.methods[0],
        path_of(route),
        content,
        content_type="application/json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    return Caller()._answer(response)


def streamed(route: Route, verb: str = "", **headers: str) -> Answer:
    """The same, as a stream."""
    body = {"stream": True} if route.stream == "body" else {}
    return called(route, verb, body, **({"X-AcA-SSE": "enable"} | headers))


def opening(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def told(answer: Answer) -> Any:
    """The masked body of an error, or of its event in a stream."""
    if answer.headers["Content-Type"] == STREAM_TYPE:
        ((name, body),) = answer.events
        assert name == "error"
        return masked(body)
    return masked(answer.body)


def fault_at(route: Route, fault: Any, detail: str = "") -> tuple[int, Any]:
    """HTTP status and body of this fault at this door."""
    body = fault(detail)
    if route.dialect is not OPENAI:
        return fault.status, body
    status = fault.number if fault.number in (403, 404) else fault.status
    status = 405 if fault is WRONG_METHOD else status
    kind, code = OPENAI.KINDS.get(status, ("invalid_request_error", None))
    error = {"message": body["errorMessage"], "type": kind, "param": None, "code": code}
    return status, {"error": error}


# Without a key


@every_route
def test_without_a_key_nothing_opens(db, route):
    answer = called(route)
    assert (answer.status, told(answer)) == fault_at(route, NO_KEY)
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize("route", [one for one in ALL if one.stream], ids=path_of)
def test_who_reads_a_stream_is_told_in_it(db, route):
    answer = streamed(route)
    assert (answer.status, told(answer)) == fault_at(route, NO_KEY)
    kind = "application/json;charset=UTF-8" if route.dialect is OPENAI else STREAM_TYPE
    assert answer.headers["Content-Type"] == kind


STRANGE = {
    "empty": "",
    "no word before it": "{key}",
    "another word": "Token {key}",
    "as a password": "Basic {key}",
    "a word alone": "Bearer",
    "a blank": "Bearer  ",
    "two keys": "Bearer {key} {key}",
    "with a comma": "Bearer {key},",
    "quoted": 'Bearer "{key}"',
    "a letter more": "Bearer {key}x",
    "a letter less": "Bearer {short}",
    "in small letters": "Bearer {small}",
    "its beginning": "Bearer {shown}",
    "its hash": "Bearer {digest}",
    "not ASCII": "Bearer lm-钥匙",
    "endless": "Bearer {key}{endless}",
    "with a NUL": "Bearer {key}\x00",
    "of nobody": "Bearer lm-0000000000000000000000000000000000000000000",
    "a list": "Bearer ['{key}']",
    "null": "Bearer null",
}


@pytest.mark.parametrize("form", STRANGE)
def test_a_key_in_another_form_is_none(caller, custom, form):
    secret = caller.headers["Authorization"].split()[1]
    header = STRANGE[form].format(
        key=secret,
        short=secret[:-1],
        small=secret.lower(),
        shown=caller.key.shown,
        digest=caller.key.digest,
        endless="x" * 100_000,
    )
    caller.headers = {"Authorization": header}
    answer = caller.post("chat/send", custom)
    assert (answer.status, told(answer)) == (401, NO_KEY())


@pytest.mark.parametrize(
    "form", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer {} ", " Bearer   {}\t"]
)
def test_a_key_may_stand_among_blanks(caller, custom, form):
    caller.headers = {"Authorization": form.format(caller.headers["Authorization"].split()[1])}
    assert caller.post("chat/send", custom).status == 200


@pytest.mark.parametrize(
    "name", ["X-Api-Key", "Api-Key", "X-Authorization", "Proxy-Authorization", "Cookie", "X-User"]
)
def test_a_key_in_another_header_is_none(caller, custom, name):
    secret = caller.headers.pop("Authorization")
    for value in (secret, secret.split()[1], f"key={secret.split()[1]}", "alice"):
        caller.headers = {name: value}
        assert told(caller.post("chat/send", custom)) == NO_KEY()


def test_a_key_in_the_address_or_the_body_is_none(caller, custom):
    secret = caller.headers.pop("Authorization").split()[1]
    query = f"?api_key={secret}&access_token={secret}&key={secret}&Authorization=Bearer%20{secret}"
    assert told(caller.post(f"chat/send{query}", custom)) == NO_KEY()
    custom |= {"api_key": secret, "Authorization": f"Bearer {secret}", "key": secret}
    assert told(caller.post("chat/send", custom)) == NO_KEY()


def test_a_browser_that_is_signed_in_is_nobody_here(alices_browser, transactional_db, custom):
    for path in ("/v2/api/chat/send", "/v1/chat/completions"):
        response = alices_browser.post(path, json.dumps(custom), content_type="application/json")
        assert response.status_code == 401


# Keys that are good no more


def revoked(key: ApiKey) -> None:
    assert api_keys.revoke(key)


def expired(key: ApiKey) -> None:
    now = timezone.now()
    ApiKey.objects.filter(pk=key.pk).update(
        created=now - timedelta(hours=2), expires=now - timedelta(seconds=1)
    )


def disabled(key: ApiKey) -> None:
    key.user.is_active = False
    key.user.save()


def deleted(key: ApiKey) -> None:
    key.user.delete()


@pytest.mark.parametrize(
    "over", [revoked, expired, disabled, deleted], ids=lambda over: over.__name__
)
def test_a_key_that_is_over_opens_nothing(caller, custom, over):
    assert caller.post("chat/send", custom).status == 200
    over(caller.key)
    for route in ALL:
        answer = called(route, **caller.headers)
        assert (answer.status, told(answer)) == fault_at(route, NO_KEY), route.path
    ((name, body),) = caller.stream("chat/send", custom).events
    assert (name, masked(body)) == ("error", NO_KEY())


# What a key is for


@every_route
def test_a_key_opens_what_it_is_for_and_nothing_else(db, alice, route):
    others = [scope for scope in SCOPES if scope != route.scope]
    for scopes in [*([scope] for scope in others), others]:
        _, secret = api_keys.issue(alice, "narrow", scopes)
        before = rows()
        answer = called(route, **opening(secret))
        detail = f"this key has no scope {route.scope}"
        assert (answer.status, told(answer)) == fault_at(route, NO_PERMISSION, detail)
        assert rows() == before
    _, secret = api_keys.issue(alice, "right", [route.scope])
    answer = called(route, **opening(secret))
    assert answer.status != 401
    assert f"no scope {route.scope}" not in answer.text


def test_the_wrong_scope_is_told_in_a_stream_too(transactional_db, alice):
    program = Caller(alice, ["history"])
    for path in ("chat/send", "groupchat/send", "chatFlow/send", "chat/generate"):
        answer = program.stream(path, {})
        assert told(answer) == NO_PERMISSION("this key has no scope chat")


# Verbs and addresses


@every_route
def test_another_verb_is_refused_before_anything_is_looked_at(db, route):
    for verb in VERBS:
        if verb in verbs_of(route):
            continue
        answer = called(route, verb, b"no JSON")
        detail = f"this path takes {', '.join(route.methods)}"
        assert answer.status == fault_at(route, WRONG_METHOD, detail)[0]
        assert answer.headers.get("Allow") == (
            ", ".join(verbs_of(route)) if route.dialect is OPENAI else None
        )
        if verb != "HEAD":
            assert told(answer) == fault_at(route, WRONG_METHOD, detail)[1]


@pytest.mark.parametrize(
    "path",
    ["", "chat", "chat/sends", "chat/send/x", "../admin", "%2e%2e/", "chat/send%00", "chat//"],
)
def test_what_is_not_there_is_told_in_the_doors_own_words(db, caller, path):
    assert told(caller.post(path)) == NOT_FOUND("there is no such path")
    answer = caller.ask(path)
    told_of = {"type": "invalid_request_error", "param": None, "code": None}
    message = "Not Found: there is no such path"
    assert (answer.status, answer.body) == (404, {"error": {"message": message, **told_of}})


@pytest.mark.parametrize("name", ["gpt-4o", "mei/lin", "character", "0" * 32])
def test_a_model_of_another_house_is_not_there(db, caller, name):
    answer = caller.get(f"models/{name}", root="/v1/")
    message = f"Not Found: there is no model {name!r}; /v1/models lists them"
    told_of = {"type": "invalid_request_error", "param": None, "code": "model_not_found"}
    assert (answer.status, answer.body) == (404, {"error": {"message": message, **told_of}})


@pytest.mark.parametrize(
    "path", ["/v2/api/chat/send", "/v2/api/chat/send/", "/v2//api/chat//send//"]
)
def test_slashes_are_forgiven_without_a_redirect(caller, custom, path):
    response = caller.client.post(
        path, json.dumps(custom), content_type="application/json", headers=caller.headers
    )
    assert response.status_code == 200


# How answers travel


@every_route
def test_no_answer_is_kept_or_marked_or_sends_anybody_elsewhere(db, alice, route):
    _, secret = api_keys.issue(alice, "all", SCOPES)
    for headers in ({}, opening(secret)):
        for answer in (called(route, **headers), streamed(route, **headers)):
            assert "no-store" in answer.headers["Cache-Control"]
            assert "Location" not in answer.headers
            assert "Set-Cookie" not in answer.headers
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "X-Request-Id" not in answer.headers


def test_a_stream_is_kept_nowhere_on_its_way(caller, custom):
    answer = caller.stream("chat/send", custom)
    assert (answer.status, answer.headers["Content-Type"]) == (200, STREAM_TYPE)
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Accel-Buffering"] == "no"


# Whether it streams


WISHES = {
    "at the top": ('{"stream": true, "messages": []}', True),
    "written with blanks": ('{"stream"\n :  true, "messages": []}', True),
    "written in escapes": (r'{"str\u0065am": true, "messages": []}', True),
    "with a comment": ('{"stream": true, // please\n "messages": []}', True),
    "in a broken body": ('{"stream": true, "messages": [', True),
    "not": ('{"messages": []}', False),
    "false": ('{"stream": false, "messages": []}', False),
    "a word": ('{"stream": "true", "messages": []}', False),
    "of a tool": ('{"tools": [{"stream": true}], "messages": []}', False),
    "of a tool, and not": ('{"stream": false, "x": {"stream": true}, "messages": []}', False),
    "in a comment": ('{"messages": [] // "stream": true\n}', False),
}


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("path", ["completions", "chat/completions"])
def test_a_body_streams_if_it_says_so_and_nothing_in_it_does(caller, path, wish):
    body, streams = WISHES[wish]
    answer = caller.post(path, body)
    assert (answer.headers["Content-Type"] == STREAM_TYPE) is streams
    assert told(answer)["errorCode"] == 400


# Faults of the call and of ours


def test_an_unreadable_body_is_told_plainly_and_in_a_stream(caller):
    detail = "the body is no JSON: Expecting value at line 1, column 1"
    for answer in (caller.post("chat/send", b"?"), caller.stream("chat/send", b"?")):
        assert (answer.status, told(answer)) == (400, UNREADABLE(detail))
    answer = caller.post("completions", b'{"stream":true')
    assert answer.headers["Content-Type"] == STREAM_TYPE
    assert told(answer)["errorMessageKey"] == "aca.error.invalid.request.params.unreadable"


def test_too_large_a_body_is_refused(caller):
    body = b'{"stream": true, "x": "%s"}' % (b"x" * site.DATA_UPLOAD_MAX_MEMORY_SIZE)
    detail = "the body is too large, or did not arrive whole"
    for path in ("chat/send", "completions", "character/create"):
        answer = caller.post(path, body)
        assert (answer.status, told(answer)) == (400, INVALID(detail))


def test_a_fault_of_ours_is_told_without_a_word_of_it(caller, custom, settings, caplog):
    settings.DEMO_PACE = "a canary that no caller is to see"
    wiring._engines.clear()
    plain, stream = caller.post("chat/send", custom), caller.stream("chat/send", custom)
    for answer in (plain, stream):
        assert answer.status == 500
        assert "canary" not in answer.text
    # The number is first met in the message.
    expected = BROKEN("request errorMessage") | {"requestId": "errorMessage"}
    assert told(plain) == told(stream) == expected
    # Who runs the site finds the whole story under the number that the caller was told.
    (first, second) = [r for r in caplog.records if r.name == "roleplay.api.door"]
    assert plain.body["requestId"] in first.getMessage()
    assert first.exc_info and second.exc_info


def test_no_key_is_ever_logged(caller, custom, settings, caplog):
    caplog.set_level(logging.DEBUG)
    good = caller.headers["Authorization"].split()[1]
    wrong = "lm-" + "w" * 43
    for secret in (good, wrong):
        caller.headers = opening(secret)
        for path, body in (("chat/send", custom), ("chat/send", b"{"), ("nowhere", {}), ("", {})):
            caller.post(path, body)
            caller.stream(path, body)
        caller.get("character/details", characterId="x")
        caller.post("chat/send", method="PATCH")
    settings.DEMO_PACE = "nonsense"
    wiring._engines.clear()
    caller.headers = opening(good)
    assert caller.post("chat/send", custom).status == 500
    assert caplog.records
    said = "\n".join(caplog.text.splitlines() + [str(vars(record)) for record in caplog.records])
    assert good not in said
    assert good[3:] not in said
    assert wrong not in said


# What nobody asked for


INVENTED = [
    *("admin", "bypass_filter", "debug", "dry_run", "free", "force", "god", "impersonate"),
    *("is_staff", "is_superuser", "isAdmin", "isPublic", "isSave", "internal", "key", "login"),
    *("owner", "ownerId", "owner_id", "password", "price", "quota", "role", "root", "scope"),
    *("scopes", "skip_auth", "su", "system", "test", "tokens", "trusted", "unlimited", "user"),
    *("user_id", "username", "usage", "userId", "__proto__", "constructor", "_method", "pk", "id"),
    *("connection", "connectionId", "base_url", "baseUrl", "provider", "apiKey", "visibility"),
]
WAYS = [
    "X-HTTP-Method-Override",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Forwarded-User",
    "X-User-Id",
]


@pytest.mark.parametrize(
    "value", [True, "alice", 1, {"x": 1}], ids=["true", "word", "one", "object"]
)
def test_invented_parameters_change_nothing(transactional_db, bob, operator, caller, custom, value):
    """Some two hundred of them, at every level, in the address and among the headers."""
    custom["parameters"] = {"seed": 7}
    plain = caller.post("chat/send", custom)
    before = rows()

    invented = dict.fromkeys(INVENTED, value)
    aca = custom["input"]["aca"]
    body = custom | {
        **invented,
        "parameters": invented | custom["parameters"],
        "input": invented
        | custom["input"]
        | {
            "messages": [invented | custom["input"]["messages"][0] | {"name": ""} | {}],
            "aca": invented
            | aca
            | {
                "botProfile": {"pk": value, "owner": value, "is_staff": value} | aca["botProfile"],
                "userProfile": invented | aca["userProfile"],
                "context": invented,
            },
        },
    }
    body["input"]["messages"][0]["role"] = "user"
    query = "&".join(f"{name}=1" for name in INVENTED)
    headers = {name.replace("-", "_"): "admin" for name in WAYS}
    answer = caller.post(f"chat/send?{query}", body, **headers)

    assert masked(answer.body) == masked(plain.body)
    assert text_of(answer.data) == text_of(plain.data)
    grown = {name: count - before[name] for name, count in rows().items() if count != before[name]}
    assert grown == {"Generation": 1}


def test_headers_that_name_somebody_change_nobody(transactional_db, alice, bob, bobs_caller):
    headers = {"X_Forwarded_User": "alice", "Remote_User": "alice", "X_User": str(alice.pk)}
    sheet = {"name": "Pip", "basicInformation": "Pip is small."}
    made = bobs_caller.post("character/create", sheet | {"userId": str(alice.pk)}, **headers)
    found = bobs_caller.get("character/details", characterId=made.data["characterId"])
    assert found.data["userId"] == str(bob.pk)


def test_the_stream_headers_are_the_names_that_are_documented():
    assert STREAM == {"X-AcA-SSE": "enable"}
