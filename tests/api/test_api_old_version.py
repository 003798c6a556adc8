"""The vendor's old version, `/v1/api` with flat bodies, answers as the new one does."""

import json


def asked(caller, path, body):
    answer = caller.client.post(
        path, json.dumps(body), content_type="application/json", headers=caller.headers
    )
    return answer.status_code, json.loads(answer.content)


def flat(custom):
    """The same call as it was written before `input` and `aca`."""
    return {"messages": custom["input"]["messages"], **custom["input"]["aca"]}


def test_a_flat_body_says_the_same(caller, custom):
    seeded = {"parameters": {"seed": 7}}
    _, old = asked(caller, "/v1/api/chat/send", flat(custom) | seeded)
    _, new = asked(caller, "/v2/api/chat/send", custom | seeded)
    assert old["data"]["choices"] == new["data"]["choices"]
    assert old.keys() == new.keys() and old["data"].keys() == new["data"].keys()


def test_its_parameters_had_another_name(caller, custom):
    body = flat(custom) | {"modelParameters": {"maxLength": 1}}
    _, answer = asked(caller, "/v1/api/chat/send", body)
    assert answer["data"]["choices"][0]["stopReason"] == "length"


def test_what_is_missing_is_told_as_in_the_new_one(caller):
    status, answer = asked(caller, "/v1/api/chat/send", {"messages": []})
    assert (status, answer["errorMessageKey"]) == (400, "aca.error.invalid.param")


def test_what_it_does_not_have_is_answered_in_the_vendors_form(caller):
    status, answer = asked(caller, "/v1/api/nothing", {})
    assert (status, answer["errorCode"]) == (400, 404)


def test_the_other_door_under_v1_is_still_its_own(caller):
    status, answer = asked(caller, "/v1/nothing", {})
    assert (status, list(answer)) == (404, ["error"])
