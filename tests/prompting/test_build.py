"""Prompts, from plain objects: no database is near."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from roleplay.prompting.budget import PromptBudget, estimated_tokens
from roleplay.prompting.build import alternating, build_prompt, persona_sheet
from roleplay.prompting.examples import read_examples
from roleplay.prompting.placeholders import fill_placeholders
from roleplay.providers.base import Turn


def a_character(**changes: Any) -> Any:
    return SimpleNamespace(
        **{
            "name": "海梦",
            "kind": "assistant",
            "sex": "女",
            "birthday": "5月20日",
            "age": 20,
            "tagline": "",
            "description": "{{char}}喜欢{{user}}。",
            "traits": "",
            "greeting": "",
            "example_dialogue": "",
            "template_id": "8474991ea7cb4bee8f254ac93237cf79",
            "params": {},
            "platform_id": "",
            "platform_version": None,
            "open_line": False,
            "language": "zh-Hans",
            "tools": [],
            **changes,
        }
    )


def said(role: str, text: str, **more: Any) -> Any:
    return SimpleNamespace(role=role, text=text, **{"tool_calls": [], "tool_call_id": "", **more})


XIAOLIN = persona_sheet(SimpleNamespace(name="小林", about="社员"), "opaque")


def test_both_names_are_put_into_the_texts():
    prompt = build_prompt(a_character(), XIAOLIN, [said("user", "你好")])
    assert prompt.character.description == "海梦喜欢小林。"
    assert (prompt.persona.name, prompt.persona.about, prompt.persona.user_id) == (
        "小林",
        "社员",
        "opaque",
    )


def test_without_a_persona_a_model_is_told_of_the_user():
    prompt = build_prompt(a_character(), persona_sheet(None, "opaque"), [said("user", "你好")])
    assert prompt.character.description == "海梦喜欢用户。"
    assert prompt.persona.name == ""


def test_a_reply_that_failed_leaves_no_empty_turn():
    thread = [said("user", "你好"), said("assistant", ""), said("user", "在吗")]
    assert build_prompt(a_character(), XIAOLIN, thread).turns == (Turn("user", "你好\n在吗"),)


def test_tools_and_their_results_are_carried():
    call = {"id": "001", "name": "weather", "arguments": "{}"}
    thread = [
        said("user", "天气"),
        said("assistant", "", tool_calls=[call]),
        said("tool", "", tool_call_id="001"),
    ]
    tools = [{"id": "001", "name": "weather", "parameters": {"type": "object"}}]
    prompt = build_prompt(a_character(tools=tools), XIAOLIN, thread)
    assert [turn.role for turn in prompt.turns] == ["user", "assistant", "tool"]
    assert prompt.turns[1].tool_calls[0].name == "weather"
    assert prompt.tools[0].parameters == {"type": "object"}


def test_examples_are_read_as_turns():
    text = "nobody\n<START>\n{{user}}: 坏了吗？\n{{char}}：没有。\n*笑*\n<START>\n{{char}}: 早。"
    assert read_examples(text, "小林", "海梦") == (
        Turn("user", "坏了吗？"),
        Turn("assistant", "没有。\n*笑*"),
        Turn("assistant", "早。"),
    )


def test_a_name_is_put_in_once_and_never_read_again():
    assert fill_placeholders("{{user}} and {{CHAR}} <USER>", "{{char}}", "Mei") == (
        "{{char}} and Mei {{char}}"
    )


def test_an_unknown_placeholder_stays_visible():
    assert fill_placeholders("{{weather}}", "a", "b") == "{{weather}}"


def test_the_oldest_turns_are_left_out_first():
    thread = [said("assistant" if n % 2 else "user", f"{n} " + "字" * 100) for n in range(41)]
    prompt = build_prompt(a_character(), XIAOLIN, thread, budget=PromptBudget(tokens=1000))
    assert 0 < len(prompt.turns) < 41
    assert prompt.turns[-1].text.startswith("40 ")
    assert [int(turn.text.split()[0]) for turn in prompt.turns] == list(
        range(41 - len(prompt.turns), 41)
    )


def test_the_last_words_are_sent_whatever_their_length():
    prompt = build_prompt(
        a_character(), XIAOLIN, [said("user", "字" * 5000)], budget=PromptBudget(tokens=10)
    )
    assert len(prompt.turns) == 1


TURNS = st.lists(
    st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text("ab \n海", max_size=6)),
    max_size=12,
)


@given(TURNS)
def test_alternating_loses_no_word_and_leaves_no_two_users_together(turns):
    kept = alternating(turns)
    assert all(not (a.role == b.role == "user") for a, b in pairwise(kept))
    words = [word for turn in turns if turn.text.strip() for word in turn.text.split()]
    assert [word for turn in kept for word in turn.text.split()] == words


@given(
    st.lists(st.text("字a ", min_size=1, max_size=50), min_size=1, max_size=30),
    st.integers(0, 400),
)
def test_a_prompt_stays_within_its_budget_but_for_question_and_last_words(texts, tokens):
    thread = [said("assistant" if n % 2 else "user", text) for n, text in enumerate(texts)]
    prompt = build_prompt(a_character(), XIAOLIN, thread, budget=PromptBudget(tokens=tokens))
    asked = [turn for turn in prompt.turns if turn.role == "user"][-1:]
    older = [turn for turn in prompt.turns[:-1] if turn not in asked]
    assert sum(estimated_tokens(turn.text) for turn in older) <= tokens
