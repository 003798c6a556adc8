"""Bytes become events, however they were cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roleplay.providers.base import Nonsense, TooMuch
from roleplay.providers.frames import Frame, FrameParser
from roleplay.providers.strict_json import read_json


def frames_of(*chunks: bytes, largest: int = 1 << 20) -> list[Frame]:
    parser = FrameParser(largest)
    found = [frame for chunk in chunks for frame in parser.feed(chunk)]
    return found + list(parser.finish())


def outcome_of(chunks: list[bytes], largest: int) -> tuple[list[Frame], bool]:
    """The frames, and whether it became too much."""
    parser, found = FrameParser(largest), []
    try:
        for chunk in chunks:
            for frame in parser.feed(chunk):
                found.append(frame)
        found += list(parser.finish())
    except TooMuch:
        return found, True
    return found, False


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: a\n\n", [Frame("", "a")]),
        (b"data:a\n\n", [Frame("", "a")]),
        (b"data:  a\n\n", [Frame("", " a")]),
        (b"event:error\ndata:a\n\n", [Frame("error", "a")]),
        (b"event: error\ndata: a\n\n", [Frame("error", "a")]),
        (b"data: a\nevent: late\n\n", [Frame("late", "a")]),
        (b"id: 7\ndata: a\n\ndata: b\n\n", [Frame("", "a", "7"), Frame("", "b")]),
        (b"data: a\ndata: b\n\n", [Frame("", "a\nb")]),
        (b"data\ndata\n\n", [Frame("", "\n")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [Frame("", x) for x in "abc"]),
        (b"\xef\xbb\xbfdata: a\n\n", [Frame("", "a")]),
        (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [Frame("", "a")]),
        (b": hello\n:\nretry: 3\nwhat\n\ndata: a\n\n", [Frame("", "a")]),
        (b"event: named\n\ndata: a\n\n", [Frame("", "a")]),
        (b"data: a", [Frame("", "a")]),
        (b"data: a\n", [Frame("", "a")]),
        ("data: 一\u2028二\x85三\x0b\n\n".encode(), [Frame("", "一\u2028二\x85三\x0b")]),
        (b"data: \xff\xe6\n\n", [Frame("", "\ufffd\ufffd")]),
        (b"", []),
        (b"\n\n\r\r", []),
    ],
)
def test_each_body_holds_its_events(body: bytes, expected: list[Frame]) -> None:
    assert frames_of(body) == expected
    assert frames_of(*(body[place : place + 1] for place in range(len(body)))) == expected


PIECES = st.sampled_from(
    [
        b"data:",
        b"data: ",
        b"event:",
        b"id: 1",
        b":",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\xef\xbb\xbf",
        b"\xf0\x9f\x8c\x8a",
        b"\xe4",
        b"x",
        b"{}",
        "\u2028".encode(),
        b"\xff",
        b"retry: 1",
        b"yyyyyyyyy",
    ]
)


@given(
    st.lists(PIECES, max_size=40), st.lists(st.integers(0, 200), max_size=12), st.integers(8, 60)
)
def test_any_cut_of_the_bytes_gives_the_same_events(
    pieces: list[bytes], cuts: list[int], largest: int
) -> None:
    body = b"".join(pieces)
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    chunks = [body[start:end] for start, end in pairwise(places)]
    assert outcome_of(chunks, largest) == outcome_of([body], largest)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), max_size=8))
def test_what_was_written_as_data_is_read_as_data(texts: list[str]) -> None:
    body = "".join(f"data: {text}\n\n" for text in texts).encode()
    assert [frame.data for frame in frames_of(body)] == texts


def test_a_line_beyond_the_cap_is_too_much_and_what_came_before_is_kept() -> None:
    good = b"data: a\n\n"
    assert outcome_of([good + b"data: " + b"x" * 100], 50) == ([Frame("", "a")], True)


def test_many_lines_of_one_event_count_together() -> None:
    assert outcome_of([b"data: xxxxxxxxxx\n"] * 10, 50) == ([], True)


def test_a_long_line_in_tiny_chunks_does_not_cost_its_square() -> None:
    chunks = [b"data:", *([b"x"] * 100_000), b"\n\n"]
    (frame,) = frames_of(*chunks)
    assert len(frame.data) == 100_000


@pytest.mark.parametrize(
    "text",
    ["", "{", "{'a':1}", "NaN", "[Infinity]", "-Infinity", "1e999", "9" * 5000, "[" * 65 + "]" * 65,
     "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000, '"\x00"', "1 2"],
    ids=lambda text: f"{text[:8]!a}-{len(text)}",
)  # fmt: skip
def test_json_that_nobody_should_send_is_nonsense(text: str) -> None:
    with pytest.raises(Nonsense):
        read_json(text)


def test_ordinary_json_is_read() -> None:
    text = '{"a": [1, -2.5, 1e3, true, null, "好\\ud83c\\udf0a"], "b": ' + "[" * 60 + "]" * 60 + "}"
    assert read_json(text)["a"] == [1, -2.5, 1000.0, True, None, "好🌊"]
    assert read_json('{"a": [' + ",".join(["{}"] * 500) + "]}")["a"] == [{}] * 500
