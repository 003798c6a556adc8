"""Tokens of texts, terms of what is typed, and both agreeing; no database."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roleplay.searching.marking import marked, snippet
from roleplay.searching.query import (
    for_fts5,
    for_tsquery,
    read_phrase,
    read_query,
    tsvector_of,
)
from roleplay.searching.shadow import shadow, tokens

LETTERS = st.sampled_from("猫咪小灯下雨夜abKé Ａ1，。.*'\"-_\n한カบ😀ß")
TEXTS = st.text(LETTERS, max_size=40) | st.text(max_size=40)


def holds(text, typed):
    """Whether an index would find this text: tokens in a row, the last perhaps only begun."""
    known = tokens(text)
    return all(
        any(_begins(known[at:], term) for at in range(len(known)))
        for term in read_query(typed).terms
    )


def _begins(known, term):
    *whole, last = term.tokens
    if known[: len(whole)] != whole or len(known) <= len(whole):
        return False
    found = known[len(whole)]
    return found.startswith(last) if term.opens else found == last


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("小猫咪", ["小猫", "猫咪", "咪"]),
        ("猫", ["猫"]),
        ("*Mei* says: “don't”", ["mei", "says", "don", "t"]),
        ("iPhone手机2台", ["iphone", "手机", "机", "2", "台"]),
        ("Café ＡＢＣ Straße", ["cafe", "abc", "strasse"]),
        ("e\u0301te\u0301", ["ete"]),
        ("こんにちは", ["こん", "んに", "にち", "ちは", "は"]),
        ("x" * 60, ["x" * 40]),
        ("…… 😀 \n", []),
    ],
)
def test_a_text_becomes_these_tokens(text, made):
    assert tokens(text) == made


def test_every_token_is_its_owners_and_the_chat_comes_first():
    assert shadow(42, "ab" * 16, "小猫 ok") == f"42c{'ab' * 16} 42x小猫 42x猫 42xok"


@settings(deadline=None)
@given(TEXTS, st.data())
def test_what_is_in_a_text_is_found(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    # A part that begins and ends where words do, as people type it.
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text))
    typed = text[start:end] if not words else data.draw(st.sampled_from(words))
    query = read_query(typed)
    if query and words:
        assert holds(text, typed)
        assert any(hit for _, hit in snippet(text, query))


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_a_snippet_agrees_with_the_index(text, typed):
    query = read_query(typed)
    if query:
        assert bool(snippet(text, query)) == holds(text, typed)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_marking_loses_no_character(text, typed):
    pieces = marked(text, read_query(typed))
    assert "".join(words for words, _ in pieces) == unicodedata.normalize("NFC", text)


@settings(deadline=None)
@given(st.text(max_size=250))
def test_anything_may_be_typed(typed):
    for query in (read_query(typed), read_phrase(typed)):
        for term in query.terms:
            assert all(re.fullmatch(r"[^\s\"'*():&|!<>^+]+", token) for token in term.tokens)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("猫咪", '"7x猫咪"'),
        ("小猫咪", '"7x小猫 7x猫咪"'),
        ("猫", '"7x猫" *'),
        ("kite", '"7xkite" *'),
        ("at", '"7xat"'),
        ('"kite"', '"7xkite"'),
        ("“夜雨 kite”", '"7x夜雨 7x雨 7xkite"'),
        ("猫咪 kite", '"7x猫咪" AND "7xkite" *'),
        ("kite kite", '"7xkite" *'),
        ('NEAR(a b) OR words:x* -y "', '"7xnear 7xa" AND "7xb" AND "7xor" AND "7xwords 7xx" AND "7xy"'),
    ],
)  # fmt: skip
def test_sqlite_is_asked_like_this(typed, asked):
    assert for_fts5(read_query(typed), 7) == asked


def test_one_chat_is_asked_for_by_its_token():
    assert for_fts5(read_query("猫咪"), 7, "ab") == '"7cab" AND "7x猫咪"'


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("小猫咪", "('7x小猫' <-> '7x猫咪')"),
        ("猫 kite", "('7x猫':*) & ('7xkite':*)"),
        ('"old kite"', "('7xold' <-> '7xkite')"),
    ],
)
def test_postgresql_is_asked_like_this(typed, asked):
    assert for_tsquery(read_query(typed), 7) == asked


def test_postgresql_keeps_the_same_tokens_in_their_places():
    assert tsvector_of(shadow(7, "ab", "小猫 ok")) == "'7cab':1 '7x小猫':2 '7x猫':3 '7xok':4"


@pytest.mark.parametrize("typed", ["", "  ", '"', '""', "*", "😀", "()", "、。"])
def test_where_there_is_no_letter_nothing_is_asked(typed):
    assert not read_query(typed)


def test_only_the_first_two_hundred_characters_are_read():
    assert read_query("x" * 199 + " yes no") == read_query("x" * 199)


@pytest.mark.parametrize("typed", ["kite", '"old kite" red', "夜雨"])
def test_one_term_or_one_with_quotes_is_no_phrase_as_typed(typed):
    assert not read_phrase(typed)


def test_several_words_are_a_phrase_as_typed_too():
    assert [term.tokens for term in read_phrase("old red kite").terms] == [("old", "red", "kite")]


def test_a_snippet_shows_the_hit_and_what_stands_around_it():
    text = "word " * 30 + "*the old\n  kite* flies" + " on" * 60
    pieces = snippet(text, read_query("old kite"))
    line = "".join(words for words, _ in pieces)
    assert [words for words, hit in pieces if hit] == ["old", "kite"]
    assert line.startswith("…") and line.endswith("…")
    assert "the old kite flies on" in line
    assert len(line) < 140
