"""The first administrator, without a terminal."""

from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.core.management.base import CommandError

from roleplay.accounts.models import User

pytestmark = pytest.mark.django_db

GOOD = "a lamp in the window"


def create(*words):
    said = StringIO()
    call_command("create_admin", *words, stdout=said)
    return said.getvalue()


def test_the_password_of_the_environment_opens_the_door(monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD", GOOD)
    said = create()
    admin = authenticate(username="admin", password=GOOD)
    assert (admin.is_staff, admin.is_superuser) == (True, True)
    assert GOOD not in said


def test_a_random_password_is_told_once_and_works():
    said = create("--username", "keeper", "--random-password")
    password = said.strip().rpartition(" ")[2]
    assert authenticate(username="keeper", password=password).is_superuser


@pytest.mark.parametrize("password", ["12345678", "short", "password", "keeperkeeper"])
def test_a_weak_password_is_refused_and_nobody_is_made(monkeypatch, password):
    monkeypatch.setenv("LAMP", password)
    with pytest.raises(CommandError):
        create("--username", "keeperkeeper", "--password-env", "LAMP")
    assert not User.objects.exists()


def test_without_a_password_it_says_where_to_put_one(monkeypatch):
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)
    with pytest.raises(CommandError, match="ADMIN_PASSWORD"):
        create()


def test_a_name_that_is_no_name_is_refused(monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD", GOOD)
    with pytest.raises(CommandError):
        create("--username", "two words")


def test_somebody_who_is_there_stays_as_they_are(monkeypatch, alice):
    monkeypatch.setenv("ADMIN_PASSWORD", GOOD)
    with pytest.raises(CommandError, match="alice exists already and is not an administrator"):
        create("--username", "ALICE")
    alice.refresh_from_db()
    assert not alice.is_staff
    assert alice.check_password("a lamp in the window")
    assert User.objects.count() == 1
