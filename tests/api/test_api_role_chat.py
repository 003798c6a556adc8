"""Role chat for a role that the call describes: answered once, and kept nowhere."""

from itertools import pairwise

import pytest

from roleplay.conversations.models import Conversation, Generation, Message
from tests.api.said import (
    GOING_ON,
    INVALID,
    SPOKEN,
    answered,
    going_on,
    masked,
    text_of,
    whole,
)

WEATHER = {
    "name": "weather",
    "description": "What the weather is like.",
    "parameters": {
        "type": "object",
        "properties": {"place": {"type": "string", "enum": ["Hangzhou"]}},
        "required": ["place"],
    },
}
CLOCK = {
    "name": "clock",
    "parameters": {"type": "object", "properties": {"zone": {"type": "string", "default": "UTC"}}},
}


def frames(answer):
    """The objects of a stream that went well."""
    assert answer.status == 200, answer.text
    assert {name for name, _ in answer.events} == {""}, answer.text
    return [data for _, data in answer.events]


def say(custom, text, **aca):
    """The same call with other words, and more about the play."""
    custom["input"]["messages"] = [{"role": "user", "content": text}]
    custom["input"]["aca"].update(aca)
    return custom


# -- the forms of an answer


def test_a_role_in_words_answers(caller, custom):
    answer = caller.post("chat/send", custom)
    assert (answer.status, masked(answer.body)) == (200, whole(answered()))
    assert text_of(answer.data).strip()


def test_a_stream_repeats_the_text_so_far_and_says_it_whole_at_the_end(caller, custom, settings):
    settings.DEMO_PACE = 200  # or all of it might be there before the first look
    found = frames(caller.stream("chat/send", custom))
    *growing, last = map(text_of, found)
    assert len(growing) > 1
    assert masked(found) == [going_on()] * len(growing) + [answered()]
    assert all(longer.startswith(text) and longer != text for text, longer in pairwise(growing))
    assert last == growing[-1]


@pytest.mark.parametrize("spelling", ["incrementalOutput", "incremental_output"])
def test_a_stream_of_pieces_adds_up_and_closes_without_one(caller, custom, spelling):
    custom["parameters"] = {spelling: True, "seed": 3}
    found = frames(caller.stream("chat/send", custom))
    *pieces, last = map(text_of, found)
    assert masked(found) == [going_on()] * len(pieces) + [answered({**SPOKEN, "content": ""})]
    assert last == ""
    assert "".join(pieces) == text_of(caller.post("chat/send", custom).data)


def test_one_seed_says_the_same_however_it_is_asked(caller, custom):
    custom["parameters"] = {"seed": 11}
    plain = text_of(caller.post("chat/send", custom).data)
    assert text_of(frames(caller.stream("chat/send", custom))[-1]) == plain
    assert text_of(caller.post("chat/send", custom).data) == plain
    others = {text_of(caller.post("chat/send", seeded(custom, n)).data) for n in range(12, 17)}
    assert len(others) > 1


def seeded(custom, seed):
    return {**custom, "parameters": {"seed": seed}}


def test_the_model_that_was_asked_for_is_the_one_that_is_told(caller, custom):
    assert caller.post("chat/send", custom).data["context"]["modelName"] == "xingchen-plus-v2"
    custom["parameters"] = {"modelName": "xingchen-max"}
    assert caller.post("chat/send", custom).data["context"]["modelName"] == "xingchen-max"
    custom["model"] = "xingchen-base"
    assert caller.post("chat/send", custom).data["context"]["modelName"] == "xingchen-base"


@pytest.mark.parametrize("name", ["X_AcA_DataInspection", "X_DashScope_DataInspection"])
def test_inspection_is_echoed(caller, custom, name):
    for value, expected in (("enable", True), ("disable", False), ("Enable ", True)):
        told = caller.post("chat/send", custom, **{name: value}).data["context"]
        assert told["enableDataInspection"] is expected


@pytest.mark.parametrize("count", [2, 4])
def test_several_answers_to_one_question(caller, custom, count):
    custom["input"]["aca"]["context"] = {"resultCount": count}
    answer = caller.post("chat/send", custom)
    assert masked(answer.body) == whole(answered(count=count, resultCount=count))
    assert len({text_of(answer.data, place) for place in range(count)}) > 1
    assert Generation.objects.filter(status="done").count() == count


def test_a_stream_is_of_one_answer(caller, custom):
    custom["input"]["aca"]["context"] = {"resultCount": 4}
    found = frames(caller.stream("chat/send", custom))
    assert masked(found[-1]) == answered()
    assert Generation.objects.count() == 1


def test_a_history_that_the_caller_keeps_is_said_to_be_so(caller, custom):
    custom["input"]["aca"]["context"] = {"useChatHistory": False}
    answer = caller.post("chat/send", custom)
    assert masked(answer.data) == answered(usePlatformChatHistory=False)


@pytest.mark.parametrize("most", [5, 9])
def test_a_short_answer_says_that_it_was_cut(caller, custom, most):
    custom["parameters"] = {"maxLength": most, "seed": 1}
    plain, stream = caller.post("chat/send", custom), caller.stream("chat/send", custom)
    message = {**SPOKEN, "finishReason": "length"}
    assert masked(plain.data) == answered(message)
    assert masked(frames(stream)[-1]) == answered(message)
    assert plain.data["usage"]["outputTokens"] <= most


# -- tools


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
def test_a_tool_is_asked_for_and_its_result_told(caller, custom, stream):
    say(custom, "/demo tools", functionList=[WEATHER, CLOCK])
    answer = caller.stream("chat/send", custom) if stream else caller.post("chat/send", custom)
    data = frames(answer)[-1] if stream else answer.data
    call = {"apiName": "weather", "parameters": {"place": "Hangzhou"}}
    asked = {
        **SPOKEN,
        "content": "",
        "functionMessage": True,
        "functionCall": {"thought": "", "apiCallList": [call]},
    }
    assert masked(data) == answered(asked)

    said = data["choices"][0]["messages"][0]
    custom["input"]["messages"] += [
        said,
        {"role": "function", "name": "weather", "content": '{"temperature": 26}'},
    ]
    told = caller.post("chat/send", custom)
    assert masked(told.data) == answered()
    assert "26" in text_of(told.data)


CHOICES = {
    "auto": ({"type": "auto"}, "weather"),
    "the first that is named": ({"type": "specific", "names": ["clock", "weather"]}, "clock"),
    "none": ({"type": "none"}, None),
    "a name that nobody bears": ({"type": "specific", "names": ["moon"]}, None),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_the_caller_chooses_among_the_tools(caller, custom, choice):
    chosen, name = CHOICES[choice]
    say(custom, "/demo tools", functionList=[WEATHER, CLOCK], functionChoice=chosen)
    message = caller.post("chat/send", custom).data["choices"][0]["messages"][0]
    calls = message.get("functionCall", {}).get("apiCallList", [])
    assert [call["apiName"] for call in calls] == ([name] if name else [])
    assert message["functionMessage"] is bool(name)


def test_a_result_that_belongs_to_no_call_is_taken_as_information(caller, custom):
    custom["input"]["messages"] = [{"role": "function", "name": "weather", "content": "rain"}]
    assert masked(caller.post("chat/send", custom).data) == answered()


# -- an engine that changes its mind


def test_what_was_rewritten_is_read_once_by_who_reads_the_whole(caller, custom):
    custom["parameters"] = {"seed": 5}
    say(custom, "/demo replace")
    plain = text_of(caller.post("chat/send", custom).data)
    found = frames(caller.stream("chat/send", custom))
    texts = [text_of(frame) for frame in found]
    assert texts[-1] == texts[-2] == plain
    rewritten = [place for place, (a, b) in enumerate(pairwise(texts)) if not b.startswith(a)]
    assert len(rewritten) <= 1
    assert masked(found) == [going_on()] * (len(found) - 1) + [answered()]


def test_what_was_rewritten_comes_anew_for_who_reads_pieces(caller, custom):
    say(custom, "/demo replace")
    custom["parameters"] = {"seed": 5}
    plain = text_of(caller.post("chat/send", custom).data)
    custom["parameters"]["incrementalOutput"] = True
    found = frames(caller.stream("chat/send", custom))
    # What was sent cannot be taken back: all that is true stands at the end, in one run.
    assert "".join(map(text_of, found)).endswith(plain)
    assert masked(found[:-1]) == [going_on(GOING_ON)] * (len(found) - 1)


# -- what cannot be answered


def talk(*messages):
    return [{"role": role, "content": text} for role, text in messages]


UNANSWERABLE = {
    "nobody spoke": ([], "input.messages is empty"),
    "the role spoke last": (
        talk(("user", "Hi."), ("assistant", "Hello.")),
        "the last of input.messages has to be the user's",
    ),
    "only the system spoke": (
        talk(("system", "Be kind.")),
        "the last of input.messages has to be the user's",
    ),
    "nothing was said": (talk(("user", " \n")), "the last of input.messages is empty"),
    "too much was said": (talk(("user", "x" * 20_001)), "a message has at most 20000 characters"),
    "the system spoke later": (
        talk(("user", "Hi."), ("system", "Be kind."), ("user", "Well?")),
        "a system message may only stand first",
    ),
}


@pytest.mark.parametrize("case", UNANSWERABLE)
def test_a_talk_that_nobody_can_answer_is_refused(caller, custom, case):
    custom["input"]["messages"], detail = UNANSWERABLE[case]
    plain = caller.post("chat/send", custom)
    assert (plain.status, masked(plain.body)) == (400, INVALID(detail))
    ((name, body),) = caller.stream("chat/send", custom).events
    assert (name, masked(body)) == ("error", INVALID(detail))
    assert Generation.objects.count() == 0


@pytest.mark.parametrize("profile", [{}, {"content": "Nobody."}, {"name": " "}, {"name": ""}])
def test_a_role_has_a_name(caller, custom, profile):
    custom["input"]["aca"]["botProfile"] = profile
    detail = "input.aca.botProfile needs a name, a characterId or params.characterName"
    assert masked(caller.post("chat/send", custom).body) == INVALID(detail)


def test_a_template_may_hold_the_name(caller, custom):
    custom["input"]["aca"]["botProfile"] = {
        "customTemplateId": "0" * 32,
        "params": {"characterName": "海梦", "characterSex": "女"},
    }
    answer = caller.post("chat/send", say(custom, "你叫什么名字？"))
    assert masked(answer.data) == answered()
    assert "海梦" in text_of(answer.data)


MISSING = {
    "input": "input Field required",
    "input.aca": "input.aca Field required",
    "input.aca.botProfile": "input.aca.botProfile Field required",
    "input.aca.userProfile": "input.aca.userProfile Field required",
    "input.aca.userProfile.userId": "input.aca.userProfile.userId Field required",
}


@pytest.mark.parametrize("path", MISSING)
@pytest.mark.parametrize("absent", ["left out", "null"])
def test_what_is_needed_is_asked_for(caller, custom, path, absent):
    *steps, name = path.split(".")
    place = custom
    for step in steps:
        place = place[step]
    if absent == "null":
        place[name] = None
    else:
        del place[name]
    assert masked(caller.post("chat/send", custom).body) == INVALID(MISSING[path])


LIMITS = {
    "topP 0": ({"parameters": {"topP": 0}}, "parameters.topP Input should be greater than 0"),
    "temperature": (
        {"parameters": {"temperature": 2.1}},
        "parameters.temperature Input should be less than or equal to 2",
    ),
    "seed": (
        {"parameters": {"seed": 2**63}},
        "parameters.seed Input should be less than or equal to 9223372036854775807",
    ),
    "maxLength": (
        {"parameters": {"maxLength": True}},
        "parameters.maxLength Input should be a valid integer",
    ),
    "input": ({"input": []}, "input Input should be a valid dictionary or instance of ChatInput"),
}


@pytest.mark.parametrize("case", LIMITS)
def test_what_is_out_of_range_is_named(caller, custom, case):
    change, detail = LIMITS[case]
    assert masked(caller.post("chat/send", custom | change).body) == INVALID(detail)


# -- nothing is kept


def test_no_word_of_it_is_kept(caller, custom):
    caller.post("chat/send", custom)
    caller.stream("chat/send", custom)
    assert (Conversation.objects.count(), Message.objects.count()) == (0, 0)
    kept = Generation.objects.values_list("status", "prompt", "conversation", "message", "user")
    assert list(kept) == [("done", {}, None, None, caller.key.user_id)] * 2


def test_where_nothing_was_saved_the_messages_are_answered_again(caller, custom):
    custom["input"]["aca"]["context"] = {"isRegenerate": True, "queryId": "0" * 32}
    answer = caller.post("chat/send", custom)
    assert masked(answer.data) == answered(isRegenerate=True)
