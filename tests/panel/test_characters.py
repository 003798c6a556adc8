"""Characters in the panel: edited humanely, shown exactly, published, tried."""

import json
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from characters.models import Character
from characters.starters import load_starters
from roleplay.accounts.models import Persona
from roleplay.conversations.models import Conversation
from roleplay.preview import vendor_payload

TEMPLATE = "8474991ea7cb4bee8f254ac93237cf79"


def change_url(character):
    return reverse("admin:characters_character_change", args=[character.pk])


def fields(**changed):
    given = {
        "name": "Mei",
        "kind": "virtual",
        "language": "en",
        "visibility": "public",
        "greeting": "Hello.",
        "alternate_greetings": ["“You again?”", "", "Line one\r\nline two", "   "],
        "starters": "What are you mending?\n\n  May I help? \n",
        "tags": "kites, wind，roof、 kites",
        "params-name": ["", ""],
        "params-text": ["", ""],
        "tools": "",
        "extensions": "",
    }
    return {**given, **changed}


def errors(response):
    return {
        name: " ".join(said) for name, said in response.context["adminform"].form.errors.items()
    }


def picture(colour=(220, 60, 60), size=(300, 500), kind="PNG"):
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return SimpleUploadedFile("me.png", out.getvalue(), "image/png")


def test_lists_are_edited_as_boxes_lines_and_words(desk, mei):
    assert desk.post(change_url(mei), fields()).status_code == 302
    mei.refresh_from_db()
    assert mei.alternate_greetings == ["“You again?”", "Line one\nline two"]
    assert mei.starters == ["What are you mending?", "May I help?"]
    assert mei.tags == ["kites", "wind", "roof"]
    assert (mei.params, mei.tools, mei.extensions) == ({}, [], {})


def test_the_form_shows_what_is_stored_and_saving_it_unread_changes_nothing(desk, mei):
    mei.alternate_greetings = ["\nfirst line is empty", "</textarea><script>x</script>"]
    mei.params = {"characterName": "Mei"}
    mei.template_id = TEMPLATE
    mei.tools = [{"id": "001", "name": "weather", "parameters": {"type": "object"}}]
    mei.save()
    page = desk.get(change_url(mei))
    form = page.context["adminform"].form
    assert "</textarea><script>" not in page.content.decode()
    sent = fields(
        alternate_greetings=mei.alternate_greetings,
        starters=form["starters"].value(),
        tags=form["tags"].value(),
        tools=form["tools"].value(),
        template_id=TEMPLATE,
        **{"params-name": ["characterName"], "params-text": ["Mei"]},
    )
    assert desk.post(change_url(mei), sent).status_code == 302
    after = Character.objects.get(pk=mei.pk)
    for name in ("alternate_greetings", "params", "tools", "starters", "tags"):
        assert getattr(after, name) == getattr(mei, name), name


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"tools": '[{"name": "weather"'}, "tools", "line 1"),
        ({"tools": '{"name": "weather"}'}, "tools", "a list"),
        ({"tools": '[{"title": "weather"}]'}, "tools", "each with a name"),
        ({"extensions": "[]"}, "extensions", "an object"),
        ({"params-name": [""], "params-text": ["海梦"]}, "params", "has no name"),
        ({"params-name": ["a", "a"], "params-text": ["1", "2"]}, "params", "there twice"),
        ({"params-name": ["a"], "params-text": ["1"]}, "params", "enter its id above"),
        ({"platform_version": "3"}, "platform_version", "which character"),
        ({"name": ""}, "name", "required"),
        ({"age": "-1"}, "age", "greater than or equal"),
        ({"hue": "24"}, "__all__", "character_hue_known"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(desk, mei, changed, field, words):
    assert words in errors(desk.post(change_url(mei), fields(**changed)))[field]


def test_pictures_are_drawn_anew_cut_to_size_and_give_the_hue(desk, mei):
    sent = fields(avatar=picture(), cover=picture((60, 60, 220)))
    assert desk.post(change_url(mei), sent).status_code == 302
    mei.refresh_from_db()
    with Image.open(mei.avatar) as avatar, Image.open(mei.cover) as cover:
        assert (avatar.format, avatar.size) == ("WEBP", (192, 192))
        assert (cover.format, cover.size) == ("WEBP", (480, 640))
    assert mei.hue == 18
    assert "me.png" not in mei.avatar.name
    page = desk.get(change_url(mei)).content.decode()
    assert mei.avatar.url in page
    assert mei.cover.url in page


def test_a_hue_that_was_chosen_by_hand_stays(desk, mei):
    desk.post(change_url(mei), fields(avatar=picture(), hue="7"))
    mei.refresh_from_db()
    assert mei.hue == 7


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"GIF89a",
        b"\x89PNG\r\n",
    ],
)
def test_what_is_no_picture_is_refused_and_the_old_one_stays(desk, mei, data):
    desk.post(change_url(mei), fields(avatar=picture()))
    before = Character.objects.get(pk=mei.pk).avatar.name
    response = desk.post(
        change_url(mei), fields(avatar=SimpleUploadedFile("me.png", data, "image/png"))
    )
    assert "avatar" in errors(response)
    assert Character.objects.get(pk=mei.pk).avatar.name == before


def test_the_payload_shown_is_the_seeds_for_haimeng(desk, db):
    load_starters()
    haimeng = Character.objects.get(key="haimeng")
    assert vendor_payload(haimeng) == {
        "botProfile": {
            "enableOpenLine": False,
            "name": "海梦",
            "type": "assistant",
            "customTemplateId": TEMPLATE,
            "params": {
                "characterName": "海梦",
                "characterSex": "女",
                "characterBirthday": "5月20日",
            },
        },
        "userProfile": {"userId": "0" * 32, "basicInfo": ""},
    }
    page = desk.get(change_url(haimeng)).content.decode()
    assert "&quot;customTemplateId&quot;: &quot;8474991ea7cb4bee8f254ac93237cf79&quot;" in page


def test_the_payload_has_the_three_forms_of_a_role(mei):
    custom = vendor_payload(mei, Persona(name="小林", about="摄影社社员"))
    assert custom["botProfile"]["content"] == "Mei mends kites on the roof and calls 小林 by name."
    assert custom["userProfile"]["userName"] == "小林"
    mei.platform_id, mei.platform_version = "c0ffee", 3
    platform = vendor_payload(mei)["botProfile"]
    assert (platform["characterId"], platform["version"]) == ("c0ffee", 3)


def test_a_card_can_be_written_from_nothing(desk, operator):
    url = reverse("admin:characters_character_add")
    assert desk.get(url).status_code == 200
    assert desk.post(url, fields(name="Owl", owner=operator.pk)).status_code == 302
    owl = Character.objects.get(name="Owl")
    assert (owl.owner, owl.key) == (operator, None)


def test_a_key_and_an_id_are_not_taken_from_a_form(desk, mei):
    before = mei.pk
    desk.post(change_url(mei), fields(key="haimeng", id="0" * 32, created="2001-01-01"))
    mei.refresh_from_db()
    assert (mei.pk, mei.key, mei.created.year) == (before, None, mei.created.year)


@pytest.mark.parametrize(
    ("action", "visibility"), [("publish", "public"), ("unpublish", "private")]
)
def test_many_are_published_or_withdrawn_at_once(desk, mei, action, visibility):
    owl = Character.objects.create(name="Owl", visibility="unlisted")
    response = desk.post(
        reverse("admin:characters_character_changelist"),
        {"action": action, "_selected_action": [mei.pk, owl.pk]},
    )
    assert response.status_code == 302
    assert set(Character.objects.values_list("visibility", flat=True)) == {visibility}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"q": "kites"}, ["Mei"]),
        ({"q": "alice"}, ["Owl"]),
        ({"visibility": "private"}, ["Owl"]),
        ({"language__exact": "en"}, ["Mei"]),
        ({"of": "site"}, ["Mei"]),
        ({"of": "people"}, ["Owl"]),
    ],
)
def test_the_list_is_searched_and_narrowed(desk, mei, alice, question, found):
    Character.objects.create(name="Owl", owner=alice, language="zh-Hans")
    page = desk.get(reverse("admin:characters_character_changelist"), question)
    assert [row.name for row in page.context["cl"].result_list] == found


def test_the_starters_come_at_a_press_and_only_once(desk, db):
    url = reverse("admin:characters_character_starters")
    assert desk.get(url).status_code == 405
    first = desk.post(url, follow=True)
    count = Character.objects.count()
    assert count >= 7
    assert f"{count} starters are here." in first.content.decode()
    assert "All starters are here already." in desk.post(url, follow=True).content.decode()
    assert Character.objects.count() == count


def test_try_it_opens_a_chat_as_the_operator(desk, operator, mei):
    page = desk.get(change_url(mei)).content.decode()
    assert f'action="{reverse("start_chat", args=[mei.pk])}"' in page
    response = desk.post(reverse("start_chat", args=[mei.pk]), {"greeting": "0"})
    story = Conversation.objects.get()
    assert (story.user, story.character) == (operator, mei)
    assert response.url == reverse("chat", args=[story.pk])


def test_a_draft_belongs_to_whoever_begins_it_so_that_it_can_be_tried(desk, operator):
    form = desk.get(reverse("admin:characters_character_add")).context["adminform"].form
    assert form["owner"].value() == operator.pk


def test_what_only_its_owner_may_open_has_no_button_that_leads_nowhere(desk, bob):
    owl = Character.objects.create(name="Owl", owner=bob)
    page = desk.get(change_url(owl)).content.decode()
    assert reverse("start_chat", args=[owl.pk]) not in page
    assert "Only its owner can open it now." in page


def test_somebody_under_eighteen_is_marked_as_all_ages(desk, mei):
    words = "This character is under 18."
    assert words not in desk.get(change_url(mei)).content.decode()
    Character.objects.filter(pk=mei.pk).update(age=15)
    assert words in desk.get(change_url(mei)).content.decode()


def test_a_character_people_talk_to_is_not_deleted_and_no_title_is_told(desk, mei, story):
    story.title = "A very private title"
    story.save()
    url = reverse("admin:characters_character_delete", args=[mei.pk])
    page = desk.get(url).content.decode()
    assert "A very private title" not in page
    assert "chats: 1" in page.lower()
    desk.post(url, {"post": "yes"})
    assert Character.objects.filter(pk=mei.pk).exists()


def test_markup_in_a_card_is_text_on_every_page_of_the_panel(desk, mei):
    nasty = '"><img src=x onerror=pwn()>'
    for name in ("name", "tagline", "description", "greeting", "sex"):
        setattr(mei, name, nasty[:20] if name == "sex" else nasty)
    mei.tags, mei.params, mei.extensions = [nasty], {nasty: nasty}, {nasty: [nasty]}
    mei.alternate_greetings = [nasty]
    mei.save()
    for page in (
        desk.get(change_url(mei)),
        desk.get(reverse("admin:characters_character_changelist")),
        desk.get(reverse("admin:characters_character_delete", args=[mei.pk])),
        desk.get(reverse("admin:characters_character_history", args=[mei.pk])),
    ):
        assert page.status_code == 200
        assert "<img src=x" not in page.content.decode()


def test_what_is_typed_is_cleaned_of_what_no_database_can_hold(desk, mei):
    extensions = json.dumps({"k\x00": "a\ud800"})
    desk.post(
        change_url(mei),
        fields(greeting="a\x00b", alternate_greetings=["c\x00d"], extensions=extensions),
    )
    mei.refresh_from_db()
    assert mei.greeting == "a\ufffdb"
    assert mei.alternate_greetings == ["c\ufffdd"]
    assert mei.extensions == {"k\ufffd": "a\ufffd"}
