"""The grammar of stories, by the vectors that the browser's half is held to as well."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from roleplay.conversations.prose import Paragraph, Span, paragraphs, plain

VECTORS = json.loads((Path(__file__).parent / "prose_vectors.json").read_text("utf-8"))
by_name = pytest.mark.parametrize("vector", VECTORS, ids=[one["name"] for one in VECTORS])
MARKS = '*(（)）「」『』“”" \n\rab你，'
stories = st.text(alphabet=MARKS, max_size=60) | st.text(max_size=60)


def as_lists(parts: Paragraph) -> list[Any]:
    return [[p.kind, *as_lists(p.parts)] if isinstance(p, Span) else p for p in parts]


class Shown(HTMLParser):
    """Reads a rendered message back; trips over any tag but p and span."""

    def __init__(self) -> None:
        super().__init__()
        self.paragraphs: list[Any] = []
        self.open: list[list[Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("p", "span")
        node = [] if tag == "p" else [dict(attrs)["class"]]
        (self.open[-1] if self.open else self.paragraphs).append(node)
        self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        assert self.open, f"text outside of a paragraph: {data!r}"
        self.open[-1].append(data)


def rendered(text: str) -> list[Any]:
    reader = Shown()
    html = render_to_string("conversations/_prose.html", {"paragraphs": paragraphs(text)})
    reader.feed(html.strip())
    reader.close()
    return reader.paragraphs


@by_name
def test_every_vector_reads_as_it_says(vector: dict[str, Any]) -> None:
    assert [as_lists(paragraph) for paragraph in paragraphs(vector["text"])] == vector["shows"]


@by_name
def test_every_vector_is_rendered_as_it_reads(vector: dict[str, Any]) -> None:
    assert rendered(vector["text"]) == vector["shows"]


def test_an_aside_tells_screen_readers_what_it_is() -> None:
    html = render_to_string("conversations/_prose.html", {"paragraphs": paragraphs("((slower))")})
    assert html.strip() == '<p><span class="ooc" role="note">((slower))</span></p>'


def test_a_message_on_one_line_has_no_stars() -> None:
    assert plain("*叶片抖了抖*\n今天浇水") == "叶片抖了抖 今天浇水"


def without(text: str, leave_out: str) -> str:
    return "".join(character for character in text if character not in leave_out)


@given(stories)
def test_nothing_is_lost_but_stars_and_line_ends(text: str) -> None:
    kept = "".join(plain(line) for line in text.replace("\r", "\n").split("\n"))
    space = " \t\u00a0\u3000\n\r*"
    assert without(kept, space) == without(text, space)


@given(stories)
def test_every_paragraph_holds_a_word_and_no_span_is_empty(text: str) -> None:
    for paragraph in paragraphs(text):
        assert paragraph
        for part in paragraph:
            assert part if isinstance(part, str) else part.parts


@given(stories, stories)
def test_what_is_written_later_leaves_whole_paragraphs_as_they_were(one: str, two: str) -> None:
    before = paragraphs(one + "\n")
    assert paragraphs(one + "\n" + two)[: len(before)] == before


def test_a_hostile_message_of_twenty_thousand_marks_is_read_at_once() -> None:
    for pattern in ("*", "(", "((", "「*", "*a", "“*”", "\n*"):
        assert paragraphs(pattern * 20_000) or pattern == "*a"
