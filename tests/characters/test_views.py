"""The gallery and the page of one character."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from characters.models import Character
from characters.reading import about, excerpt, openings, shorten

HTMX = {"HX-Request": "true"}


def character(name, **values):
    return Character.objects.create(name=name, **{"visibility": "public", **values})


def names(answer):
    return [shown.name for shown in answer.context["shelf"]]


def told(answer):
    """What the page says, without the frame around it."""
    return answer.content.decode().split("<main")[1].split("</main>")[0]


@pytest.fixture
def shelf(db):
    return [
        character("海梦", tags=["日常", "摄影"], tagline="把喜欢的一切，都亲手做出来、拍下来。"),
        character("Tobias Wren", language="en", tags=["Sea"], description="Keeps a lighthouse."),
        character("墨鱼探长", tags=["推理", "动物"]),
    ]


def test_everyone_published_stands_on_the_shelf_newest_first(alices_browser, shelf):
    assert names(alices_browser.get("/")) == ["墨鱼探长", "Tobias Wren", "海梦"]


def test_private_and_unlisted_ones_stand_on_their_owners_shelf_alone(
    alices_browser, bobs_browser, alice
):
    character("Secret", owner=alice, visibility="private")
    character("By link", owner=alice, visibility="unlisted")
    assert names(alices_browser.get("/")) == ["By link", "Secret"]
    assert names(bobs_browser.get("/")) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lighthouse", ["Tobias Wren"]),
        ("推理", ["墨鱼探长"]),
        ("摄 海", ["海梦"]),
        ("tobias sea", ["Tobias Wren"]),
        ("tobias 推理", []),
        ("", ["墨鱼探长", "Tobias Wren", "海梦"]),
        ("%", []),
    ],
)
def test_the_search_looks_in_names_lines_and_tags_in_both_languages(
    alices_browser, shelf, words, found
):
    assert names(alices_browser.get("/", {"q": words})) == found


def test_while_typing_only_the_cards_come(alices_browser, shelf):
    answer = alices_browser.get("/", {"q": "lighthouse"}, headers=HTMX)
    assert answer.content.decode().count("<article") == 1
    assert "<html" not in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_a_stranger_searches_as_well(client, shelf):
    answer = client.get("/", {"q": "lighthouse"}, headers=HTMX)
    assert answer.content.decode().count("<article") == 1


def test_a_search_that_finds_nobody_says_so_and_repeats_the_words_safely(alices_browser, shelf):
    page = alices_browser.get("/", {"q": "<script>"}).content.decode()
    assert 'Nothing found for "&lt;script&gt;". Try another word.' in page
    assert "<script>&" not in page


def test_a_tag_shows_exactly_those_who_carry_it(alices_browser, shelf):
    character("Seagull", tags=["Seaside"])
    assert names(alices_browser.get("/", {"tag": "Sea"})) == ["Tobias Wren"]
    assert names(alices_browser.get("/", {"tag": "日常"})) == ["海梦"]


def test_a_search_within_a_tag_stays_within_it(alices_browser, shelf):
    character("Seagull", tags=["Sea"])
    page = alices_browser.get("/", {"tag": "Sea", "q": "tobias"})
    assert names(page) == ["Tobias Wren"]
    assert '<input type="hidden" name="tag" value="Sea">' in page.content.decode()


def test_tags_come_with_their_counts_the_most_used_first(alices_browser, shelf):
    character("小满", tags=["动物", "动物"])
    assert alices_browser.get("/").context["tags"][0] == ("动物", 2)


def test_the_shelf_goes_on_where_the_first_cards_end(alices_browser, db):
    for number in range(30):
        character(f"Guest {number:02}")
    first = alices_browser.get("/")
    assert len(names(first)) == 24
    assert 'href="/?page=2"' in first.content.decode()
    rest = alices_browser.get("/", {"page": "2"}, headers=HTMX)
    assert names(rest) == [f"Guest {number:02}" for number in (5, 4, 3, 2, 1, 0)]
    assert "page=3" not in rest.content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "999999999999", "two", ""])
def test_a_page_that_is_none_shows_one_that_is(alices_browser, shelf, page):
    assert alices_browser.get("/", {"page": page}).status_code == 200


def test_three_cards_cost_no_more_queries_than_one(alices_browser):
    character("One")
    with CaptureQueriesContext(connection) as one:
        alices_browser.get("/")
    character("Two")
    character("Three")
    with CaptureQueriesContext(connection) as three:
        alices_browser.get("/")
    assert len(three) == len(one)


def test_one_is_greeted_by_the_name_one_goes_by(alices_browser, xiaolin):
    assert ", 小林\n" in alices_browser.get("/").content.decode()


def test_a_character_is_introduced_with_its_openings(alices_browser, mei):
    page = alices_browser.get(f"/characters/{mei.pk}/").content.decode()
    assert "Mends kites." in page
    assert "calls you by name." in page
    assert page.count('name="greeting"') == 2
    assert "AI character" in page
    assert f'action="/characters/{mei.pk}/chat/"' in page


def test_what_was_begun_can_be_gone_on_with(alices_browser, bobs_browser, story, mei):
    address = f"/characters/{mei.pk}/"
    assert f'href="/chats/{story.pk}/">Go on' in alices_browser.get(address).content.decode()
    assert "Go on" not in bobs_browser.get(address).content.decode()


def test_where_guests_are_not_welcome_a_stranger_is_asked_to_sign_in(client, mei, settings):
    settings.GUESTS = False
    page = client.get(f"/characters/{mei.pk}/", headers={"Accept-Language": "en"}).content.decode()
    assert f'href="/accounts/login/?next=/characters/{mei.pk}/">Sign in to chat' in page


@pytest.mark.parametrize(("visibility", "status"), [("private", 404), ("unlisted", 200)])
def test_a_link_opens_what_is_shared_and_hides_what_is_private(
    bobs_browser, alice, visibility, status
):
    hers = character("Hers", owner=alice, visibility=visibility)
    assert bobs_browser.get(f"/characters/{hers.pk}/").status_code == status


def test_a_private_one_and_one_that_never_was_look_the_same(bobs_browser, alice):
    hers = character("Hers", owner=alice, visibility="private")
    private = bobs_browser.get(f"/characters/{hers.pk}/")
    unknown = bobs_browser.get("/characters/00000000-0000-4000-8000-000000000000/")
    assert told(private) == told(unknown)
    assert "This page has turned" in told(private)


def test_only_staff_are_shown_the_way_to_the_panel(alices_browser, mei, operator):
    keeper = Client()
    keeper.force_login(operator)
    address = f"/characters/{mei.pk}/"
    assert b"/admin/" in keeper.get(address).content
    assert b"/admin/" not in alices_browser.get(address).content


def test_a_card_cannot_bring_marks_of_its_own_into_the_page(alices_browser):
    evil = character("<b>Eve", tagline="<img src=x onerror=alert(1)>", tags=["<i>"])
    page = alices_browser.get(f"/characters/{evil.pk}/").content.decode()
    assert "<b>Eve" not in page
    assert "<img src=x" not in page


def test_the_introduction_is_the_authors_own_where_there_is_one():
    given = Character(creator_notes="A gentle story.", description="You are Mei. Never say…")
    assert about(given) == "A gentle story."


def test_else_it_is_the_first_lines_of_the_description_in_plain_names():
    given = Character(
        name="海梦", description="{{char}}很喜欢{{user}}。\n住在海边。\n\n（不给读者看）"
    )
    assert about(given) == "海梦很喜欢你。住在海边。"


def test_a_long_text_ends_after_a_whole_sentence():
    assert shorten("One two. Three four! Five six seven eight", 25) == "One two. Three four!"
    assert shorten("一个没有句号的很长的句子", 6) == "一个没有句…"


def test_openings_are_shown_without_their_marks(mei):
    assert openings(mei) == ["Mei looks up. “Hello, you.”", "“You again?”"]


def test_the_excerpt_keeps_its_marks_for_the_reader(mei):
    assert excerpt(mei) == "*Mei looks up.* “Hello, you.”"
