"""A key taken back by command: by its number or its beginning, once, and on record."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from roleplay.accounts import api_keys
from roleplay.accounts.models import ApiKey, AuditEntry


def revoke(given):
    said = StringIO()
    call_command("revoke_api_key", given, stdout=said)
    return said.getvalue()


@pytest.fixture
def made(alice):
    return api_keys.issue(alice, "Notebook", ["chat"], by=alice)


@pytest.mark.parametrize("named", ["number", "as shown", "without the dots", "with three dots"])
def test_a_key_is_taken_back_by_its_number_or_its_beginning(made, named):
    key, secret = made
    begins = secret[: api_keys.SHOWN]
    given = {
        "number": str(key.pk),
        "as shown": key.shown,
        "without the dots": begins,
        "with three dots": f"{begins}...",
    }
    assert revoke(given[named]) == f"alice: Notebook ({key.shown}) is revoked.\n"
    assert api_keys.find(secret) is None
    told = AuditEntry.objects.filter(action="key.revoked").values_list("actor", "target")
    assert list(told) == [(None, f"alice: Notebook ({key.shown})")]


def test_a_second_time_says_so_and_changes_nothing(made):
    key, _secret = made
    revoke(key.shown)
    when = ApiKey.objects.get().revoked
    assert revoke(key.shown) == f"alice: Notebook ({key.shown}) was revoked before.\n"
    assert ApiKey.objects.get().revoked == when
    assert AuditEntry.objects.filter(action="key.revoked").count() == 1


@pytest.mark.parametrize("given", ["lm-none", "0", "9" * 40, "", "…", "Notebook"])
def test_who_names_no_key_takes_none_back(made, given):
    with pytest.raises(CommandError) as refusal:
        revoke(given)
    words = f"There is no key {given}. Name its number, or lm-abcd as lists show it."
    assert str(refusal.value) == words
    assert ApiKey.objects.get().revoked is None


def test_keys_that_begin_alike_are_told_apart_by_number(made, bob):
    key, _secret = made
    other, _other = api_keys.issue(bob, "Robot", ["chat"], by=bob)
    ApiKey.objects.filter(pk=other.pk).update(shown=key.shown)
    with pytest.raises(CommandError) as refusal:
        revoke(key.shown)
    every = f"{key.pk} (alice: Notebook), {other.pk} (bob: Robot)"
    assert str(refusal.value) == f"Several keys begin so. Name the number of one: {every}."
    revoke(str(other.pk))
    assert [one.state for one in ApiKey.objects.order_by("pk")] == ["live", "revoked"]
