"""Bodies as strangers write them: strict JSON is read as JSON, slips are forgiven, tricks are not."""

import json
import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roleplay.api.bodies import DEEPEST, read_json, read_shape
from roleplay.api.errors import ApiError, InvalidParam, Unreadable
from roleplay.api.shapes.chat import ChatRequest

PLENTY = 2 * 1024 * 1024
QUICK = 1.5  # seconds, of a machine with other things to do; what is not linear takes minutes

calm = settings(max_examples=100, deadline=None, derandomize=True, database=None)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
tricky = st.text(st.sampled_from('"\\/,]}[{ \n\t:*a'), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | texts | tricky,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | tricky, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(texts | tricky, values, max_size=5)


def refused(body: bytes) -> tuple[type[ApiError], str]:
    with pytest.raises(ApiError) as caught:
        read_json(body)
    return type(caught.value), caught.value.detail


# What is JSON


@calm
@given(objects, st.booleans(), st.sampled_from([None, 2]))
def test_json_is_read_as_json(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert read_json(text.encode()) == value


@calm
@given(objects, st.booleans())
def test_a_slip_elsewhere_changes_nothing_in_what_is_json(value, ascii_only):
    """The comment sends the whole body through the forgiving way."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert read_json(f"// a comment\n{text} // another".encode()) == value


@calm
@given(objects, st.integers(0, 2**32))
def test_comments_and_commas_are_read_over_wherever_they_stand(value, seed):
    rng = random.Random(seed)
    text = slipped(value, rng)
    assert read_json(text.encode()) == value


def slipped(value: Any, rng: random.Random) -> str:
    """The value as JSON with comments and commas too many."""

    def gap() -> str:
        return rng.choice(["", "", " ", "\n", ' // "a", {b}] // c\n', "//\n"])

    def closed(parts: list[str], bracket: str) -> str:
        comma = rng.choice(["", f",{gap()}"]) if parts else ""
        return bracket[0] + f",{gap()}".join(parts) + comma + gap() + bracket[1]

    if isinstance(value, dict):
        pairs = [
            f"{gap()}{json.dumps(key, ensure_ascii=False)}{gap()}:{slipped(inner, rng)}"
            for key, inner in value.items()
        ]
        return closed(pairs, "{}")
    if isinstance(value, list):
        return closed([gap() + slipped(inner, rng) for inner in value], "[]")
    return json.dumps(value, ensure_ascii=False) + gap()


@pytest.mark.parametrize("body", [b"", b" \n\t", b"\xef\xbb\xbf", b"{}", b"\xef\xbb\xbf{}"])
def test_nothing_is_an_empty_object(body):
    assert read_json(body) == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "// no comment"}', "// no comment"),
        ('{"a": "x,]"} // comment', "x,]"),
        (r'{"a": "\\", // comment' + "\n}", "\\"),
        (r'{"a": "\"//",}', '"//'),
        ('{"a": "http://a.test/,}",}', "http://a.test/,}"),
        ('{"a": [1, 2, // three\n ], }', [1, 2]),
        ('{"a": 1} // the end', 1),
        ('{"a": 1,\r\n// one\r\n// two\r\n}', 1),
        ('\ufeff{"a": 1,}', 1),
    ],
)
def test_the_slips_of_the_vendors_examples_are_forgiven(text, value):
    assert read_json(text.encode()) == {"a": value}


# What is none


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "nothing",
        '{"a" 1}',
        "{'a': 1}",
        '{"a": 1,, }',
        '{"a": 1 2}',
        '{"a": /* 1 */ 1}',
        '{"a": 1} {"b": 2}',
        '{"a": "a line\nbreak"}',
        '{"a": "\x00"}',
        '{"a": 01}',
        '{"a": .5}',
        '{"a": "unfinished}',
        "# {}",
    ],
)
def test_other_slips_are_not(text):
    kind, detail = refused(text.encode())
    assert kind is Unreadable
    assert detail.startswith("the body is no JSON: ")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_only_python_takes_for_a_number_is_none(word):
    told = f"the body is no JSON: {word} is not JSON"
    assert refused(f'{{"a": {word}}}'.encode()) == (Unreadable, told)


@pytest.mark.parametrize("value", ["[]", "1", '"text"', "null", "true", "[{}]"])
def test_a_body_is_an_object(value):
    assert refused(value.encode()) == (InvalidParam, "the body has to be a JSON object")


@pytest.mark.parametrize(
    "body", [b"\xff\xfe{\x00}\x00", b'{"a": "\xe4\xbd"}', b'{"a": "\xed\xa0\x80"}', b"\x80"]
)
def test_bytes_that_are_no_utf8_are_said_to_be_none(body):
    assert refused(body) == (Unreadable, "the body is not UTF-8")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"a": {"b": 1, "c": 2, "b": 3}}',
        r'{"a": 1, "\u0061": 2}',
        '{"a": 1, "a": 2,}',
    ],
)
def test_a_name_that_stands_twice_is_refused(text):
    assert refused(text.encode()) == (InvalidParam, "a name stands twice in one object")


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_has_an_end(sign):
    assert read_json(f'{{"a": {sign}{"9" * 39}}}'.encode()) == {"a": int(sign + "9" * 39)}
    assert refused(f'{{"a": {sign}{"9" * 41}}}'.encode())[0] is InvalidParam
    assert refused(f'{{"a": {sign}{"9" * 1_000_000}}}'.encode())[0] is InvalidParam


@pytest.mark.parametrize("number", ["1e999", "-1e999", "0." + "1" * 50])
def test_a_number_is_one_that_a_machine_holds(number):
    assert refused(f'{{"a": {number}}}'.encode()) == (InvalidParam, "a number out of range")


def nested(depth: int, opening: str, closing: str) -> bytes:
    return f'{{"a":{opening * (depth - 1)}0{closing * (depth - 1)}}}'.encode()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_body_is_so_deep_and_no_deeper(opening, closing):
    assert set(read_json(nested(DEEPEST, opening, closing))) == {"a"}
    told = (InvalidParam, f"the body is nested deeper than {DEEPEST}")
    assert refused(nested(DEEPEST + 1, opening, closing)) == told


@pytest.mark.parametrize("opening", ["[", '{"a":', "[[{", '{"a":['])
def test_a_body_without_a_bottom_is_refused(opening):
    kind, _detail = refused(f'{{"a":{opening * 100_000}'.encode())
    assert kind in (InvalidParam, Unreadable)


# What no database holds, and what takes long


@pytest.mark.parametrize("code", [r"\ud800", r"\udfff", r"\u0000", r"\ude00\ud83d"])
def test_what_cannot_be_stored_is_replaced_wherever_it_stands(code):
    body = read_json(f'{{"a": ["x{code}"], "k{code}": {{"b": "{code}"}}}}'.encode())
    marks = "\ufffd" * (len(code) // 6)
    assert body == {"a": [f"x{marks}"], f"k{marks}": {"b": marks}}


def test_names_that_become_equal_by_that_stand_twice():
    told = (InvalidParam, "a name stands twice in one object")
    assert refused(rb'{"\ud800": 1, "\udbff": 2}') == told


def test_pairs_of_surrogates_are_one_character():
    assert read_json(rb'{"a": "\ud83d\ude00"}') == {"a": "\U0001f600"}


@pytest.mark.parametrize(
    "body",
    [
        '{"a": "' + '\\"' * (PLENTY // 2),
        '{"a": ' + '\\"' * (PLENTY // 2),
        '{"a": "' + "\\" * PLENTY,
        '"' * PLENTY,
        '{"a": 1' + ", " * (PLENTY // 2),
        '{"a": 1,' + " " * PLENTY,
        '{"a": 1,' + "// c\n" * (PLENTY // 5),
        '{"a": 1' + ",//" * (PLENTY // 3),
        "/" * PLENTY,
        '{"a": "' + "x" * PLENTY,
        '{"a": [' + "1," * (PLENTY // 2),
    ],
    ids=lambda body: f"{body[:6]}…{body[-3:]}".encode("unicode_escape").decode(),
)
def test_two_megabytes_of_anything_are_read_in_no_time(body):
    began = time.process_time()
    with pytest.raises(ApiError):
        read_json(body.encode())
    assert time.process_time() - began < QUICK


# Shapes


def fault(value: Any) -> str:
    with pytest.raises(InvalidParam) as caught:
        read_shape(ChatRequest, value)
    return caught.value.message


def test_the_fields_that_do_not_fit_are_named(custom):
    custom["input"]["messages"][0]["role"] = "narrator"
    custom["input"]["aca"]["userProfile"]["userId"] = 7
    custom["parameters"] = {"topP": "0.5"}
    assert fault(custom) == (
        "Invalid Param: parameters.topP Input should be a valid number; "
        "input.messages[0].role Input should be 'system', 'user', 'assistant' or 'function'; "
        "input.aca.userProfile.userId Input should be a valid string"
    )


def test_what_is_told_of_a_fault_is_short_whatever_a_field_is_called(custom):
    custom["input"]["aca"]["botProfile"]["params"] = {"k" * 100_000: 1}
    assert len(fault(custom)) < 1_000


def test_null_is_absent_everywhere(custom):
    def with_nulls(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: with_nulls(inner) for key, inner in value.items()} | {"x": None}
        return [with_nulls(one) for one in value] if isinstance(value, list) else value

    aca = custom["input"]["aca"]
    plain = read_shape(ChatRequest, custom)
    names = ["sampleMessages", "scenario", "functionList", "functionChoice", "context", "memory"]
    aca |= dict.fromkeys([*names, "pluginList", "advancedSettings", "platformPlugins"])
    assert read_shape(ChatRequest, with_nulls(custom)) == plain
