"""A long answer that repeats itself in each frame costs what its length says, not its square."""

import pytest

from roleplay.api.answering import Frames
from roleplay.api.completions import CompletionWriting
from roleplay.api.dialects import XINGCHEN
from roleplay.streaming.events import Event

PIECE = "灯下。"
END = {"status": "done", "kind": "", "retry_after": None}


def told(pieces):
    """The frames for so many pieces that come one by one, and then the end."""
    frames = Frames(CompletionWriting("r", "m", {}), XINGCHEN, "r")
    events = [Event(number + 1, "delta", {"t": PIECE}) for number in range(pieces)]
    parts = [frames([event]) for event in [*events, Event(pieces + 1, "end", END)]]
    return [part for part in parts if part]


def test_a_short_answer_is_told_piece_by_piece():
    assert len(told(60)) == 61


@pytest.mark.parametrize("pieces", [2_000, 20_000])
def test_a_long_one_is_told_in_steps_that_grow_with_it(pieces):
    frames = told(pieces)
    assert sum(map(len, frames)) < 300 * len(PIECE.encode()) * pieces
    assert frames[-1].count(PIECE.encode()) == pieces
