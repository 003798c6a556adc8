"""What a search shows: which chats, in which order, with which hits, and to whom."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from characters.models import Character
from roleplay.conversations.models import Conversation
from roleplay.conversations.replying import start_story
from roleplay.searching import finding
from roleplay.searching.finding import find, find_in
from roleplay.searching.index import index_waiting
from roleplay.searching.shadow import shadow


@pytest.fixture(params=["indexed", "waiting"])
def settle(request):
    """Everything said is in the index, or none of it is: a search shows the same."""
    return index_waiting if request.param == "indexed" else lambda: None


def chat(user, character, *texts, title="", **fields):
    made = start_story(user, character, **fields)
    Conversation.objects.filter(pk=made.pk).update(title=title)
    for text in texts:
        made.messages.create(role="user", parent=made.head, text=text)
    return made


def chats(found):
    return [group.chat.pk for group in found.groups]


def texts(found):
    return [[hit.message.text for hit in group.hits] for group in found.groups]


@pytest.mark.parametrize("typed", ["夜雨", "雨", "夜雨敲窗", "敲窗 kite", "KITE", "kit", '"kites"'])
def test_chinese_english_and_mixed_words_are_found(alice, mei, settle, typed):
    chat(alice, mei, "nothing")
    wanted = chat(alice, mei, "夜雨敲窗，two kites")
    settle()
    assert texts(find(alice, typed)) == [["夜雨敲窗，two kites"]]
    assert chats(find(alice, typed)) == [wanted.pk]


@pytest.mark.parametrize("typed", ["雨夜", "kites two kite3", '"kite"', "ites", "敲 雪"])
def test_what_nobody_said_is_not_found(alice, mei, settle, typed):
    chat(alice, mei, "夜雨敲窗，two kites")
    settle()
    assert find(alice, typed).groups == []


def test_bob_finds_nothing_of_alices(alice, bob, mei, settle):
    chat(alice, mei, "夜雨 kite", title="Kite evening")
    settle()
    assert find(bob, "kite").groups == []
    assert find(bob, "夜雨").groups == []


def test_dialogues_of_programs_are_not_found(alice, mei, settle):
    chat(alice, mei, "夜雨 kite", title="Kite evening", biz_user="robot")
    settle()
    assert find(alice, "kite").groups == []
    assert find(alice, "evening").groups == []


def test_titles_and_names_come_first_then_phrases_then_the_newest(alice, mei, settle):
    cuckoo = Character.objects.create(name="Red Kite", language="en", visibility="public")
    named = chat(alice, cuckoo, "hello")
    titled = chat(alice, mei, "hello", title="The red kite")
    phrase = chat(alice, mei, "a red kite")
    older = chat(alice, mei, "a kite, and red")
    newer = chat(alice, mei, "red is the kite")
    settle()
    found = find(alice, "red kite")
    assert chats(found) == [titled.pk, named.pk, phrase.pk, newer.pk, older.pk]
    assert [group.named for group in found.groups] == [True, True, False, False, False]


def test_a_name_and_a_word_together_find_what_was_said_in_that_chat(alice, mei, settle):
    juniper = Character.objects.create(name="Juniper", language="en", visibility="public")
    wanted = chat(alice, juniper, "the kite")
    chat(alice, mei, "the kite")
    settle()
    found = find(alice, "juniper kite")
    assert chats(found) == [wanted.pk]
    assert texts(found) == [["the kite"]]
    assert texts(find_in(fresh(alice, wanted), "juniper kite", 10)) == [["the kite"]]


def fresh(user, made):
    return Conversation.objects.of(user).select_related("character").get(pk=made.pk)


def test_a_chat_shows_its_newest_three_and_says_that_there_are_more(alice, mei, settle):
    made = chat(alice, mei, *[f"kite {number}" for number in range(5)])
    settle()
    (group,) = find(alice, "kite").groups
    assert [hit.message.text for hit in group.hits] == ["kite 4", "kite 3", "kite 2"]
    assert group.more
    inside = find_in(fresh(alice, made), "kite", 3)
    assert texts(inside) == [["kite 4", "kite 3", "kite 2"]]
    rest = find_in(fresh(alice, made), "kite", 3, inside.before)
    assert texts(rest) == [["kite 1", "kite 0"]]
    assert rest.before is None


def test_looking_further_back_reaches_every_hit_once(alice, mei, settle, monkeypatch):
    monkeypatch.setattr(finding, "WINDOW", 3)
    made = [chat(alice, mei, f"kite {number}").pk for number in range(8)]
    settle()
    seen, before = [], None
    while True:
        found = find(alice, "kite", before)
        seen += chats(found)
        before = found.before
        if before is None:
            break
    assert seen == made[::-1]


def test_other_peoples_chats_change_nothing_of_the_order(alice, bob, mei, settle):
    for number in range(3):
        chat(alice, mei, f"kite {'red ' * number}")
    settle()
    before = texts(find(alice, "kite"))
    for _ in range(20):
        chat(bob, mei, "kite kite kite")
    settle()
    assert texts(find(alice, "kite")) == before


def test_three_chats_cost_what_one_costs(alice, mei, settle):
    costs = []
    for _ in range(2):
        chat(alice, mei, "a kite", title="x")
        chat(alice, mei, "a kite", title="y")
        settle()
        with CaptureQueriesContext(connection) as queries:
            find(alice, "kite")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_stale_entry_of_the_index_shows_nothing(alice, mei):
    made = chat(alice, mei, "a kite")
    index_waiting()
    with connection.cursor() as cursor:
        words = shadow(alice.pk, made.pk.hex, "a kite")
        cursor.execute(
            "INSERT INTO search_words_1 (rowid, words) VALUES (%s, %s), (%s, %s)",
            [made.head_id, words, 10**9, words],
        )
    assert texts(find(alice, "kite")) == [["a kite"]]
