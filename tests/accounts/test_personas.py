"""Who one is in stories."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from roleplay.accounts.models import Persona


def portrait():
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(file, "PNG", pnginfo=None)
    return SimpleUploadedFile("me.png", file.getvalue(), "image/png")


@pytest.fixture
def robin(alice):
    return alice.personas.create(name="Robin", about="Visits lighthouses.")


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_the_first_persona_is_in_use_the_second_is_not(alices_browser, alice):
    alices_browser.post("/personas/", {"name": "小林", "about": "摄影社社员"})
    alices_browser.post("/personas/", {"name": "Robin"})
    assert list(alice.personas.values_list("name", "about", "is_current")) == [
        ("小林", "摄影社社员", True),
        ("Robin", "", False),
    ]


def test_a_portrait_is_drawn_anew_whatever_it_was_called(alices_browser, alice):
    alices_browser.post("/personas/", {"name": "小林", "picture": portrait()})
    avatar = alice.personas.get().avatar
    assert (avatar.name[:9], avatar.name[-5:]) == ("personas/", ".webp")
    assert Image.open(avatar).size == (192, 192)


def test_a_file_that_is_no_picture_is_refused_and_the_words_stay(alices_browser, alice):
    file = SimpleUploadedFile("me.png", b"<svg onload=alert(1)>", "image/png")
    answer = alices_browser.post("/personas/", {"name": "小林", "about": "kept", "picture": file})
    assert answer.status_code == 422
    assert ">\nkept</textarea>" in answer.content.decode()
    assert alice.personas.count() == 0


def test_a_persona_without_a_name_is_refused(alices_browser, alice):
    assert alices_browser.post("/personas/", {"name": " "}).status_code == 422
    assert alice.personas.count() == 0


def test_another_persona_is_put_on(alices_browser, alice, xiaolin, robin):
    alices_browser.post(f"/personas/{robin.pk}/wear/")
    assert alice.current_persona == robin


def test_an_edit_changes_name_and_words(alices_browser, robin):
    alices_browser.post(
        f"/personas/{robin.pk}/", {"name": "Robin Gull", "about": "Knows the tide."}
    )
    robin.refresh_from_db()
    assert (robin.name, robin.about) == ("Robin Gull", "Knows the tide.")


def test_before_deleting_one_is_told_how_many_chats_use_it(alices_browser, story, robin):
    story.persona = robin
    story.save()
    assert (
        "Used by one chat." in alices_browser.get(f"/personas/{robin.pk}/delete/").content.decode()
    )
    assert Persona.objects.filter(pk=robin.pk).exists()


def test_after_deleting_the_one_in_use_another_is_put_on(alices_browser, alice, xiaolin, robin):
    alices_browser.post(f"/personas/{xiaolin.pk}/delete/")
    assert alice.current_persona == robin


@pytest.mark.parametrize("act", ["", "wear/", "delete/"])
def test_nobody_touches_the_persona_of_another(bobs_browser, xiaolin, act):
    address = f"/personas/{xiaolin.pk}/{act}"
    assert bobs_browser.post(address, {"name": "mine now"}).status_code == 404
    xiaolin.refresh_from_db()
    assert (xiaolin.name, xiaolin.is_current) == ("小林", True)
