"""Characters over the API: made, shown, changed, searched and taken away."""

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from characters.models import LANGUAGES, Character
from roleplay.accounts import api_keys
from roleplay.conversations.replying import start_story

KITE = {
    "name": "小风",
    "basicInformation": "小风在屋顶修风筝。",
    "openingLine": "*抬头* 「你来啦。」",
    "introduction": "修风筝的人",
    "traits": "不说脏话",
    "chatObjective": "让人想放风筝",
    "chatExample": "{{user}}:坏了吗\n{{char}}:只是在休息",
    "type": "virtual",
    "avatar": {"fileSavePath": "a/b.png", "filename": "b.png", "fileUrl": "https://x.test/b.png"},
    "roleTypes": ["accompany", "fun"],
    "permConfig": {"isPublic": 0, "allowChat": 1, "allowApi": 0},
    "advancedConfig": {
        "isRealInfo": False,
        "shortTermMemoryRound": 5,
        "longTermMemories": [{"enabled": True, "memoryType": "kv"}],
        "modelConfig": {"topP": 0.8},
        "somethingNew": {"kept": ["as", "given", None]},
    },
}
SMALL = {"name": "Pip", "basicInformation": "Pip is small."}
TIMES = ("gmtCreate", "gmtModified")


def made(caller, **fields):
    """The id of a new character."""
    answer = caller.post("character/create", {**SMALL, **fields})
    assert answer.status == 200, answer.body
    return answer.data["characterId"]


def shown(answer):
    """What is told of a character, without its times."""
    assert answer.status == 200, answer.body
    return {name: value for name, value in answer.body["data"].items() if name not in TIMES}


def refusal(answer):
    """HTTP status, the vendor's number, and what it says."""
    assert answer.body["success"] is False
    assert set(answer.body) >= {"requestId", "errorCode", "errorMessage", "errorMessageKey"}
    return answer.status, answer.body["errorCode"], answer.body["errorMessage"]


def names(answer):
    return [one["name"] for one in answer.data["list"]]


def program_of(user, caller, *scopes):
    """Another program, of this person and for this alone."""
    return type(caller)(user, scopes)


# -- made and shown


def test_a_character_comes_back_as_it_was_given(alice, caller):
    answer = caller.post("character/create", KITE)

    character = Character.objects.get(owner=alice)
    assert answer.status == 200
    assert {**answer.body, "requestId": "-"} == {
        "requestId": "-",
        "code": 200,
        "data": {"characterId": character.pk.hex, "version": 1},
        "success": True,
    }
    assert shown(caller.get("character/details", characterId=character.pk.hex)) == {
        **KITE,
        "characterId": character.pk.hex,
        "version": 1,
        "majorVersion": 1,
        "versions": [1],
        "tags": ["accompany", "fun"],
        "bubbles": [],
        "extractMemory": True,
        "manageable": True,
        "isPreConfigured": False,
        "userId": str(alice.pk),
        "creator": "alice",
        "modifiedBy": str(alice.pk),
        "auditStatus": "none",
        "configStatus": "offline",
    }


def test_its_texts_stand_in_the_same_columns_as_those_from_the_browser(caller):
    made(caller, **KITE)

    character = Character.objects.get()
    assert (character.name, character.description) == ("小风", "小风在屋顶修风筝。")
    assert (character.greeting, character.tagline) == ("*抬头* 「你来啦。」", "修风筝的人")
    assert (character.traits, character.kind) == ("不说脏话", "virtual")
    assert character.example_dialogue == "{{user}}:坏了吗\n{{char}}:只是在休息"
    assert (character.visibility, character.language) == ("private", "zh-Hans")
    assert (character.allows_chat, character.allows_api) == (True, False)
    character.full_clean()


def test_times_are_whole_milliseconds(caller):
    pk = made(caller)

    told = caller.get("character/details", characterId=pk).data

    character = Character.objects.get()
    assert told["gmtCreate"] == int(character.created.timestamp() * 1000)
    assert told["gmtModified"] == int(character.updated.timestamp() * 1000)


def test_two_fields_are_enough_and_nulls_are_nothing(caller):
    pk = made(caller, traits=None, avatar=None, permConfig=None, advancedConfig=None, nonsense=1)

    told = shown(caller.get("character/details", characterId=pk))

    assert (told["openingLine"], told["introduction"], told["traits"]) == ("", "", "")
    assert told["permConfig"] == {"isPublic": 0, "allowChat": 1, "allowApi": 1}
    assert told.keys() & {"avatar", "advancedConfig", "backgroundImgUrl"} == set()
    assert Character.objects.get().language == "en"


def test_a_language_that_cannot_be_told_is_the_site_s_first(caller):
    made(caller, basicInformation="…")

    assert Character.objects.get().language == next(iter(LANGUAGES))


def test_what_no_database_can_hold_is_replaced(caller):
    pk = made(caller, name="Pi\x00p", advancedConfig={"a\x00": ["\ud800"]})

    told = shown(caller.get("character/details", characterId=pk))

    assert (told["name"], told["advancedConfig"]) == ("Pi\ufffdp", {"a\ufffd": ["\ufffd"]})


def test_her_own_picture_wins_over_the_given_reference(settings, tmp_path, caller):
    settings.MEDIA_ROOT = tmp_path
    pk = made(caller, **KITE)
    character = Character.objects.get()
    character.avatar.save("face.webp", ContentFile(b"x"))
    character.cover.save("cover.webp", ContentFile(b"x"))

    told = shown(caller.get("character/details", characterId=pk))

    assert told["avatar"] == {
        "fileSavePath": "a/b.png",
        "filename": "b.png",
        "fileUrl": f"http://testserver{character.avatar.url}",
    }
    assert told["backgroundImgUrl"] == f"http://testserver{character.cover.url}"


def test_a_card_that_keeps_something_else_under_our_name_breaks_nothing(alice, caller):
    junk = {"xingchen": {"avatar": {"fileUrl": 1}, "roleTypes": "x", "advancedConfig": [1]}}
    for extensions in (junk, {"xingchen": []}, []):
        character = Character.objects.create(owner=alice, name="Odd", extensions=extensions)

        told = shown(caller.get("character/details", characterId=character.pk.hex))

        assert told.keys() & {"avatar", "advancedConfig"} == set()
        assert (told["roleTypes"], told["chatObjective"]) == ([], "")


# -- in the browser


def test_it_stands_on_her_shelf_and_can_be_talked_to(caller, alice, alices_browser, bobs_browser):
    pk = made(caller, openingLine="“Hello, {{user}}.”")
    character = Character.objects.get()

    page = f"/characters/{character.pk}/"
    assert (pk, character.name) == (character.pk.hex, "Pip")
    assert f'href="{page}"' in alices_browser.get("/").content.decode()
    assert alices_browser.get(page).status_code == 200
    begun = alices_browser.post(f"{page}chat/", follow=True)
    assert "“Hello, you.”" in begun.content.decode()
    assert alice.conversations.get().character == character
    assert bobs_browser.get(page).status_code == 404


# -- who sees what


def test_a_stranger_reads_the_beginning_of_a_public_one_and_nothing_a_model_is_told(
    bobs_caller, caller
):
    pk = made(caller, **{**KITE, "basicInformation": "小风在屋顶修风筝。" * 40})
    Character.objects.update(visibility="public", starters=["修好了吗"])

    assert shown(bobs_caller.get("character/details", characterId=pk)) == {
        "characterId": pk,
        "version": 1,
        "majorVersion": 1,
        "versions": [1],
        "name": "小风",
        "introduction": "修风筝的人",
        "basicInformation": "小风在屋顶修风筝。" * 17,
        "openingLine": "*抬头* 「你来啦。」",
        "type": "virtual",
        "roleTypes": ["accompany", "fun"],
        "tags": ["accompany", "fun"],
        "bubbles": ["修好了吗"],
        "permConfig": {"isPublic": 1, "allowChat": 1, "allowApi": 0},
        "manageable": False,
        "isPreConfigured": False,
        "auditStatus": "approved",
        "configStatus": "online",
    }


@pytest.mark.parametrize("given", ["0" * 32, "nonsense", "../..", "{}", "1" * 200])
def test_what_is_not_there_is_not_found(caller, given):
    answer = caller.get("character/details", characterId=given)

    assert refusal(answer) == (400, 404, "Not Found: there is no such character")


def test_a_private_one_of_somebody_else_is_not_there(caller, bobs_caller):
    pk = made(caller)
    not_there = (400, 404, "Not Found: there is no such character")

    assert refusal(bobs_caller.get("character/details", characterId=pk)) == not_there
    assert refusal(bobs_caller.post("character/delete", {"characterId": pk})) == not_there
    changed = bobs_caller.post("character/update", {"characterId": pk, "name": "Mine"})
    assert refusal(changed) == not_there
    assert Character.objects.get().name == "Pip"


def test_a_public_one_of_somebody_else_is_neither_changed_nor_taken_away(mei, caller):
    whose = (400, 403, "No Permission: this character belongs to somebody else")

    changed = caller.post("character/update", {"characterId": mei.pk.hex, "name": "Mine"})

    assert refusal(changed) == whose
    assert refusal(caller.post("character/delete", {"characterId": mei.pk.hex})) == whose
    mei.refresh_from_db()
    assert (mei.name, mei.removed) == ("Mei", None)


# -- changed


def test_an_update_changes_what_it_names_and_leaves_the_rest(caller):
    pk = made(caller, **KITE)
    before = shown(caller.get("character/details", characterId=pk))

    answer = caller.post(
        "character/update",
        {
            "characterId": pk,
            "version": 1,
            "name": "大风",
            "traits": "",
            "chatObjective": "放",
            "roleTypes": ["pet"],
            "introduction": None,
        },
    )

    assert (answer.status, answer.body["data"]) == (200, True)
    assert shown(caller.get("character/details", characterId=pk)) == {
        **before,
        "name": "大风",
        "traits": "",
        "chatObjective": "放",
        "roleTypes": ["pet"],
        "tags": ["pet"],
    }


def test_tags_that_somebody_chose_stay(caller):
    pk = made(caller, roleTypes=["fun"])
    Character.objects.update(tags=["kites"], extensions={"other": 1, "xingchen": {}})

    caller.post("character/update", {"characterId": pk, "roleTypes": ["pet"]})

    character = Character.objects.get()
    assert character.tags == ["kites"]
    assert character.extensions == {"other": 1, "xingchen": {"roleTypes": ["pet"]}}


def test_put_and_delete_are_known_as_well(caller):
    pk = made(caller)

    changed = caller.post("character/update", {"characterId": pk, "name": "Pipa"}, method="PUT")
    assert changed.data is True
    assert Character.objects.get().name == "Pipa"
    gone = caller.post(f"character/delete?characterId={pk}&version=1", method="DELETE")
    assert gone.data is True
    assert Character.objects.count() == 0


@pytest.mark.parametrize(
    ("verb", "path"), [("GET", "create"), ("POST", "details"), ("DELETE", "search")]
)
def test_other_verbs_are_refused(caller, verb, path):
    answer = caller.post(f"character/{path}", method=verb)

    assert (answer.status, answer.key) == (400, "invalid.request.method")


# -- who publishes


def test_a_wish_to_be_public_waits_for_an_operator(caller, bobs_caller):
    pk = made(caller, permConfig={"isPublic": 1, "allowChat": 1, "allowApi": 1})

    told = shown(caller.get("character/details", characterId=pk))

    assert (told["permConfig"]["isPublic"], told["auditStatus"]) == (1, "pending")
    assert told["configStatus"] == "offline"
    assert Character.objects.get().visibility == "private"
    assert bobs_caller.get("character/details", characterId=pk).status == 400


def test_an_operator_publishes_at_once_and_takes_it_back(operator, caller):
    program = program_of(operator, caller, "characters:write")
    pk = made(program, permConfig={"isPublic": 1, "allowChat": 1, "allowApi": 1})
    assert Character.objects.get().visibility == "public"

    closed = {"isPublic": 0, "allowChat": 0, "allowApi": 0}
    program.post("character/update", {"characterId": pk, "permConfig": closed})

    character = Character.objects.get()
    assert (character.visibility, character.asks_public) == ("private", False)
    assert (character.allows_chat, character.allows_api) == (False, False)


def test_what_an_operator_published_stays_so_until_its_owner_takes_it_back(caller):
    pk = made(caller)
    Character.objects.update(visibility="public")
    granted = {"allowChat": 1, "allowApi": 1}

    caller.post("character/update", {"characterId": pk, "permConfig": {"isPublic": 1, **granted}})
    character = Character.objects.get()
    assert (character.visibility, character.asks_public) == ("public", False)

    caller.post("character/update", {"characterId": pk, "permConfig": {"isPublic": 0, **granted}})
    assert Character.objects.get().visibility == "private"


def test_one_that_is_shared_by_link_stays_so(caller):
    pk = made(caller)
    Character.objects.update(visibility="unlisted")
    config = shown(caller.get("character/details", characterId=pk))["permConfig"]

    caller.post("character/update", {"characterId": pk, "permConfig": config})

    assert Character.objects.get().visibility == "unlisted"


# -- taken away


@pytest.mark.parametrize("how", ["body", "query", "both"])
def test_a_character_is_deleted_by_body_by_query_or_by_both(caller, how):
    pk = made(caller)
    query = "" if how == "body" else f"?characterId={pk}&version=1"
    body = {} if how == "query" else {"characterId": pk, "version": 1}

    assert caller.post(f"character/delete{query}", body).data is True
    assert Character.objects.count() == 0


def test_one_with_stories_disappears_and_the_stories_stay(alice, caller, alices_browser):
    pk = made(caller, openingLine="“Hello.”")
    story = start_story(alice, Character.objects.get())

    assert caller.post("character/delete", {"characterId": pk, "version": 1}).data is True

    assert caller.get("character/details", characterId=pk).body["errorCode"] == 404
    assert names(caller.post("character/search", {"where": {"scope": "my"}})) == []
    assert caller.post("character/delete", {"characterId": pk}).body["errorCode"] == 404
    assert "“Hello.”" in alices_browser.get(f"/chats/{story.pk}/").content.decode()
    assert alices_browser.post(f"/characters/{story.character_id}/chat/").status_code == 404


# -- searched


def test_a_search_finds_what_stands_on_her_shelf_newest_change_first(mei, bob, caller):
    first, second = made(caller, name="First"), made(caller, name="Second")
    Character.objects.create(owner=bob, name="Bob's own")
    Character.objects.create(owner=bob, name="By link", visibility="unlisted")
    caller.post("character/update", {"characterId": first, "introduction": "later"})

    answer = caller.post("character/search", {})

    assert names(answer) == ["First", "Second", "Mei"]
    page = answer.data
    assert {**page, "list": len(page["list"])} == {
        "list": 3,
        "page": 1,
        "pageSize": 10,
        "total": 3,
        "pageOffsetValue": 0,
    }
    told = shown(caller.get("character/details", characterId=second))
    assert {k: v for k, v in page["list"][1].items() if k not in TIMES} == told


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, ["Theirs", "Hers", "Mei"]),
        ({"scope": "my"}, ["Hers"]),
        ({"scope": "public"}, ["Theirs", "Mei"]),
        ({"scope": "pre_configured"}, ["Mei"]),
        ({"characterName": "he"}, ["Hers"]),
        ({"characterName": "e"}, []),
        ({"characterName": "%"}, []),
        ({"roleTypes": ["游戏", "pet"]}, ["Theirs", "Hers"]),
        ({"roleTypes": ["pet"], "scope": "my", "characterName": "H"}, []),
        ({"roleTypes": ["pe"]}, []),
    ],
    ids=str,
)
def test_a_search_is_narrowed(mei, bob, caller, where, found):
    made(caller, name="Hers", roleTypes=["游戏"])
    Character.objects.create(owner=bob, name="Theirs", visibility="public", tags=["pet"])

    assert names(caller.post("character/search", {"where": where})) == found


@pytest.mark.parametrize(
    ("orders", "found"),
    [
        (["gmtCreate asc"], ["B", "A", "C"]),
        (["createTime"], ["C", "A", "B"]),
        (["gmtModified  DESC"], ["B", "C", "A"]),
        (["name asc"], ["A", "B", "C"]),
        (["characterName desc", "gmtCreate asc"], ["C", "B", "A"]),
    ],
    ids=str,
)
def test_a_search_is_ordered(caller, orders, found):
    ids = [made(caller, name=name) for name in "BAC"]
    caller.post("character/update", {"characterId": ids[0], "traits": "later"})

    assert names(caller.post("character/search", {"orderBy": orders})) == found


def test_pages_zero_and_one_are_the_first_and_beyond_the_last_is_nothing(caller):
    for name in "ABC":
        made(caller, name=name)

    def page(number):
        asked = {"orderBy": ["name asc"], "pageNum": number, "pageSize": 2}
        data = caller.post("character/search", asked).data
        return [one["name"] for one in data["list"]], data["page"], data["pageOffsetValue"]

    assert page(0) == (["A", "B"], 1, 0)
    assert page(1) == (["A", "B"], 1, 0)
    assert page(2) == (["C"], 2, 2)
    assert page(3) == ([], 3, 4)


def test_a_search_asks_as_often_for_many_as_for_one(caller, alice):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            caller.post("character/search", {"pageSize": 50})
        return len(captured)

    Character.objects.create(owner=alice, name="One").new_version({})
    caller.post("character/search", {})  # notes that the key was used
    one = queries()
    for number in range(7):
        Character.objects.create(owner=alice, name=f"No. {number}").new_version({})

    assert queries() == one


# -- refused


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "n" * 61}, "name"),
        ({"name": 7}, "name"),
        ({"basicInformation": None}, "basicInformation"),
        ({"basicInformation": ""}, "basicInformation"),
        ({"basicInformation": "b" * 20_001}, "basicInformation"),
        ({"openingLine": "o" * 8_001}, "openingLine"),
        ({"openingLine": ["o"]}, "openingLine"),
        ({"introduction": "i" * 121}, "introduction"),
        ({"traits": "t" * 8_001}, "traits"),
        ({"chatObjective": "c" * 8_001}, "chatObjective"),
        ({"chatExample": "c" * 20_001}, "chatExample"),
        ({"type": "villain"}, "type"),
        ({"avatar": "https://x.test/b.png"}, "avatar"),
        ({"avatar": {"fileUrl": "u" * 2_001}}, "avatar.fileUrl"),
        ({"roleTypes": "fun"}, "roleTypes"),
        ({"roleTypes": [""]}, "roleTypes[0]"),
        ({"roleTypes": ["fun"] * 21}, "roleTypes"),
        ({"permConfig": {"isPublic": 0, "allowChat": 1}}, "permConfig.allowApi"),
        ({"permConfig": {"isPublic": True, "allowChat": 1, "allowApi": 1}}, "permConfig.isPublic"),
        ({"permConfig": {"isPublic": 2, "allowChat": 1, "allowApi": 1}}, "permConfig.isPublic"),
        ({"permConfig": {"isPublic": "1", "allowChat": 1, "allowApi": 1}}, "permConfig.isPublic"),
        ({"permConfig": {"isPublic": 1.5, "allowChat": 1, "allowApi": 1}}, "permConfig.isPublic"),
        ({"advancedConfig": []}, "advancedConfig"),
        ({"advancedConfig": {"isRealInfo": 1}}, "advancedConfig.isRealInfo"),
        ({"advancedConfig": {"shortTermMemoryRound": True}}, "advancedConfig.shortTermMemoryRound"),
        ({"advancedConfig": {"x": "x" * 20_001}}, "advancedConfig"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_does_not_fit_is_named_and_nothing_is_made(caller, change, word):
    status, code, told = refusal(caller.post("character/create", {**SMALL, **change}))

    assert (status, code) == (400, 400)
    assert told.startswith(f"Invalid Param: {word} "), told
    assert Character.objects.count() == 0


def test_the_longest_that_fits_fits(caller):
    pk = made(
        caller,
        name="n" * 60,
        basicInformation="b" * 20_000,
        introduction="i" * 120,
        traits="t" * 8_000,
        chatExample="c" * 20_000,
    )

    Character.objects.get(pk=pk).full_clean()


@pytest.mark.parametrize(
    "asked",
    [
        {"pageSize": 0},
        {"pageSize": 51},
        {"pageSize": True},
        {"pageNum": -1},
        {"pageNum": "1"},
        {"pageNum": 10**30},
        {"orderBy": ["description desc"]},
        {"orderBy": ["gmtModified sideways"]},
        {"orderBy": "gmtModified"},
        {"where": {"scope": "theirs"}},
        {"where": []},
        {"where": {"roleTypes": ["x"] * 21}},
    ],
    ids=str,
)
def test_a_search_that_cannot_be_meant_is_refused(caller, asked):
    status, code, told = refusal(caller.post("character/search", asked))

    assert (status, code) == (400, 400)
    assert told.startswith("Invalid Param: ")


def test_an_update_needs_to_say_of_whom(caller):
    status, code, told = refusal(caller.post("character/update", {"name": "Pip"}))

    assert (status, code) == (400, 400)
    assert told.startswith("Invalid Param: characterId ")


@pytest.mark.parametrize("path", ["create", "update", "delete", "createOrUpdateVersion"])
def test_a_key_for_reading_writes_nothing(alice, caller, path):
    program = program_of(alice, caller, "characters:read", "chat")

    assert refusal(program.post(f"character/{path}", SMALL)) == (
        400,
        403,
        "No Permission: this key has no scope characters:write",
    )
    assert Character.objects.count() == 0


@pytest.mark.parametrize("path", ["details", "versions/x", "newversion/recommend/x"])
def test_a_key_for_chatting_looks_at_nothing(alice, caller, path):
    program = program_of(alice, caller, "chat")

    assert refusal(program.get(f"character/{path}", characterId="x")) == (
        400,
        403,
        "No Permission: this key has no scope characters:read",
    )


def test_a_revoked_key_does_nothing(caller):
    api_keys.revoke(caller.key)

    answer = caller.post("character/create", SMALL)

    assert (answer.status, answer.key) == (401, "invalid.token")
    assert Character.objects.count() == 0


def test_a_shelf_is_full_at_the_site_s_own_number(caller, settings):
    settings.CHARACTERS_PER_PERSON = 2
    first, _ = made(caller), made(caller)

    assert refusal(caller.post("character/create", SMALL)) == (
        400,
        403,
        "No Permission: a person has at most 2 characters on this site",
    )
    caller.post("character/delete", {"characterId": first})
    made(caller)
    assert Character.objects.count() == 2
