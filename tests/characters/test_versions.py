"""Versions of a character: kept, changed in their place, gone back to; and taking one away."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from characters.models import (
    MOST_VERSIONS,
    SHEET,
    Character,
    CharacterVersion,
    TooManyVersions,
    VersionTaken,
)

pytestmark = pytest.mark.django_db

# Of the whole and not of a version: whose it is, who may see it, how it looks, when.
OF_ALL = {
    "id",
    "key",
    "owner",
    "visibility",
    "avatar",
    "cover",
    "hue",
    "version",
    "allows_chat",
    "allows_api",
    "asks_public",
    "removed",
    "created",
    "updated",
}


def kept(character: Character) -> dict[int, str]:
    return {one.number: one.sheet["tagline"] for one in character.versions.all()}


def test_every_column_is_of_a_version_or_of_the_whole():
    assert {field.name for field in Character._meta.fields} - OF_ALL == set(SHEET)


def test_a_character_begins_with_version_one_and_keeps_no_other(mei):
    assert (mei.version, mei.numbers, mei.next_number) == (1, [1], 2)
    assert mei.at_version(None) is mei
    assert mei.at_version(1) is mei


def test_a_new_version_keeps_the_one_before_as_it_was(mei):
    before, written = mei.sheet, mei.updated

    mei.new_version({"tagline": "Flies kites.", "tags": ["wind"]})

    mei.refresh_from_db()
    assert (mei.version, mei.tagline, mei.tags) == (2, "Flies kites.", ["wind"])
    old = mei.versions.get()
    assert (old.number, old.sheet, old.created) == (1, before, written)


def test_an_earlier_version_is_read_from_a_copy(mei):
    mei.new_version({"tagline": "Flies kites."})

    old = mei.at_version(1)

    assert (old.pk, old.version, old.tagline) == (mei.pk, 1, "Mends kites.")
    assert old.greetings == mei.greetings
    assert (mei.version, mei.tagline) == (2, "Flies kites.")


def test_permissions_are_those_of_today_in_every_version(mei):
    mei.new_version({"tagline": "Flies kites."})
    Character.objects.update(allows_api=False)

    assert Character.objects.get().at_version(1).allows_api is False


def test_a_sheet_older_than_a_column_has_its_default(mei):
    mei.new_version({"tagline": "Flies kites."})
    sheet = mei.versions.get().sheet
    del sheet["tools"], sheet["kind"]
    mei.versions.update(sheet=sheet)

    old = mei.at_version(1)

    assert (old.tools, old.kind, old.tagline) == ([], "virtual", "Mends kites.")


@pytest.mark.parametrize("number", [0, 3])
def test_a_version_that_never_was_is_not_there(mei, number):
    mei.new_version({})

    for look in (mei.at_version, mei.use_version, lambda n: mei.change_version({}, n)):
        with pytest.raises(CharacterVersion.DoesNotExist):
            look(number)


def test_a_change_in_its_place_makes_no_version(mei):
    mei.change_version({"tagline": "Flies kites."})

    mei.refresh_from_db()
    assert (mei.tagline, mei.numbers) == ("Flies kites.", [1])


def test_a_kept_version_is_changed_where_it_stands(mei):
    mei.new_version({"tagline": "Flies kites."})
    written = mei.updated

    mei.change_version({"tagline": "Sells kites."}, 1)

    mei.refresh_from_db()
    assert (mei.version, mei.tagline) == (2, "Flies kites.")
    assert kept(mei) == {1: "Sells kites."}
    assert mei.versions.get().created > written and mei.updated > written


def test_going_back_and_forth_loses_nothing(mei):
    mei.new_version({"tagline": "Flies kites."})
    mei.new_version({"tagline": "Sells kites."})

    mei.use_version(1)

    mei.refresh_from_db()
    assert (mei.version, mei.tagline) == (1, "Mends kites.")
    assert kept(mei) == {2: "Flies kites.", 3: "Sells kites."}

    mei.use_version(3)
    mei.refresh_from_db()
    assert (mei.version, mei.tagline) == (3, "Sells kites.")
    assert kept(mei) == {1: "Mends kites.", 2: "Flies kites."}


def test_the_version_in_use_stays_in_use(mei):
    mei.use_version(1)

    assert (mei.numbers, kept(mei)) == ([1], {})


def test_after_a_step_back_a_new_version_gets_a_number_never_used(mei):
    mei.new_version({"tagline": "Flies kites."})
    mei.use_version(1)

    mei.new_version({"tagline": "Sells kites."})

    assert mei.version == 3
    assert kept(mei) == {1: "Mends kites.", 2: "Flies kites."}


def test_of_two_who_make_the_same_version_one_is_told_that_it_is_taken(mei):
    hers, his = Character.objects.get(pk=mei.pk), Character.objects.get(pk=mei.pk)
    hers.new_version({"tagline": "Hers."}, 2)

    with pytest.raises(VersionTaken):
        his.new_version({"tagline": "His."}, 2)

    mei.refresh_from_db()
    assert (mei.version, mei.tagline, mei.numbers) == (2, "Hers.", [1, 2])


def test_of_two_who_change_it_neither_undoes_what_the_other_did(mei):
    hers, his = Character.objects.get(pk=mei.pk), Character.objects.get(pk=mei.pk)
    hers.new_version({"tagline": "Hers."})

    his.change_version({"traits": "His."})

    mei.refresh_from_db()
    assert (mei.version, mei.tagline, mei.traits) == (2, "Hers.", "His.")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_make_versions_at_once_each_gets_a_number_of_its_own(mei):
    def write(name):
        try:
            Character.objects.get(pk=mei.pk).new_version({"tagline": name})
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=[f"No. {place}"]) for place in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    mei.refresh_from_db()
    assert mei.numbers == [1, 2, 3, 4, 5, 6, 7]
    assert {mei.tagline, *kept(mei).values()} == {
        "Mends kites.",
        *(f"No. {place}" for place in range(6)),
    }


def test_there_is_an_end_to_how_many_are_kept(mei):
    mei.versions.bulk_create(
        CharacterVersion(character=mei, number=number, sheet=mei.sheet)
        for number in range(2, MOST_VERSIONS)
    )
    mei.new_version({})
    assert len(mei.numbers) == MOST_VERSIONS

    with pytest.raises(TooManyVersions):
        mei.new_version({"tagline": "One too many."})

    mei.refresh_from_db()
    assert (mei.version, mei.tagline) == (MOST_VERSIONS, "Mends kites.")


def test_the_database_holds_a_number_once_for_each_character(mei):
    mei.new_version({})

    with pytest.raises(IntegrityError), transaction.atomic():
        mei.versions.create(number=1, sheet={})


def test_a_character_without_stories_is_deleted_with_its_versions(mei):
    mei.new_version({})

    mei.remove()

    assert (Character.objects.count(), CharacterVersion.objects.count()) == (0, 0)


def test_a_character_with_stories_leaves_every_list_and_its_stories_stay(alice, story, mei):
    Character.objects.update(owner=alice, asks_public=True)
    mei.refresh_from_db()

    mei.remove()

    story.refresh_from_db()
    assert story.character == mei
    assert story.character.removed is not None
    assert (story.character.visibility, story.character.asks_public) == ("private", False)
    assert not Character.objects.visible_to(alice).exists()
    assert not Character.objects.listed_for(alice).exists()


def test_one_taken_away_can_be_read_in_its_chat_and_begun_with_no_more(alices_browser, story, mei):
    mei.remove()

    assert alices_browser.get(f"/chats/{story.pk}/").status_code == 200
    assert alices_browser.get(f"/characters/{mei.pk}/").status_code == 404
    assert alices_browser.post(f"/characters/{mei.pk}/chat/").status_code == 404
