"""Calls of tools and their results stay together, whatever is cut and whoever speaks between."""

import pytest

from roleplay.prompting.budget import PromptBudget, PromptTooLong, fitted, turns_that_fit
from roleplay.prompting.build import alternating
from roleplay.providers.base import CharacterSheet, PersonaSheet, Prompt, ToolCall, Turn
from roleplay.providers.openai_compatible import OpenAICompatibleProvider

ASKED = Turn("user", "Will it rain?")
ENOUGH = PromptBudget()


def called(*ids, text=""):
    return Turn("assistant", text, tuple(ToolCall(id_, "weather", "{}") for id_ in ids))


def result(id_, text="rain"):
    return Turn("tool", text, tool_call_id=id_)


def prompt(*turns, **parts):
    return Prompt(CharacterSheet("Mei"), PersonaSheet("u"), turns, **parts)


def talk(rounds, text="rain"):
    """A question, and so many rounds of two calls each."""
    turns = [ASKED]
    for n in range(rounds):
        turns += [called(f"a{n}", f"b{n}"), result(f"a{n}", text), result(f"b{n}", text)]
    return turns


# -- who speaks past a call

PAST = {
    "an open call": (
        [ASKED, called("a"), Turn("user", "Never mind.")],
        [Turn("user", "Will it rain?\nNever mind.")],
    ),
    "one of two": (
        [ASKED, called("a", "b", text="I look."), result("b"), Turn("user", "And?")],
        [ASKED, called("b", text="I look."), result("b"), Turn("user", "And?")],
    ),
    "a late result": (
        [ASKED, called("a", text="I look."), Turn("user", "And?"), result("a")],
        [ASKED, Turn("assistant", "I look."), Turn("user", "And?\nrain")],
    ),
    "a result among others": (
        [ASKED, called("a"), result("x", "snow"), result("a")],
        [ASKED, called("a"), result("a"), Turn("user", "snow")],
    ),
    "a call at the end": (
        [ASKED, called("a", text="I look.")],
        [ASKED, Turn("assistant", "I look.")],
    ),
    "a result at the beginning": ([result("a"), ASKED], [ASKED]),
    "all in order": ([ASKED, called("a"), result("a", "")], [ASKED, called("a"), result("a", "")]),
}


@pytest.mark.parametrize("case", PAST)
def test_no_call_stays_open_and_no_result_alone(case):
    turns, expected = PAST[case]
    assert alternating(turns) == tuple(expected)


def test_many_words_of_one_person_are_put_together_once():
    """Each word is copied once, not as often as others follow it: a megabyte and not gigabytes."""
    (turn,) = alternating(Turn("user", "x" * 100) for _ in range(10_000))
    assert len(turn.text) == 10_000 * 101 - 1


# -- what is cut


@pytest.mark.parametrize("budget", [PromptBudget(turns=20), PromptBudget(tokens=300)])
def test_a_long_talk_is_cut_between_rounds_and_keeps_the_question(budget):
    turns = talk(50)
    kept = turns_that_fit(prompt(*turns), budget)
    assert kept[0] is ASKED
    assert list(kept[1:]) == turns[len(turns) - len(kept) + 1 :]
    assert 1 < len(kept) < 40
    assert kept[1].tool_calls


def test_a_last_result_keeps_its_call_and_its_question():
    turns = talk(3, "字" * 500)
    kept = turns_that_fit(prompt(*turns), PromptBudget(tokens=10))
    assert list(kept) == [ASKED, *turns[-3:]]


def test_an_empty_result_is_sent():
    body = OpenAICompatibleProvider("http://localhost").body(prompt(*talk(1, "")))
    assert [one["role"] for one in body["messages"][1:]] == ["user", "assistant", "tool", "tool"]


# -- what is too long

TOO_MUCH = {
    "last words": prompt(Turn("user", "字" * 24_001)),
    "memory": prompt(ASKED, memory=("字" * 24_001,)),
    "arguments": prompt(
        ASKED,
        Turn("assistant", "", (ToolCall("a", "w", "字" * 24_001),)),
        result("a"),
    ),
    "params": Prompt(
        CharacterSheet("Mei", params={"a": "字" * 24_001}), PersonaSheet("u"), (ASKED,)
    ),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_what_cannot_be_cut_is_too_long(case):
    with pytest.raises(PromptTooLong):
        fitted(TOO_MUCH[case], ENOUGH)


def test_what_can_be_cut_is_not_too_long():
    older = [Turn("user", "字" * 24_001), Turn("assistant", "Well.")]
    assert fitted(prompt(*older, ASKED), ENOUGH).turns == (Turn("assistant", "Well."), ASKED)
