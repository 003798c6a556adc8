"""The one code that makes the first administrator."""

import stat
import threading

import pytest
from django.db import connections

from roleplay.accounts import setup_code
from roleplay.accounts.models import User


@pytest.fixture(autouse=True)
def own_directory(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def words(code, **others):
    return {
        "code": code,
        "username": "lin",
        "password": "keeper of lamps",
        "engine": "demo",
        **others,
    }


def test_the_code_is_kept_for_the_servers_eyes_only(db, own_directory):
    setup_code.offer()
    assert stat.S_IMODE((own_directory / "setup-code").stat().st_mode) == 0o600


def test_the_same_code_is_offered_until_it_is_used(db):
    assert setup_code.offer() == setup_code.offer()


def test_a_file_that_a_crash_left_empty_is_written_anew(db, own_directory):
    (own_directory / "setup-code").touch()
    assert setup_code.is_right(setup_code.offer())


def test_with_an_administrator_there_is_no_code(db, own_directory, operator):
    (own_directory / "setup-code").write_text("LEFT-OVER")
    assert setup_code.offer() is None
    assert not (own_directory / "setup-code").exists()


def test_the_code_is_known_in_any_dress(db):
    code = setup_code.offer()
    assert setup_code.is_right(f" {code.lower().replace('-', ' ')} ")
    assert not setup_code.is_right(code[:-1])


@pytest.mark.parametrize("nothing", ["", "-", " "])
def test_an_empty_code_opens_nothing_even_beside_an_empty_file(db, own_directory, nothing):
    assert not setup_code.is_right(nothing)
    (own_directory / "setup-code").write_text("")
    assert not setup_code.is_right(nothing)


def test_the_code_makes_an_administrator_once(client, db):
    code = setup_code.offer()
    assert client.post("/first-run/", words(code)).url == "/"
    assert User.objects.get().is_superuser
    client.logout()
    client.post("/first-run/", words(code, username="mallory"))
    assert User.objects.count() == 1


def test_without_the_code_nobody_is_made(client, db):
    setup_code.offer()
    for guess in ("", "AAAA-AAAA-AAAA-AAAA", "null"):
        assert client.post("/first-run/", words(guess)).status_code == 422
    assert User.objects.count() == 0


def test_a_weak_password_does_not_spend_the_code(client, db):
    code = setup_code.offer()
    assert client.post("/first-run/", words(code, password="password")).status_code == 422
    assert setup_code.is_right(code)


def test_a_setup_that_fails_gives_the_code_back(client, db, settings, own_directory):
    """The starters' pictures cannot be copied: where their folder should be lies a file."""
    (own_directory / "media").touch()
    settings.MEDIA_ROOT = own_directory / "media"
    code = setup_code.offer()
    with pytest.raises(OSError, match="media"):
        client.post("/first-run/", words(code, starters="on"))
    assert setup_code.is_right(code)
    assert User.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_fifty_who_try_at_once_make_one_administrator_and_only_with_the_code(settings):
    code = setup_code.offer()
    guesses = [code if turn % 2 else f"{turn:016}" for turn in range(50)]
    ready, spent = threading.Barrier(50), []

    def attempt(guess):
        ready.wait()
        spent.append((guess == code, setup_code.spend(guess)))
        connections.close_all()

    threads = [threading.Thread(target=attempt, args=(guess,)) for guess in guesses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [right for right, won in spent if won] == [True]
