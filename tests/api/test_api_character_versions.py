"""Versions of a character over the API: made, changed, listed, recommended."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from characters.models import MOST_VERSIONS, Character, CharacterVersion

NOBODY_S = (400, 411, "No Permission to manage versions: this character belongs to somebody else")
NOT_THERE = (400, 404, "Not Found: there is no such character")


@pytest.fixture
def pip(caller):
    """The id of Alice's character."""
    body = {
        "name": "Pip",
        "basicInformation": "Pip is small.",
        "openingLine": "“Hello.”",
        "advancedConfig": {"isRealInfo": True},
    }
    return caller.post("character/create", body).data["characterId"]


def write(caller, pip, **fields):
    return caller.post("character/createOrUpdateVersion", {"characterId": pip, **fields})


def held(answer):
    """Number and name of the version, and the number in use."""
    data = answer.data
    return data["version"], data["name"], data["majorVersion"]


def refusal(answer):
    assert answer.body["success"] is False
    return answer.status, answer.body["errorCode"], answer.body["errorMessage"]


def test_a_new_version_begins_with_the_last_and_is_the_current_one(caller, pip):
    answer = write(caller, pip, version=2, name="Pipa")

    told = answer.data
    assert told == caller.get("character/details", characterId=pip).data
    assert (told["version"], told["majorVersion"], told["versions"]) == (2, 2, [1, 2])
    assert (told["name"], told["openingLine"]) == ("Pipa", "“Hello.”")
    assert told["advancedConfig"] == {"isRealInfo": True}
    character = Character.objects.get()
    assert (character.version, character.name) == (2, "Pipa")
    assert character.at_version(1).name == "Pip"


@pytest.mark.parametrize("version", [{}, {"version": 0}, {"version": None}], ids=str)
def test_without_a_number_the_next_version_is_made(caller, pip, version):
    assert held(write(caller, pip, **version, name="Pipa")) == (2, "Pipa", 2)


def test_a_version_that_is_there_is_changed_where_it_stands(caller, pip):
    write(caller, pip, name="Pipa")

    old = write(caller, pip, version=1, name="Pipkin", chatObjective="to grow")

    assert held(old) == (1, "Pipkin", 2)
    assert old.data["chatObjective"] == "to grow"
    assert held(caller.get("character/details", characterId=pip)) == (2, "Pipa", 2)
    assert held(write(caller, pip, version=2, name="Pippa")) == (2, "Pippa", 2)
    assert CharacterVersion.objects.count() == 1


def test_put_is_known_as_well(caller, pip):
    body = {"characterId": pip, "name": "Pipa"}

    answer = caller.post("character/createOrUpdateVersion", body, method="PUT")

    assert held(answer) == (2, "Pipa", 2)


def test_permissions_are_not_part_of_a_version(caller, pip):
    write(caller, pip, permConfig={"isPublic": 1, "allowChat": 0, "allowApi": 0})

    config = caller.get("character/details", characterId=pip).data["permConfig"]
    assert config == {"isPublic": 0, "allowChat": 1, "allowApi": 1}


def test_details_show_the_version_asked_for(caller, pip):
    write(caller, pip, name="Pipa")

    def asked(**version):
        return held(caller.get("character/details", characterId=pip, **version))

    assert asked() == (2, "Pipa", 2)
    assert asked(version=0) == (2, "Pipa", 2)
    assert asked(version=1) == (1, "Pip", 2)
    assert asked(version=2) == (2, "Pipa", 2)


def test_details_of_version_one_show_the_current_one_where_one_is_gone(caller, pip):
    write(caller, pip, name="Pipa")
    CharacterVersion.objects.all().delete()

    answer = caller.get("character/details", characterId=pip, version=1)

    assert held(answer) == (2, "Pipa", 2)


def test_an_update_changes_the_version_it_names_and_makes_none(caller, pip):
    write(caller, pip, name="Pipa")

    for body in ({"version": 1, "name": "First"}, {"name": "Second"}):
        assert caller.post("character/update", {"characterId": pip, **body}).data is True

    listed = caller.get(f"character/versions/{pip}").data
    assert [(one["version"], one["name"]) for one in listed] == [(1, "First"), (2, "Second")]


@pytest.mark.parametrize("version", [3, 999_999])
def test_a_version_that_never_was_is_not_found(caller, pip, version):
    told = (400, 404, f"Not Found: this character has no version {version}")

    assert refusal(caller.get("character/details", characterId=pip, version=version)) == told
    body = {"characterId": pip, "version": version, "name": "Pipa"}
    assert refusal(caller.post("character/update", body)) == told
    assert Character.objects.get().name == "Pip"


@pytest.mark.parametrize("version", ["2", True, 1.5, -1, 1_000_000, 10**30], ids=str)
def test_what_is_no_number_of_a_version_is_refused(caller, pip, version):
    for path in ("update", "createOrUpdateVersion"):
        body = {"characterId": pip, "version": version}
        status, code, told = refusal(caller.post(f"character/{path}", body))

        assert (status, code) == (400, 400)
        assert told.startswith("Invalid Param: version ")
    assert Character.objects.get().numbers == [1]


def test_the_list_holds_all_versions_each_as_it_is(caller, pip):
    write(caller, pip, name="Pipa")
    write(caller, pip, name="Pippa")
    Character.objects.get().use_version(2)

    listed = caller.get(f"character/versions/{pip}").data

    assert [(one["version"], one["name"]) for one in listed] == [
        (1, "Pip"),
        (2, "Pipa"),
        (3, "Pippa"),
    ]
    assert listed == [
        caller.get("character/details", characterId=pip, version=number).data
        for number in (1, 2, 3)
    ]
    assert {one["majorVersion"] for one in listed} == {2}


def test_the_list_asks_as_often_for_many_as_for_two(caller, pip):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert caller.get(f"character/versions/{pip}").status == 200
        return len(captured)

    write(caller, pip)
    two = queries()
    for _ in range(5):
        write(caller, pip)

    assert queries() == two


def test_what_is_recommended_is_the_current_one_under_the_next_number(caller, pip):
    write(caller, pip, name="Pipa")
    now = caller.get("character/details", characterId=pip).data

    answer = caller.get(f"character/newversion/recommend/{pip}")

    assert answer.data == {**now, "version": 3}
    assert Character.objects.get().numbers == [1, 2]


def test_whoever_is_a_moment_late_with_a_number_is_told_of_it(caller, pip):
    def first(execute, sql, params, many, context):
        # Somebody else makes version 2 just before this program's own transaction begins.
        if sql.startswith("SELECT") and connection.in_atomic_block and not overtaken:
            overtaken.append(True)
            Character.objects.get().new_version({"name": "Theirs"}, 2)
        return execute(sql, params, many, context)

    overtaken = []
    with connection.execute_wrapper(first):
        answer = write(caller, pip, version=2, name="Mine")

    assert refusal(answer) == (400, 401, "Data Duplicate: version 2 was made meanwhile")
    assert (overtaken, Character.objects.get().name) == ([True], "Pip")


def test_there_is_an_end_to_how_many_are_kept(caller, pip):
    character = Character.objects.get()
    CharacterVersion.objects.bulk_create(
        CharacterVersion(character=character, number=number, sheet=character.sheet)
        for number in range(2, MOST_VERSIONS + 1)
    )

    assert refusal(write(caller, pip, name="Pipa")) == (
        400,
        403,
        f"No Permission: a character has at most {MOST_VERSIONS} versions",
    )
    assert Character.objects.get().name == "Pip"


def test_versions_of_a_public_one_are_its_owner_s_alone(caller, bobs_caller, pip):
    write(caller, pip, name="Pipa")
    write(caller, pip, name="Pippa")
    Character.objects.update(visibility="public")

    assert refusal(write(bobs_caller, pip, name="Mine")) == NOBODY_S
    assert refusal(bobs_caller.get(f"character/versions/{pip}")) == NOBODY_S
    assert refusal(bobs_caller.get(f"character/newversion/recommend/{pip}")) == NOBODY_S
    assert refusal(bobs_caller.get("character/details", characterId=pip, version=2)) == (
        400,
        411,
        "No Permission to manage versions: only the owner looks at other versions",
    )
    # The vendor's client always says 1, and means the character.
    told = bobs_caller.get("character/details", characterId=pip, version=1)
    assert (held(told), told.data["versions"]) == ((3, "Pippa", 3), [3])


def test_versions_of_a_private_one_are_not_there_for_others(bobs_caller, pip):
    assert refusal(write(bobs_caller, pip, name="Mine")) == NOT_THERE
    assert refusal(bobs_caller.get(f"character/versions/{pip}")) == NOT_THERE
    assert refusal(bobs_caller.get(f"character/newversion/recommend/{pip}")) == NOT_THERE
    assert Character.objects.get().numbers == [1]


def test_deleting_takes_every_version_whichever_is_named(caller, pip):
    write(caller, pip, name="Pipa")

    assert caller.post("character/delete", {"characterId": pip, "version": 1}).data is True

    assert (Character.objects.count(), CharacterVersion.objects.count()) == (0, 0)
