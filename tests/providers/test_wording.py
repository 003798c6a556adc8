"""Pieces and whole texts become clean deltas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roleplay.providers.base import Delta, Replacement, TooMuch
from roleplay.providers.reading import Repetition
from roleplay.providers.wording import Listener, Wording
from roleplay.text import clean


def shown_by(pieces: list[Delta | Replacement | None]) -> str:
    text = ""
    for piece in pieces:
        if isinstance(piece, Replacement):
            text = piece.text
        elif piece is not None:
            text += piece.text
    return text


ANY = st.text(st.characters(), max_size=6)
HALVES = st.sampled_from(["\ud83c", "\udf0a", "\ud83c\udf0a", "a", "好", "\x00", "🌊"])


@given(st.lists(HALVES | ANY, max_size=12))
def test_pieces_however_cut_say_the_same_clean_text(pieces: list[str]) -> None:
    wording = Wording()
    shown = shown_by([*(wording.add(piece) for piece in pieces), wording.end()])
    joined = "".join(pieces).encode("utf-16-le", "surrogatepass")
    assert (
        shown == wording.text == clean(joined.decode("utf-16-le", "replace")) or "\ufffd" in shown
    )
    shown.encode()


@given(st.lists(HALVES | ANY, max_size=8))
def test_whole_texts_end_as_the_last_of_them(texts: list[str]) -> None:
    wording = Wording()
    shown = shown_by([*(wording.become(text) for text in texts), wording.end()])
    assert shown == wording.text
    shown.encode()
    if texts and clean(texts[-1]) == texts[-1]:
        assert shown == texts[-1]


def test_both_halves_of_an_emoji_become_one() -> None:
    wording = Wording()
    heard = [wording.add(piece) for piece in ("好\ud83c", "\udf0a呀")]
    assert heard == [Delta("好"), Delta("🌊呀")]


def test_a_half_that_stays_alone_is_replaced() -> None:
    wording = Wording()
    assert [wording.add("好\ud83c"), wording.end()] == [Delta("好"), Delta("\ufffd")]
    assert wording.text == "好\ufffd"


def test_a_cumulative_text_gives_only_what_is_new() -> None:
    wording = Wording()
    heard = [wording.become(text) for text in ("今", "今天", "今天", "今晚", "今晚见")]
    assert heard == [Delta("今"), Delta("天"), None, Replacement("今晚"), Delta("见")]


def test_more_than_the_cap_is_too_much() -> None:
    wording = Wording(most=5)
    wording.add("12345")
    with pytest.raises(TooMuch):
        wording.add("6")


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("sent", [True, False])
def test_the_mode_that_was_sent_wins_over_the_one_asked_for(asked: bool, sent: bool) -> None:
    listener = Listener(Wording(), cumulative=asked)
    pieces = ["从前", "有座", "山，", "山里", "有座庙"]
    texts = ["".join(pieces[: place + 1]) for place in range(5)] if sent else pieces
    assert shown_by([listener.hear(text) for text in texts]) == "从前有座山，山里有座庙"


def test_a_laugh_is_no_cumulative_text() -> None:
    listener = Listener(Wording(), cumulative=False)
    assert shown_by([listener.hear("哈") for _ in range(9)]) == "哈" * 9


def test_a_last_frame_may_repeat_everything() -> None:
    listener = Listener(Wording(), cumulative=False)
    heard = [listener.hear("今天"), listener.hear("很热"), listener.hear("今天很热", closing=True)]
    assert shown_by(heard) == "今天很热"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["今天", "很热，", "我们走"], "我们走"),
        (["今", "天很热，我们走"], "我们走"),
        (["我们", "走"], "我们走"),
        (["今天", "下雨"], "今天下雨"),
        (["今天"], "今天"),
        (["今天很热，"], ""),
    ],
)
def test_an_exact_repetition_of_the_beginning_is_dropped(pieces: list[str], expected: str) -> None:
    repetition = Repetition("今天很热，")
    heard = [*(repetition.pass_on(Delta(piece)) for piece in pieces), repetition.end()]
    assert shown_by(heard) == expected


def test_a_rewritten_continuation_loses_its_repetition_too() -> None:
    repetition = Repetition("今天很热，")
    heard = [
        repetition.pass_on(Delta("我们")),
        repetition.pass_on(Replacement("今天很热，大家")),
        repetition.pass_on(Delta("都走")),
        repetition.end(),
    ]
    assert shown_by(heard) == "大家都走"
