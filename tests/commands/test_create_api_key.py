"""A key by command: the secret alone on standard output, and clear words for what makes none."""

import zipfile
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone, translation

from roleplay.accounts import api_keys
from roleplay.accounts.models import ApiKey, AuditEntry, User


def create(*given):
    said = StringIO()
    call_command("create_api_key", *given, stdout=said)
    return said.getvalue()


def test_what_is_printed_is_the_key_and_nothing_else(alice):
    printed = create("alice")
    found = api_keys.find(printed.removesuffix("\n"))
    named = f"command line {timezone.localdate()}"
    assert (found.user, found.name, found.scopes, found.expires) == (
        alice,
        named,
        list(api_keys.SCOPES),
        None,
    )
    told = AuditEntry.objects.values_list("actor", "action", "target")
    assert list(told) == [(None, "key.made", f"alice: {named} ({found.shown})")]


def test_scopes_name_and_days_are_as_said(alice):
    create("alice", "--scope", "history", "--scope", "chat", "--name", "Backup", "--days", "7")
    key = ApiKey.objects.get()
    assert (key.scopes, key.name) == (["chat", "history"], "Backup")
    assert abs(key.expires - key.created - timedelta(days=7)) < timedelta(seconds=5)


def test_somebody_is_found_in_any_case_but_their_own_name_comes_first(alice):
    create("ALICE")
    shouting = User.objects.create_user("ALICE")
    create("ALICE")
    create("alice")
    assert [key.user for key in ApiKey.objects.order_by("pk")] == [alice, shouting, alice]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["nobody"], "There is nobody called nobody."),
        (["guest-1"], "A guest has no keys. Keep your chats first."),
        (["gone"], "gone is disabled: the key would open nothing."),
        (
            ["alice", "--scope", "admin"],
            "There is no scope admin. There are: "
            "chat, characters:read, characters:write, memory, history.",
        ),
        (["alice", "--days", "0"], "--days is a number from 1 to 36500."),
        (["alice", "--days", "-3"], "--days is a number from 1 to 36500."),
        (["alice", "--days", "999999999999"], "--days is a number from 1 to 36500."),
        (["alice", "--name", " "], "This field cannot be blank."),
    ],
    ids=["nobody", "guest", "disabled", "scope", "0 days", "-3 days", "all days", "no name"],
)
def test_what_makes_no_key_says_why_in_english(alice, given, words):
    User.objects.create(username="guest-1", is_guest=True)
    User.objects.create(username="gone", is_active=False)
    with translation.override("zh-hans"), pytest.raises(CommandError) as refusal:
        create(*given)
    assert str(refusal.value) == words
    assert ApiKey.objects.count() == 0


def test_the_limit_holds_for_commands_too(alice, settings):
    settings.API_KEYS_PER_PERSON = 1
    create("alice")
    with pytest.raises(CommandError, match="Revoke it first"):
        create("alice")
    assert ApiKey.objects.count() == 1


def test_exports_hold_no_key(alice, tmp_path):
    """A key opens the site it was made on, and must not lie in a file that goes elsewhere."""
    secret = create("alice", "--name", "canary-name").strip()
    key = ApiKey.objects.get()
    call_command("export_data", str(tmp_path / "all.zip"), stdout=StringIO())
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b'"alice"' in everything
    for trace in (secret, key.digest, key.shown[:-1], "canary-name"):
        assert trace.encode() not in everything
    call_command("import_data", str(tmp_path / "all.zip"), stdout=StringIO())
    assert list(ApiKey.objects.values_list("user__username", flat=True)) == ["alice"]
