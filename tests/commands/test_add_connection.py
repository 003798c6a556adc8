"""Connections by command, for scripts and containers."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection as database

from roleplay.accounts.models import AuditEntry
from roleplay.connections.models import Connection
from tests.doubles.upstream import in_thread

pytestmark = pytest.mark.django_db

KEY = "lm-canary-0123456789"


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    monkeypatch.setenv("MAIN_KEY", KEY)
    monkeypatch.setenv("EMPTY_KEY", "")


def add(*words):
    said, complained = StringIO(), StringIO()
    call_command("add_connection", *words, stdout=said, stderr=complained)
    return said.getvalue() + complained.getvalue()


def add_main(*words):
    address = ["--kind", "xingchen", "--base-url", "https://nlp.aliyuncs.com/"]
    return add("Main", *address, "--model", "xingchen-plus-v2", "--key-env", "MAIN_KEY", *words)


def test_one_command_makes_the_sites_connection():
    said = add_main(
        "--set", "temperature=0.9", "--set", "maxLength=800", "--set", "style=calm",
        "--option", "stream=true", "--option", "endpoint=chat", "--default",
    )  # fmt: skip
    main = Connection.objects.get(name="Main")
    assert (main.kind, main.base_url, main.model) == (
        "xingchen",
        "https://nlp.aliyuncs.com",
        "xingchen-plus-v2",
    )
    assert main.parameters == {"temperature": 0.9, "maxLength": 800, "style": "calm"}
    assert main.options == {"stream": True, "endpoint": "chat"}
    assert main.usable_key == KEY
    assert Connection.objects.chosen() == main
    assert said == "Added Main.\n"


def test_the_key_is_said_nowhere_and_stands_encrypted_in_the_table():
    assert KEY not in add_main()
    with database.cursor() as cursor:
        cursor.execute("SELECT * FROM connections_connection")
        assert KEY not in str(cursor.fetchall())


def test_a_second_call_changes_only_what_it_says():
    add_main("--set", "temperature=0.9", "--default")
    assert add("Main", "--set", "topP=0.5") == "Changed Main.\n"
    main = Connection.objects.get(name="Main")
    assert main.parameters == {"temperature": 0.9, "topP": 0.5}
    assert (main.usable_key, main.is_default) == (KEY, True)


@pytest.mark.parametrize(
    "address",
    ["https://sink.example.org", "http://nlp.aliyuncs.com", "https://nlp.aliyuncs.com:8443"],
)
def test_another_address_drops_the_key_and_says_so(address):
    add_main()
    said = add("Main", "--base-url", address)
    assert "its key was dropped" in said
    assert Connection.objects.get(name="Main").key == ""


def test_a_new_host_with_its_key_has_that_key():
    add_main()
    add("Main", "--base-url", "https://other.example.org", "--key-env", "MAIN_KEY")
    assert Connection.objects.get(name="Main").usable_key == KEY


def test_there_is_exactly_one_default():
    add_main("--default")
    add("Second", "--kind", "demo", "--default")
    assert list(Connection.objects.filter(is_default=True).values_list("name", flat=True)) == [
        "Second"
    ]


def test_keys_and_defaults_leave_a_line_in_the_audit_log():
    add_main("--default")
    assert set(AuditEntry.objects.values_list("actor", "action", "target")) == {
        (None, "connection.key", "Main"),
        (None, "connection.default", "Main"),
    }


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["Main"], "--kind"),
        (["Main", "--kind", "xingchen"], "base_url"),
        (["Main", "--kind", "openai", "--base-url", "http://localhost/v1"], "model"),
        (["Main", "--kind", "demo", "--base-url", "ftp://x.org"], "whole address"),
        (["Main", "--kind", "demo", "--set", "temperature"], "key=value"),
        (["Main", "--kind", "demo", "--option", "pace=fast"], "options"),
        (["Main", "--kind", "demo", "--key-env", "EMPTY_KEY"], "EMPTY_KEY"),
        (["Main", "--kind", "demo", "--key-env", "NO_SUCH"], "NO_SUCH"),
        (["x" * 61, "--kind", "demo"], "name"),
    ],
)
def test_nonsense_is_refused_with_a_hint_and_nothing_is_stored(words, hint):
    with pytest.raises(CommandError, match=hint):
        add(*words)
    assert not Connection.objects.exists()


def test_not_a_number_stays_a_word_and_no_text_keeps_what_no_database_can_hold():
    add("Demo", "--kind", "demo", "--set", "x=NaN", "--set", 'y="a\\u0000\\ud800"')
    assert Connection.objects.get().parameters == {"x": "NaN", "y": "a\ufffd\ufffd"}


def test_a_connection_that_is_well_passes_five_steps_and_ends_with_zero():
    with in_thread() as upstream:
        upstream.pace = 60
        add("Local", "--kind", "openai", "--base-url", upstream.url, "--model", "m")
        said = StringIO()
        call_command("test_connection", "Local", stdout=said)
    lines = said.getvalue().splitlines()
    assert [line.split()[:2] for line in lines[:5]] == [
        ["reachable", "ok"],
        ["key", "ok"],
        ["model", "ok"],
        ["replies", "ok"],
        ["streams", "ok"],
    ]


def test_a_refused_key_ends_with_one_and_names_the_likely_cause():
    with in_thread() as upstream:
        url = upstream.url_of("status_401")
        add("Local", "--kind", "openai", "--base-url", url, "--model", "m")
        said = StringIO()
        with pytest.raises(SystemExit) as end:
            call_command("test_connection", "Local", stdout=said)
    assert end.value.code == 1
    lines = said.getvalue().splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["reachable", "ok"],
        ["key", "failed"],
        ["model", "pending"],
        ["replies", "pending"],
        ["streams", "pending"],
    ]
    assert "The key is not accepted" in lines[1]


def test_an_unknown_name_is_answered_with_the_known_ones():
    add("Demo", "--kind", "demo")
    with pytest.raises(CommandError, match="Known are: Demo"):
        call_command("test_connection", "Main")
