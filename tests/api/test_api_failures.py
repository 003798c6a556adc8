"""What goes wrong behind an answer, and how each of its readers is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from roleplay import wiring
from roleplay.accounts.models import Usage
from roleplay.conversations.models import Generation
from roleplay.providers.demo.orders import FAILURES
from roleplay.streaming.runner import Limits
from tests.api.conftest import to_the_end
from tests.api.said import (
    REFUSED,
    SERVICE,
    THROTTLED,
    TIMED_OUT,
    TOO_LONG,
    UNAVAILABLE,
    going_on,
    masked,
    rows,
)

pytestmark = pytest.mark.usefixtures("impatient")

# Each way an engine fails, and the error for it. None of the engine's own words is among them.
TOLD = {
    "unauthorized": SERVICE("the engine does not accept this site's key"),
    "out_of_money": SERVICE("this site's account with the engine is empty"),
    "rate_limited": THROTTLED("the engine is busy"),
    "refused": REFUSED(),
    "too_long": TOO_LONG("send fewer or shorter messages"),
    "model_gone": SERVICE("the engine does not know the model"),
    "rejected": SERVICE("the engine did not accept the request"),
    "unreachable": SERVICE("the engine cannot be reached"),
    "timed_out": TIMED_OUT("the engine fell silent"),
    "broke_off": SERVICE("the answer broke off"),
    "upstream": SERVICE("the engine failed"),
    "nonsense": SERVICE("the engine failed"),
    "too_much": SERVICE("the answer was without end"),
    "empty": SERVICE("the engine had nothing to say"),
}
# OpenAI's clients tell errors apart by the status and these.
THEIRS = {
    400: ("invalid_request_error", None),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    502: ("server_error", None),
    504: ("server_error", None),
}
TOO_MANY = "too many answers at once for this key's owner"
every_way = pytest.mark.parametrize("way", TOLD)


def order(custom, text):
    custom["input"]["messages"] = [{"role": "user", "content": text}]
    return custom


def test_every_way_of_failing_is_here():
    assert set(TOLD) == set(FAILURES)


@every_way
def test_a_plain_answer_that_fails_is_an_error(caller, custom, way):
    answer = caller.post("chat/send", order(custom, f"/demo fail {way}"))
    assert (answer.status, masked(answer.body)) == (TOLD[way]["httpStatusCode"], TOLD[way])
    assert "Retry-After" not in answer.headers


@every_way
@pytest.mark.parametrize("late", ["", " late"], ids=["at once", "in the middle"])
def test_a_stream_that_fails_ends_with_an_error_event(caller, custom, way, late):
    answer = caller.stream("chat/send", order(custom, f"/demo fail {way}{late}"))
    *frames, (name, body) = answer.events
    assert answer.status == 200
    assert (name, masked(body)) == ("error", TOLD[way])
    assert masked([frame for _, frame in frames]) == [going_on()] * len(frames)
    assert bool(frames) is (bool(late) or way in ("broke_off", "too_much"))


@every_way
def test_an_assistant_that_fails_says_the_same(caller, way):
    said = [{"role": "user", "content": f"/demo fail {way}"}]
    answer = caller.post("completions", {"messages": said})
    assert (answer.status, masked(answer.body)) == (TOLD[way]["httpStatusCode"], TOLD[way])
    *_, (name, body) = caller.post("completions", {"messages": said, "stream": True}).events
    assert (name, masked(body)) == ("error", TOLD[way])


@every_way
def test_the_other_door_says_it_in_its_own_words(caller, mei, way):
    said = [{"role": "user", "content": f"/demo fail {way}"}]
    asked = {"model": f"character/{mei.pk}", "messages": said}
    plain = caller.ask("chat/completions", asked)
    kind, code = THEIRS[plain.status]
    error = {"message": TOLD[way]["errorMessage"], "type": kind, "param": None, "code": code}
    assert plain.status == TOLD[way]["httpStatusCode"]
    assert plain.body == {"error": error}
    stream = caller.ask("chat/completions", {**asked, "stream": True})
    *_, last = stream.text.removesuffix("\n\n").split("\n\n")
    assert last.startswith('data: {"error":{"message":')
    assert "[DONE]" not in stream.text


@pytest.mark.parametrize("path", ["groupchat/send", "groupchat/nextSpeaker", "chat/completions"])
def test_elsewhere_too(caller, custom, settings, path):
    """An engine that nobody hears: nothing listens at this address."""
    from roleplay.connections.models import Connection

    Connection.objects.create(
        name="Away", kind="openai", base_url="http://127.0.0.1:9", model="m", is_default=True
    )
    aca = custom["input"]["aca"]
    aca["botProfiles"] = [aca["botProfile"]]
    aca |= {"groupInfo": {"name": "A roof"}, "replySetting": {"botName": "Mei"}}
    custom["messages"] = custom["input"]["messages"]
    answer = caller.post(path, custom)
    assert (answer.status, masked(answer.body)) == (502, TOLD["unreachable"])


def test_when_to_come_back_is_told(caller, custom):
    order(custom, "/demo fail rate_limited 40")
    answer = caller.post("chat/send", custom)
    expected = THROTTLED("the engine is busy", 40)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "40")
    assert masked(answer.body) == expected
    ((name, body),) = caller.stream("chat/send", custom).events
    assert (name, masked(body)) == ("error", expected)


def test_one_failure_of_several_answers_is_the_answer(caller, custom):
    custom["input"]["aca"]["context"] = {"resultCount": 3}
    answer = caller.post("chat/send", order(custom, "/demo fail refused"))
    assert masked(answer.body) == TOLD["refused"]
    assert set(Generation.objects.values_list("status", "error_kind")) == {("failed", "refused")}


# -- what is refused before anything is asked


def refusals_of(caller, custom, mei):
    """The same refusal wherever an answer is asked for: plain, and streamed."""
    aca = custom["input"]["aca"]
    platform = {
        "input": {**custom["input"], "aca": {**aca, "botProfile": {"characterId": mei.pk.hex}}}
    }
    said = {"messages": [{"role": "user", "content": "Hello."}]}
    group = {**aca, "botProfiles": [aca["botProfile"]], "groupInfo": {"name": "A roof"}}
    group["replySetting"] = {"botName": "Mei"}
    asked = [
        ("chat/send", custom),
        ("chat/send", platform),
        ("completions", said),
        ("chat/completions", said),
        ("groupchat/send", {"input": {**custom["input"], "aca": group}}),
        ("groupchat/nextSpeaker", {"input": {**custom["input"], "aca": group}}),
    ]
    plain = [(path, caller.post(path, body)) for path, body in asked]
    streams = [caller.stream(path, {**body, "stream": True}) for path, body in asked[:5]]
    return plain, streams


def told(body):
    """A masked error; how many seconds are left of a day is looked at elsewhere."""
    return masked(body | {"retryAfter": min(body["retryAfter"], 60)})


def check_refused(caller, custom, mei, expected):
    plain, streams = refusals_of(caller, custom, mei)
    for path, answer in plain:
        assert (answer.status, told(answer.body)) == (expected["httpStatusCode"], expected), path
    for answer in streams:
        ((name, body),) = answer.events
        assert (name, told(body)) == ("error", expected)


def test_who_used_the_day_up_is_told_until_when(caller, custom, mei, alice, settings):
    settings.REPLIES_PER_DAY = 2
    Usage.objects.create(user=alice, day=timezone.localdate(), replies=2)
    before = rows()
    check_refused(caller, custom, mei, THROTTLED("the quota is 2 replies a day", 60))
    assert rows() == before
    after = int(caller.post("chat/send", custom).headers["Retry-After"])
    assert 0 < after <= timedelta(days=1).total_seconds()


@pytest.fixture
def runner_limits():
    """The runner's limits, to be changed for one story."""
    runner = wiring.runner()
    kept = runner.limits
    yield lambda **limits: setattr(runner, "limits", Limits(**limits))
    runner.limits = kept


def test_more_at_once_than_one_person_may_have_is_told(caller, custom, mei, runner_limits):
    runner_limits(at_once_per_person=0)
    check_refused(caller, custom, mei, THROTTLED(TOO_MANY, 1))
    assert caller.post("chat/send", custom).headers["Retry-After"] == "1"


def test_a_full_site_says_so(caller, custom, mei, runner_limits):
    runner_limits(at_once=0)
    check_refused(caller, custom, mei, UNAVAILABLE("too many answers at once", 5))
    assert caller.post("chat/send", custom).headers["Retry-After"] == "5"


def test_a_site_that_is_leaving_says_so(caller, custom, mei, monkeypatch):
    monkeypatch.setattr(wiring.runner(), "draining", True)
    check_refused(caller, custom, mei, UNAVAILABLE("the server is restarting", 3))
    assert caller.post("chat/send", custom).headers["Retry-After"] == "3"


@pytest.mark.parametrize("path", ["chat/send", "chat/completions", "v1"])
def test_of_several_answers_none_is_written_if_not_all_can_be(
    caller, custom, mei, runner_limits, path
):
    runner_limits(at_once_per_person=2, silence=1)
    order(custom, "/demo silent")
    custom["input"]["aca"]["context"] = {"resultCount": 4}
    custom |= {"messages": custom["input"]["messages"], "n": 4, "model": f"character/{mei.pk}"}
    answer = caller.ask("chat/completions", custom) if path == "v1" else caller.post(path, custom)
    assert answer.status == 429
    # Left alone they would be silent until they are given up.
    ended = [to_the_end(generation).status for generation in Generation.objects.all()]
    assert ended == ["stopped", "stopped"]
