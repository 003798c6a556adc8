"""Pictures go to those who may see whom they show."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from characters.models import Character

WEBP = b"RIFF____WEBP"


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def picture(name):
    return default_storage.save(name, ContentFile(WEBP))


@pytest.fixture
def hers(alice):
    return Character.objects.create(
        name="Hers", owner=alice, visibility="private", avatar=picture("characters/hers.webp")
    )


def test_a_published_face_is_for_everyone_and_for_long(client, mei):
    mei.cover = picture("characters/mei.webp")
    mei.save()
    answer = client.get("/media/characters/mei.webp")
    assert answer.content == WEBP
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


def test_no_picture_can_be_anything_but_a_picture(client, mei):
    mei.cover = picture("characters/mei.webp")
    mei.save()
    answer = client.get("/media/characters/mei.webp")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_private_face_is_for_its_owner_alone(client, alices_browser, bobs_browser, hers):
    address = "/media/characters/hers.webp"
    assert alices_browser.get(address)["Cache-Control"].startswith("private")
    assert bobs_browser.get(address).status_code == 404
    assert client.get(address).status_code == 404


def test_whoever_has_a_chat_keeps_the_face_of_one_that_was_withdrawn(alices_browser, story, mei):
    mei.avatar = picture("characters/mei.webp")
    mei.visibility = "private"
    mei.save()
    assert alices_browser.get("/media/characters/mei.webp").status_code == 200


def test_a_personas_face_is_for_its_person_alone(client, alices_browser, bobs_browser, xiaolin):
    xiaolin.avatar = picture("personas/me.webp")
    xiaolin.save()
    assert alices_browser.get("/media/personas/me.webp").status_code == 200
    assert bobs_browser.get("/media/personas/me.webp").status_code == 404
    assert client.get("/media/personas/me.webp").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "characters/nobodys.webp",
        "../secret-key",
        "..%2Fsecret-key",
        "characters/../../secret-key.webp",
        "characters/",
        "a.html",
    ],
)
def test_what_belongs_to_no_one_is_not_served_even_if_it_lies_there(alices_browser, path):
    picture("characters/nobodys.webp")
    assert alices_browser.get(f"/media/{path}").status_code == 404


def test_a_drawing_with_scripts_in_it_is_not_served(client, mei):
    mei.cover = picture("characters/mei.svg")
    mei.save()
    assert client.get("/media/characters/mei.svg").status_code == 404


def test_a_picture_that_is_lost_is_a_page_that_has_turned(client, mei):
    mei.cover = "characters/lost.webp"
    mei.save()
    assert client.get("/media/characters/lost.webp").status_code == 404
