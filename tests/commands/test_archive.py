"""Data leaves a site and comes into another: whole or not at all, and over nothing."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image

from characters.models import Character, CharacterVersion
from roleplay.accounts.models import AuditEntry, Persona, Usage, User
from roleplay.connections.models import Connection
from roleplay.conversations.archive import VERSION, older
from roleplay.conversations.models import Conversation, Generation, Message

KEY = "sk-canary-0123456789"
LONG_AGO = datetime(2024, 5, 20, 12, 0, 0, 123456, tzinfo=UTC)
# User text that no format of ours may stumble over.
ODD = "line\u2028sep \ufeff “引号” \r\n\t</script> 😀 {{user}} \\ \"'"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def picture(colour):
    out = BytesIO()
    Image.new("RGB", (192, 192), colour).save(out, "WEBP")
    return ContentFile(out.getvalue(), name="face.webp")


@pytest.fixture
def main(db):
    made = Connection(
        name="Main", kind="openai", base_url="http://llm:8000/v1", model="m", is_default=True
    )
    made.enter_key(KEY)
    made.parameters = {"temperature": 0.9}
    made.save()
    return made


@pytest.fixture
def told(story, xiaolin, main, mei, bob):
    """A site with a branched story, a swipe, a tool call, a failure, and a second person.

    Mei has a version that is not in use; the story is held to it.
    """
    mei.avatar.save("face.webp", picture("coral"))
    sheet = mei.sheet | {"tagline": "Flies kites.", "extensions": {"odd": ODD}}
    mei.versions.create(number=2, sheet=sheet, created=LONG_AGO)
    story.character_version = 2
    xiaolin.avatar.save("face.webp", picture("teal"))
    story.persona, story.connection, story.title = xiaolin, main, "Kites"
    story.draft = ODD
    greeting = story.head
    asked = Message.objects.create(
        conversation=story, parent=greeting, role="user", text=ODD, persona_name="小林"
    )
    for text in ("One.", "Two."):
        reply = Message.objects.create(
            conversation=story,
            parent=asked,
            role="assistant",
            text=text,
            tool_calls=[{"id": "001", "name": "weather", "arguments": '{"a": 1}'}],
        )
        Generation.objects.create(
            conversation=story,
            message=reply,
            connection=main,
            send_key=f"press-{text}",
            status="done" if text == "One." else "failed",
            error_kind="" if text == "One." else "timed_out",
            prompt={"messages": [{"role": "user", "content": ODD}]},
            finished=LONG_AGO,
            first_text=LONG_AGO,
            input_tokens=3,
            retry_after=1.5,
            request_id="r-1",
        )
    Message.objects.create(
        conversation=story, parent=reply, role="tool", text="rain", tool_call_id="001"
    )
    Message.objects.update(created=LONG_AGO)
    Generation.objects.update(created=LONG_AGO)
    story.head = reply
    story.save()
    Conversation.objects.update(created=LONG_AGO, used=LONG_AGO)
    Character.objects.create(name="Owl", owner=bob, description="Bob's own.", hue=-1)
    Usage.objects.create(user=story.user, day=LONG_AGO.date(), replies=2, output_tokens=9)
    return story


def export(path, *words):
    call_command("export_data", str(path), *words, stdout=StringIO())
    return path.read_bytes()


def take_in(path, *words):
    said = StringIO()
    call_command("import_data", str(path), *words, stdout=said)
    return said.getvalue().strip()


def empty_the_site():
    for model in (Conversation, Character, User, Connection, AuditEntry):
        model.objects.all().delete()


def rows(data, table):
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return [json.loads(line) for line in archive.read(f"{table}.jsonl").splitlines()]


def rewritten(path, change):
    """The archive with its members changed by `change(members)` and its digests made right."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    manifest["files"] = {n: hashlib.sha256(d).hexdigest() for n, d in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("manifest.json", json.dumps(manifest))


def counts():
    models = (
        User,
        Persona,
        Character,
        CharacterVersion,
        Connection,
        Conversation,
        Message,
        Generation,
        Usage,
    )
    return {model.__name__: model.objects.count() for model in models}


def test_export_import_export_gives_equal_bytes(told, tmp_path):
    before = export(tmp_path / "a.zip")
    empty_the_site()
    assert take_in(tmp_path / "a.zip") == (
        "Taken in: 2 people, 2 characters, 1 connections, 1 conversations."
    )
    assert export(tmp_path / "b.zip") == before


def test_what_comes_in_reads_as_it_was_written(told, tmp_path):
    greeting = told.thread()[0].text
    export(tmp_path / "a.zip")
    empty_the_site()
    take_in(tmp_path / "a.zip")
    story = Conversation.objects.get()
    assert (story.pk, story.title, story.draft) == (told.pk, "Kites", ODD)
    assert [message.text for message in story.thread()] == [greeting, ODD, "Two."]
    assert story.head.swipes().count() == 2
    assert story.head.generation.prompt == {"messages": [{"role": "user", "content": ODD}]}
    assert {m.created for m in story.messages.all()} == {LONG_AGO}
    assert story.user.current_persona == story.persona
    assert default_storage.open(story.character.avatar.name).read()[:4] == b"RIFF"


def test_keys_and_passwords_and_rights_stay_at_home(told, operator, tmp_path):
    data = export(tmp_path / "a.zip")
    with zipfile.ZipFile(BytesIO(data)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert KEY.encode() not in everything
    assert b"md5$" not in everything
    empty_the_site()
    take_in(tmp_path / "a.zip")
    assert Connection.objects.get().key == ""
    assert not User.objects.filter(is_staff=True).exists()
    assert not any(person.has_usable_password() for person in User.objects.all())


def test_the_file_can_be_read_by_its_owner_only(told, tmp_path):
    export(tmp_path / "a.zip")
    assert (tmp_path / "a.zip").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*a.zip*")] == ["a.zip"]


def test_a_file_that_is_there_is_replaced_only_when_asked(told, tmp_path):
    (tmp_path / "a.zip").write_text("mine")
    with pytest.raises(CommandError, match="is there already"):
        export(tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_text() == "mine"
    assert export(tmp_path / "a.zip", "--overwrite")[:2] == b"PK"


def test_an_import_beside_what_is_there_overwrites_nothing(told, tmp_path):
    export(tmp_path / "a.zip")
    alice = User.objects.get(username="alice")
    take_in(tmp_path / "a.zip")
    assert sorted(User.objects.values_list("username", flat=True)) == [
        "alice",
        "alice-2",
        "bob",
        "bob-2",
    ]
    assert alice.conversations.get().pk == told.pk
    second = User.objects.get(username="alice-2").conversations.get()
    assert second.upstream_user != told.upstream_user
    assert second.messages.count() == told.messages.count()
    # Mei belongs to the site and is the same, and so is the connection; Bob's owl is Bob's.
    assert Character.objects.filter(name="Mei").count() == 1
    assert Character.objects.filter(name="Owl").count() == 2
    assert Connection.objects.get().usable_key == KEY


def test_a_character_that_was_edited_meanwhile_comes_in_as_another_one(told, mei, tmp_path):
    export(tmp_path / "a.zip")
    Character.objects.filter(pk=mei.pk).update(tagline="Edited here.", key="mei")
    take_in(tmp_path / "a.zip")
    assert sorted(Character.objects.filter(name="Mei").values_list("tagline", flat=True)) == [
        "Edited here.",
        "Mends kites.",
    ]


def test_versions_travel_with_their_character(told, mei, tmp_path):
    Character.objects.filter(pk=mei.pk).update(allows_api=False, removed=LONG_AGO, version=3)
    export(tmp_path / "a.zip")
    empty_the_site()
    take_in(tmp_path / "a.zip")
    story = Conversation.objects.get()
    assert (story.character.version, story.character.numbers) == (3, [2, 3])
    assert (story.character.allows_api, story.character.removed) == (False, LONG_AGO)
    assert story.character.versions.get().created == LONG_AGO
    assert story.character.at_version(story.character_version).tagline == "Flies kites."
    assert story.character.at_version(2).extensions == {"odd": ODD}


def test_a_character_with_another_version_here_comes_in_as_another_one(told, mei, tmp_path):
    export(tmp_path / "a.zip")
    mei.versions.update(sheet=mei.sheet)
    take_in(tmp_path / "a.zip")
    second = User.objects.get(username="alice-2").conversations.get().character
    assert second.pk != mei.pk
    assert second.at_version(2).tagline == "Flies kites."


def test_of_somebody_else_s_only_the_versions_that_her_chats_are_held_to_leave(told, mei, tmp_path):
    mei.new_version({})
    data = export(tmp_path / "a.zip", "--user", "alice")
    assert [kept["number"] for kept in rows(data, "characters")[0]["versions"]] == [2]
    Character.objects.filter(pk=mei.pk).update(owner=told.user)
    data = export(tmp_path / "b.zip", "--user", "alice")
    assert [kept["number"] for kept in rows(data, "characters")[0]["versions"]] == [1, 2]


def test_a_chat_held_to_a_version_that_is_gone_goes_on_with_the_current_one(told, tmp_path):
    CharacterVersion.objects.all().delete()
    export(tmp_path / "a.zip")
    empty_the_site()
    take_in(tmp_path / "a.zip")
    assert Conversation.objects.get().character_version is None


def test_a_program_goes_on_with_the_dialogue_it_holds_here(told, bob, tmp_path):
    Conversation.objects.update(biz_user="u-1")
    export(tmp_path / "a.zip", "--user", "alice")
    take_in(tmp_path / "a.zip", "--user", "bob")
    take_in(tmp_path / "a.zip", "--user", "bob")
    dialogues = bob.conversations.filter(biz_user="u-1")
    assert sorted(dialogues.values_list("reset", flat=True), key=str) == [LONG_AGO, None]


def of_the_first_format(members, manifest):
    """As an export was before there were versions and programs."""

    def without(*names):
        def forget(found):
            for row in found:
                for name in names:
                    del row[name]
                for message in row.get("messages", []):
                    del message["rating"]

        return forget

    manifest["version"] = 1
    edit("characters", without(*older.CHARACTER))(members, manifest)
    edit("conversations", without(*older.CONVERSATION))(members, manifest)


def test_an_export_of_the_first_format_comes_in(told, tmp_path):
    export(tmp_path / "a.zip")
    rewritten(tmp_path / "a.zip", of_the_first_format)
    empty_the_site()
    take_in(tmp_path / "a.zip")
    story = Conversation.objects.get()
    assert (story.biz_user, story.character_version, story.reset) == ("", None, None)
    character = story.character
    assert (character.numbers, character.allows_chat, character.allows_api) == ([1], True, True)
    assert (character.asks_public, character.removed) == (False, None)
    assert [message.rating for message in story.thread()] == [None] * 3


def test_a_connection_of_the_same_name_to_another_place_comes_in_under_a_new_name(told, tmp_path):
    export(tmp_path / "a.zip")
    Connection.objects.update(base_url="http://elsewhere/v1")
    take_in(tmp_path / "a.zip")
    assert list(Connection.objects.values_list("name", "base_url", "is_default")) == [
        ("Main", "http://elsewhere/v1", True),
        ("Main 2", "http://llm:8000/v1", False),
    ]


def test_one_person_can_be_taken_out_alone(told, tmp_path):
    data = export(tmp_path / "a.zip", "--user", "alice")
    assert [row["username"] for row in rows(data, "people")] == ["alice"]
    assert [row["name"] for row in rows(data, "characters")] == ["Mei"]
    data = export(tmp_path / "b.zip", "--user", "bob")
    assert [row["name"] for row in rows(data, "characters")] == ["Owl"]
    assert rows(data, "conversations") == rows(data, "connections") == []


def test_one_persons_export_can_be_given_to_an_account(told, bob, tmp_path):
    export(tmp_path / "a.zip", "--user", "alice")
    take_in(tmp_path / "a.zip", "--user", "bob")
    assert User.objects.count() == 2
    assert bob.conversations.get().title == "Kites"
    assert bob.personas.get().name == "小林"


def test_a_whole_site_is_not_given_to_one_account(told, tmp_path):
    export(tmp_path / "a.zip")
    before = counts()
    with pytest.raises(CommandError, match="more than one person"):
        take_in(tmp_path / "a.zip", "--user", "bob")
    assert counts() == before


def test_a_generation_that_never_got_as_far_as_a_prompt_comes_in_as_well(told, tmp_path):
    Generation.objects.update(prompt={})
    before = export(tmp_path / "a.zip")
    empty_the_site()
    take_in(tmp_path / "a.zip")
    assert export(tmp_path / "b.zip") == before


def test_a_reply_that_is_being_written_leaves_as_interrupted(told, tmp_path):
    Generation.objects.filter(status="failed").update(
        status="streaming", finished=None, error_kind=""
    )
    data = export(tmp_path / "a.zip")
    assert [g["status"] for g in rows(data, "conversations")[0]["generations"]] == [
        "done",
        "interrupted",
    ]
    empty_the_site()
    take_in(tmp_path / "a.zip")
    assert Generation.objects.get(status="interrupted").finished == LONG_AGO


@pytest.mark.parametrize("length", [0, 10, 0.5, 0.99])
def test_a_file_that_was_cut_short_is_refused(told, tmp_path, length):
    data = export(tmp_path / "a.zip")
    keep = int(len(data) * length) if length < 1 else int(length)
    (tmp_path / "cut.zip").write_bytes(data[:keep])
    before = counts()
    with pytest.raises(CommandError, match="broken or was cut short"):
        take_in(tmp_path / "cut.zip")
    assert counts() == before


def test_a_flipped_bit_anywhere_is_refused_or_harmless(told, tmp_path):
    data = export(tmp_path / "a.zip")
    empty_the_site()
    refused = 0
    places = range(0, len(data), max(1, len(data) // 40))
    for place in places:
        broken = bytearray(data)
        broken[place] ^= 0x10
        (tmp_path / "bit.zip").write_bytes(broken)
        try:
            take_in(tmp_path / "bit.zip")
        except CommandError:
            refused += 1
            assert not any(counts().values())
        else:
            # Only in what a ZIP says of a member beside its content: times, attributes.
            (tmp_path / "b.zip").unlink(missing_ok=True)
            assert export(tmp_path / "b.zip") == data
            empty_the_site()
    assert refused > len(places) / 2


def newer(members, manifest):
    manifest["version"] = VERSION + 1


def foreign(members, manifest):
    manifest["format"] = "somebody else's"


def version_as_text(members, manifest):
    manifest["version"] = "1"


def without_people(members, manifest):
    del members["people.jsonl"]


def with_a_stranger(members, manifest):
    members["../../etc/cron.d/lamp"] = b"* * * * * root true"


def not_json(members, manifest):
    members["characters.jsonl"] += b"{half\n"


def not_an_object(members, manifest):
    members["characters.jsonl"] += b"[1]\n"


def too_deep(members, manifest):
    members["characters.jsonl"] += b"[" * 200_000 + b"]" * 200_000 + b"\n"


def not_a_number(members, manifest):
    members["connections.jsonl"] += b'{"name": NaN}\n'


def edit(table, change):
    def edited(members, manifest):
        found = [json.loads(line) for line in members[f"{table}.jsonl"].splitlines()]
        change(found)
        members[f"{table}.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in found)

    return edited


def drop_column(found):
    del found[0]["name"]


def bad_choice(found):
    found[0]["visibility"] = "everywhere"


def foreign_owner(found):
    found[0]["owner"] = "nobody-we-know"


def head_outside(found):
    found[0]["head"] = 99


def head_from_the_end(found):
    found[0]["head"] = -1


def two_roots(found):
    found[0]["messages"][2]["parent"] = None


def no_scene(found):
    found[0]["messages"][0]["role"] = "user"


def parent_after_child(found):
    found[0]["messages"][1]["parent"] = 3


def parent_as_text(found):
    found[0]["messages"][1]["parent"] = "0"


def bad_call(found):
    found[0]["messages"][2]["tool_calls"] = [{"id": "1"}]


def still_running(found):
    found[0]["generations"][0] |= {"status": "streaming", "finished": None}


def same_send_key(found):
    for one in found[0]["generations"]:
        one["send_key"] = "same"


def bad_time(found):
    found[0]["used"] = "yesterday"


def id_as_path(found):
    found[0]["id"] = "../../x"


def kept_of_mei(found):
    return next(row for row in found if row["name"] == "Mei")["versions"]


def current_version_kept(found):
    kept_of_mei(found)[0]["number"] = 1


def version_twice(found):
    owl(found)["versions"] = kept_of_mei(found) * 2


def version_as_word(found):
    kept_of_mei(found)[0]["number"] = "two"


def sheet_too_long(found):
    kept_of_mei(found)[0]["sheet"]["tagline"] = "t" * 121


def sheet_as_list(found):
    kept_of_mei(found)[0]["sheet"] = [1]


def no_versions(found):
    del found[0]["versions"]


def owl(found):
    return next(row for row in found if row["name"] == "Owl")


def missing_picture(found):
    owl(found)["avatar"] = "media/" + "0" * 64 + ".webp"


def picture_elsewhere(found):
    owl(found)["avatar"] = "/etc/passwd"


def bad_address(found):
    found[0]["base_url"] = "http://name:word@sink"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (newer, "newer version"),
        (foreign, "not an export"),
        (version_as_text, "not an export"),
        (without_people, "parts"),
        (with_a_stranger, "parts"),
        (not_json, "not JSON"),
        (not_an_object, "has to be an object"),
        (too_deep, "not JSON"),
        (not_a_number, "not JSON"),
        (edit("characters", drop_column), "name"),
        (edit("characters", bad_choice), "visibility"),
        (edit("characters", foreign_owner), "nobody-we-know"),
        (edit("characters", id_as_path), "shape"),
        (edit("characters", missing_picture), "missing"),
        (edit("characters", picture_elsewhere), "missing"),
        (edit("characters", current_version_kept), "same version twice"),
        (edit("characters", version_twice), "same version twice"),
        (edit("characters", version_as_word), "number"),
        (edit("characters", sheet_too_long), "tagline"),
        (edit("characters", sheet_as_list), "sheet"),
        (edit("characters", no_versions), "versions"),
        (edit("connections", bad_address), "names and passwords"),
        (edit("conversations", head_outside), "shape"),
        (edit("conversations", head_from_the_end), "shape"),
        (edit("conversations", two_roots), "one tree"),
        (edit("conversations", no_scene), "one tree"),
        (edit("conversations", parent_after_child), "shape"),
        (edit("conversations", parent_as_text), "shape"),
        (edit("conversations", bad_call), "tool_calls"),
        (edit("conversations", still_running), "finished"),
        (edit("conversations", same_send_key), "database"),
        (edit("conversations", bad_time), "used"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_file_that_is_not_right_is_refused_whole(told, tmp_path, change, word):
    export(tmp_path / "a.zip")
    rewritten(tmp_path / "a.zip", change)
    before = counts()
    pictures = sorted(default_storage.listdir("characters")[1])
    with pytest.raises(CommandError, match=word):
        take_in(tmp_path / "a.zip")
    assert counts() == before
    assert sorted(default_storage.listdir("characters")[1]) == pictures


@pytest.mark.parametrize("tail", [b"<script>", b"\x00"])
def test_a_picture_with_something_behind_its_last_byte_is_refused(told, tmp_path, tail):
    def change(members, manifest):
        name = next(name for name in members if name.startswith("media/"))
        data = members.pop(name) + tail
        new = f"media/{hashlib.sha256(data).hexdigest()}.webp"
        members[new] = data
        for table in ("people.jsonl", "characters.jsonl"):
            members[table] = members[table].replace(name.encode(), new.encode())

    export(tmp_path / "a.zip")
    rewritten(tmp_path / "a.zip", change)
    with pytest.raises(CommandError, match="not a WebP picture"):
        take_in(tmp_path / "a.zip")


def test_text_is_cleaned_on_its_way_in(told, tmp_path):
    def change(found):
        found[0]["messages"][2]["text"] = "a\x00b\ud800c"
        found[0]["generations"][0]["prompt"] = {"k\x00": ["\ud800"]}

    export(tmp_path / "a.zip")
    rewritten(tmp_path / "a.zip", edit("conversations", change))
    empty_the_site()
    take_in(tmp_path / "a.zip")
    assert Message.objects.filter(text="a\ufffdb\ufffdc").count() == 1
    assert Generation.objects.order_by("pk").first().prompt == {"k\ufffd": ["\ufffd"]}


def test_both_ways_leave_a_line_in_the_audit_log(told, tmp_path):
    export(tmp_path / "a.zip", "--user", "alice")
    take_in(tmp_path / "a.zip")
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "target")) == [
        ("data.exported", "alice"),
        ("data.imported", "everything"),
    ]


def test_a_file_that_is_not_there_or_is_nothing_of_ours_is_named(db, tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        take_in(tmp_path / "no.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(CommandError, match="not an export"):
        take_in(tmp_path / "other.zip")
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(CommandError, match="broken"):
        take_in(tmp_path / "text.zip")
    with pytest.raises(CommandError, match="nobody called"):
        export(tmp_path / "x.zip", "--user", "nobody")


def test_a_data_directory_without_tables_is_told_to_migrate_first(tmp_path):
    root = Path(__file__).parent.parent.parent
    ran = subprocess.run(
        [sys.executable, "manage.py", "import_data", "a.zip"],
        cwd=root,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert "run manage.py migrate first" in ran.stderr
    assert "Traceback" not in ran.stderr
