"""Group chat: who is asked speaks, and who speaks next is said."""

import pytest

from tests.api.said import INVALID, SPOKEN, answered, going_on, masked, text_of, whole
from tests.api.said import context as context_of

CAST = [
    {"name": "Mei", "content": "Mei mends kites."},
    {"name": "Otto", "content": "Otto mends clocks.", "task": "Keep the time."},
]


@pytest.fixture
def group():
    """A call of group chat in which Otto is to answer."""
    return {
        "input": {
            "messages": [
                {"role": "user", "name": "Lin", "content": "Good evening."},
                {"role": "assistant", "name": "Mei", "content": "Hello, Lin."},
                {"role": "user", "name": "Lin", "content": "Otto, what is your name?"},
            ],
            "aca": {
                "botProfiles": CAST,
                "replySetting": {"botName": "Otto"},
                "userProfile": {"userId": "u-1", "userName": "Lin"},
                "groupInfo": {"name": "The roof", "description": "A roof at night."},
            },
        }
    }


SPEAKS = {**SPOKEN, "name": "Otto"}
SPEAKING = {"role": "assistant", "name": "Otto", "content": "words", "finishReason": "null"}


def test_the_member_that_is_named_answers(caller, group):
    answer = caller.post("groupchat/send", group)
    assert (answer.status, masked(answer.body)) == (200, whole(answered(SPEAKS)))
    assert "Otto" in text_of(answer.data)


@pytest.mark.parametrize("incremental", [False, True], ids=["cumulative", "pieces"])
def test_a_member_streams(caller, group, incremental):
    group["parameters"] = {"incrementalOutput": incremental, "seed": 3}
    answer = caller.stream("groupchat/send", group)
    frames = [frame for _, frame in answer.events]
    last = {**SPEAKS, "content": ""} if incremental else SPEAKS
    assert masked(frames) == [going_on(SPEAKING)] * (len(frames) - 1) + [answered(last)]
    plain = text_of(caller.post("groupchat/send", group).data)
    texts = [text_of(frame) for frame in frames]
    assert ("".join(texts) if incremental else texts[-1]) == plain


def test_the_next_speaker_is_named(caller, group):
    group["input"]["aca"].pop("replySetting")
    answer = caller.post("groupchat/nextSpeaker", group)
    data = answer.data
    assert data["name"] == "Otto"
    assert masked(data) == {
        "name": "Otto",
        "thought": data["thought"],
        "usage": {
            "outputTokens": "count",
            "inputTokens": "count",
            "userTokens": "count",
            "pluginTokens": 0,
        },
        "context": context_of(),
    }


def test_who_speaks_next_is_always_one_of_them(caller, group):
    for words in ("Mei?", "And you, Mei?", "Nobody in particular.", '"Zoe" or {Otto}?'):
        group["input"]["messages"][-1]["content"] = words
        assert caller.post("groupchat/nextSpeaker", group).data["name"] in ("Mei", "Otto")


def test_next_speaker_never_streams(caller, group):
    answer = caller.stream("groupchat/nextSpeaker", group)
    assert answer.data["name"] in ("Mei", "Otto")


FAULTS = {
    "nobody is asked": (
        {"replySetting": None},
        "input.aca.replySetting.botName says who is to answer",
    ),
    "a stranger is asked": (
        {"replySetting": {"botName": "Zoe"}},
        "replySetting.botName is none of input.aca.botProfiles",
    ),
    "two of one name": (
        {"botProfiles": [CAST[0], CAST[0]]},
        "each of input.aca.botProfiles needs a name of its own",
    ),
    "one without a name": (
        {"botProfiles": [CAST[1], {"content": "Nobody."}]},
        "each of input.aca.botProfiles needs a name of its own",
    ),
    "nobody is there": (
        {"botProfiles": []},
        "input.aca.botProfiles List should have at least 1 item after validation, not 0",
    ),
    "eleven": (
        {"botProfiles": [{"name": str(number)} for number in range(11)]},
        "input.aca.botProfiles List should have at most 10 items after validation, not 11",
    ),
    "no group": ({"groupInfo": None}, "input.aca.groupInfo Field required"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_group_that_makes_no_sense_is_refused(caller, group, case):
    change, detail = FAULTS[case]
    group["input"]["aca"] |= change
    answer = caller.post("groupchat/send", group)
    assert (answer.status, masked(answer.body)) == (400, INVALID(detail))
    ((name, body),) = caller.stream("groupchat/send", group).events
    assert (name, masked(body)) == ("error", INVALID(detail))
