"""The starter set: what it holds, and what loading it does and leaves alone."""

import re
from io import StringIO

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from PIL import Image

from characters.models import Character
from characters.starters import FOLDER, SHELF, fill_empty_shelf, load_starters, read_starter
from roleplay.pictures import AVATAR, COVER
from roleplay.text import language_of

pytestmark = pytest.mark.django_db
KEYS = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_there_are_at_least_seven_in_two_languages():
    languages = [read_starter(key)["language"] for key in KEYS]

    assert len(KEYS) >= 7
    assert {"zh-Hans", "en"} == set(languages)


def test_haimeng_is_who_the_vendor_says_she_is():
    haimeng = Character(**read_starter("haimeng"))

    assert (haimeng.name, haimeng.sex, haimeng.birthday) == ("海梦", "女", "5月20日")
    assert haimeng.template_id == "8474991ea7cb4bee8f254ac93237cf79"
    assert (haimeng.kind, haimeng.open_line, haimeng.age) == ("assistant", False, 20)
    assert haimeng.params == {
        "characterName": "海梦",
        "characterSex": "女",
        "characterBirthday": "5月20日",
    }


@pytest.mark.parametrize("key", KEYS)
def test_a_starter_is_a_whole_character(key):
    character = Character(key=key, **read_starter(key))

    character.full_clean()

    assert character.tagline and character.description and character.traits
    assert character.scenario or character.template_id
    assert len(character.greetings) >= 3
    assert len(character.starters) == 3
    assert character.tags
    assert character.hue is not None
    assert not character.is_minor


@pytest.mark.parametrize("key", KEYS)
def test_every_opening_tells_and_speaks_in_the_character_s_language(key):
    character = Character(**read_starter(key))

    for greeting in character.greetings:
        assert re.search(r"\*[^*\n]+\*", greeting)
        assert re.search("「[^」]+」|“[^”]+”", greeting)
        assert language_of(greeting) == character.language


@pytest.mark.parametrize("key", KEYS)
def test_marks_of_narration_and_speech_are_closed_in_every_paragraph(key):
    character = Character(**read_starter(key))
    texts = [*character.greetings, character.example_dialogue, *character.starters]

    for line in "\n".join(texts).splitlines():
        assert line.count("*") % 2 == 0, line
        assert line.count("「") == line.count("」"), line
        assert line.count("“") == line.count("”"), line


@pytest.mark.parametrize("key", KEYS)
def test_examples_are_blocks_of_turns_and_answer_every_first_word(key):
    character = Character(**read_starter(key))
    blocks = character.example_dialogue.split("<START>")

    assert blocks[0] == "" and len(blocks) >= 6
    for block in blocks[1:]:
        assert re.match(r"\n\{\{user\}\}: .+\n\{\{char\}\}: ", block)
    for words in character.starters:
        assert f"{{{{user}}}}: {words}\n" in character.example_dialogue


@pytest.mark.parametrize("key", KEYS)
def test_every_starter_has_a_small_portrait_and_cover_and_their_source(key):
    for kind, size, most in (("avatar", AVATAR, 8_000), ("cover", COVER, 20_000)):
        path = FOLDER / f"{key}-{kind}.webp"
        with Image.open(path) as image:
            assert (image.format, image.size) == ("WEBP", size)
        assert path.stat().st_size <= most
    assert (FOLDER / "art" / f"{key}.svg").exists()


def test_loading_makes_public_characters_of_nobody_with_pictures_that_open():
    made = load_starters()

    assert sorted(character.key for character in made) == KEYS
    for character in Character.objects.all():
        assert (character.owner, character.visibility) == (None, "public")
        with default_storage.open(character.cover.name) as file, Image.open(file) as cover:
            assert cover.size == COVER
        with default_storage.open(character.avatar.name) as file, Image.open(file) as avatar:
            assert avatar.size == AVATAR


def test_the_guests_stand_on_the_shelf_in_their_order():
    load_starters()

    keys = list(Character.objects.values_list("key", flat=True))
    assert keys[0] == "haimeng"
    assert tuple(keys) == SHELF


def test_loading_again_changes_nothing_and_asks_the_database_once(django_assert_num_queries):
    load_starters()
    Character.objects.filter(key="haimeng").update(tagline="改过的一句话")

    with django_assert_num_queries(1):
        assert load_starters() == []

    assert Character.objects.get(key="haimeng").tagline == "改过的一句话"
    assert Character.objects.count() == len(KEYS)


def test_only_the_missing_one_is_made_again():
    load_starters()
    Character.objects.filter(key="haimeng").delete()

    assert [character.key for character in load_starters()] == ["haimeng"]


def test_refreshing_brings_the_set_s_own_words_back_to_the_same_character():
    load_starters()
    before = Character.objects.get(key="haimeng")
    Character.objects.filter(key="haimeng").update(tagline="改过", visibility="private", avatar="")

    load_starters(refresh=True)

    after = Character.objects.get(key="haimeng")
    assert (after.pk, after.tagline) == (before.pk, before.tagline)
    assert (after.visibility, after.avatar.name) == ("public", before.avatar.name)


def test_a_picture_is_copied_once_and_again_only_if_it_was_cut_short(media):
    load_starters()
    name = Character.objects.get(key="haimeng").cover.name
    whole = (media / name).read_bytes()
    (media / name).write_bytes(whole[:100])

    load_starters(refresh=True)

    assert (media / name).read_bytes() == whole
    assert len(list((media / "characters").iterdir())) == 2 * len(KEYS)


def test_an_empty_shelf_is_filled_as_the_server_starts():
    assert len(fill_empty_shelf()) == len(KEYS)


def test_a_starter_that_was_deleted_does_not_come_back_at_the_next_start(django_assert_num_queries):
    load_starters()
    Character.objects.filter(key="haimeng").delete()

    with django_assert_num_queries(1):
        assert fill_empty_shelf() == []

    assert not Character.objects.filter(key="haimeng").exists()


def test_the_command_names_whom_it_made_and_says_when_there_was_nothing_to_do():
    first, second = StringIO(), StringIO()

    call_command("load_starters", stdout=first)
    call_command("load_starters", stdout=second)

    assert "haimeng: 海梦" in first.getvalue().splitlines()
    assert second.getvalue().strip() == "All starter characters are there."


def test_the_command_refreshes_when_asked():
    load_starters()
    Character.objects.filter(key="haimeng").update(tagline="改过")

    call_command("load_starters", "--refresh", stdout=StringIO())

    assert Character.objects.get(key="haimeng").tagline == read_starter("haimeng")["tagline"]
