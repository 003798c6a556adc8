"""Keys: made once, found by their secret alone, and dead with whoever made them."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone, translation

from roleplay.accounts import api_keys
from roleplay.accounts.entry import hand_over
from roleplay.accounts.models import ApiKey, AuditEntry, User


@pytest.fixture
def made(alice):
    """Alice's key for her notebook, and its secret."""
    return api_keys.issue(alice, "Notebook", ["chat"], by=alice)


@pytest.fixture
def guest(db):
    return User.objects.create(username="guest-1", is_guest=True)


def age(key, **back):
    """Let the key have been made, and end, that much earlier."""
    earlier = timedelta(**back)
    ApiKey.objects.filter(pk=key.pk).update(
        created=F("created") - earlier, expires=F("expires") - earlier
    )


def said(refusal):
    with translation.override("en"):
        return refusal.value.messages


def log():
    return list(
        AuditEntry.objects.order_by("pk").values_list("actor__username", "action", "target")
    )


def test_a_secret_finds_its_key_and_its_person_in_one_query(made, alice, django_assert_num_queries):
    key, secret = made
    with django_assert_num_queries(1):
        found = api_keys.find(secret)
        assert found is not None
        assert (found, found.user) == (key, alice)


def test_a_secret_is_256_bits_and_two_are_never_alike(alice):
    secrets = {api_keys.issue(alice, "x", ["chat"])[1] for _ in range(5)}
    assert len(secrets) == 5
    assert {(secret[:3], len(secret)) for secret in secrets} == {("lm-", 3 + 43)}


def test_the_database_holds_the_hash_and_the_first_letters_alone(made):
    key, secret = made
    row = ApiKey.objects.values().get(pk=key.pk)
    assert row["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert row["shown"] == secret[:7] + "…"
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            assert secret[8:] not in repr(cursor.fetchall())


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "lm-",
        "lm-" + "A" * 43,
        "\x00",
        "lm-\x00" + "A" * 42,
        "\ud800" * 46,
        "钥匙" * 23,
        "😀",
        "%",
        "lm-%",
        "' OR 1=1 --",
        "x" * 1_000_000,
    ],
    ids=range(12),
)
def test_nonsense_finds_nothing_with_the_same_work(made, nonsense, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert api_keys.find(nonsense) is None


def test_nearly_the_secret_is_not_the_secret(made):
    _key, secret = made
    near = [
        secret[:-1],
        secret + "x",
        secret + "\x00",
        secret + "=" * 100,
        " " + secret,
        secret.swapcase(),
        secret.removeprefix("lm-"),
        made[0].digest,
        made[0].shown,
    ]
    assert [api_keys.find(attempt) for attempt in near] == [None] * len(near)


def test_a_key_dies_with_its_person(made, alice):
    key, secret = made
    alice.is_active = False
    alice.save()
    assert api_keys.find(secret) is None
    alice.is_active = True
    alice.save()
    assert api_keys.find(secret) == key
    alice.delete()
    assert api_keys.find(secret) is None
    assert ApiKey.objects.count() == 0


def test_a_key_ends_when_its_time_is_over(alice):
    key, secret = api_keys.issue(alice, "x", ["chat"], timezone.now() + timedelta(days=30))
    age(key, days=29)
    assert api_keys.find(secret) == key
    age(key, days=1)
    assert api_keys.find(secret) is None
    key.refresh_from_db()
    assert key.state == "expired"


def test_a_revoked_key_is_dead_at_once_and_for_good(made, alice):
    key, secret = made
    assert key.state == "live"
    assert api_keys.revoke(key, by=alice) is True
    assert api_keys.find(secret) is None
    when = ApiKey.objects.get(pk=key.pk).revoked
    assert api_keys.revoke(key, by=alice) is False
    assert ApiKey.objects.get(pk=key.pk).revoked == when == key.revoked
    assert key.state == "revoked"
    target = f"alice: Notebook ({key.shown})"
    assert log() == [("alice", "key.made", target), ("alice", "key.revoked", target)]


def test_the_audit_log_names_no_secret(made):
    _key, secret = made
    assert [entry for entry in log() if secret[8:] in repr(entry)] == []


def test_all_keys_of_one_person_are_revoked_and_no_other(made, alice, bob):
    bobs, bobs_secret = api_keys.issue(bob, "x", ["chat"])
    api_keys.issue(alice, "y", ["history"])
    assert api_keys.revoke_all(alice, by=alice) == 2
    assert api_keys.revoke_all(alice, by=alice) == 0
    assert list(ApiKey.objects.live()) == [bobs]
    assert api_keys.find(bobs_secret) == bobs


def test_use_is_noted_once_a_minute_in_one_statement(made, django_assert_num_queries):
    key, secret = made
    assert key.last_used is None
    with django_assert_num_queries(1):
        api_keys.touch(key)
    first = ApiKey.objects.get().last_used
    assert timezone.now() - first < timedelta(seconds=5)
    with django_assert_num_queries(0):
        api_keys.touch(key)
    # Another process that read the key before knows nothing of it, and writes nothing.
    ApiKey.objects.update(last_used=first - timedelta(seconds=50))
    stale = ApiKey.objects.get()
    stale.last_used = None
    api_keys.touch(stale)
    assert ApiKey.objects.get().last_used == first - timedelta(seconds=50)
    ApiKey.objects.update(last_used=first - timedelta(seconds=61))
    found = api_keys.find(secret)
    api_keys.touch(found)
    assert ApiKey.objects.get().last_used == found.last_used >= first


def test_noting_use_brings_nothing_else_back(made):
    key, secret = made
    held = api_keys.find(secret)
    api_keys.revoke(key)
    api_keys.touch(held)
    assert ApiKey.objects.get().state == "revoked"


def test_scopes_are_kept_once_each_and_in_their_order(alice):
    key, _secret = api_keys.issue(alice, "x", ["history", "chat", "history"])
    assert ApiKey.objects.get(pk=key.pk).scopes == ["chat", "history"]
    assert [scope for scope in api_keys.SCOPES if key.may(scope)] == ["chat", "history"]
    with translation.override("en"):
        assert key.scope_names == ["Chat", "Chats and messages"]


@pytest.mark.parametrize(
    ("name", "scopes", "words"),
    [
        ("x", ["admin"], "There is no scope admin. There are: "),
        ("x", ["chat", "Chat"], "There is no scope Chat. There are: "),
        ("x", [], "Choose at least one thing the key may do."),
        ("", ["chat"], "This field cannot be blank."),
        (" \t", ["chat"], "This field cannot be blank."),
        ("x" * 61, ["chat"], "Ensure this value has at most 60 characters (it has 61)."),
    ],
)
def test_what_makes_no_key_is_refused_and_nothing_is_written(alice, name, scopes, words):
    with translation.override("en"), pytest.raises(ValidationError) as refusal:
        api_keys.issue(alice, name, scopes)
    known = ", ".join(api_keys.SCOPES) + "."
    assert said(refusal) == [words + (known if words.endswith(": ") else "")]
    assert (ApiKey.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_a_key_that_is_over_already_is_not_made(alice):
    with translation.override("en"), pytest.raises(ValidationError) as refusal:
        api_keys.issue(alice, "x", ["chat"], timezone.now())
    assert said(refusal) == ["This time is over already."]


def test_a_guest_keeps_the_chats_first(guest):
    with translation.override("en"), pytest.raises(ValidationError) as refusal:
        api_keys.issue(guest, "x", ["chat"])
    assert said(refusal) == ["A guest has no keys. Keep your chats first."]
    assert ApiKey.objects.count() == 0


def test_keys_stay_where_they_are_when_a_guest_signs_in(made, alice, guest):
    hand_over(guest, alice)
    assert api_keys.find(made[1]) == made[0]


def test_there_is_an_end_to_how_many_work_at_a_time(alice, bob, settings):
    settings.API_KEYS_PER_PERSON = 2
    first, _secret = api_keys.issue(alice, "1", ["chat"])
    api_keys.issue(alice, "2", ["chat"])
    with translation.override("en"), pytest.raises(ValidationError) as refusal:
        api_keys.issue(alice, "3", ["chat"])
    assert said(refusal) == [
        "There may be 2 keys for each person, and you have them. Revoke one first."
    ]
    api_keys.issue(bob, "1", ["chat"])
    api_keys.revoke(first)
    api_keys.issue(alice, "3", ["chat"])
    assert sorted(ApiKey.objects.live().of(alice).values_list("name", flat=True)) == ["2", "3"]


def test_a_site_may_give_out_none(alice, settings):
    settings.API_KEYS_PER_PERSON = 0
    with translation.override("en"), pytest.raises(ValidationError) as refusal:
        api_keys.issue(alice, "1", ["chat"])
    assert said(refusal) == ["This site gives out no keys."]


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_get_over_the_limit(alice, settings):
    settings.API_KEYS_PER_PERSON = 3

    def ask(number):
        try:
            api_keys.issue(alice, str(number), ["chat"])
        except ValidationError:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(16))) == 3
    assert ApiKey.objects.live().count() == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"digest": "a" * 63},
        {"expires": timezone.now() - timedelta(days=3650)},
    ],
    ids=["no name", "half a digest", "over before it began"],
)
def test_the_database_itself_refuses_what_is_no_key(made, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.update(**wrong)
