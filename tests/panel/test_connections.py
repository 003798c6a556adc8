"""Entering a connection: the key goes in and never comes out."""

import pytest
from django.test import AsyncClient
from django.urls import reverse

from roleplay.accounts.models import AuditEntry
from roleplay.connections.models import Connection
from tests.doubles.upstream import in_thread

KEY = "sk-canary-0123456789"


@pytest.fixture
def main(db):
    made = Connection(name="Main", kind="openai", base_url="https://a.example/v1", model="m")
    made.enter_key(KEY)
    made.is_default = True
    made.save()
    return made


def fields(**changed):
    given = {
        "name": "Main",
        "kind": "openai",
        "base_url": "https://a.example/v1",
        "new_key": "",
        "model": "m",
        "parameters": "{}",
        "options": "",
    }
    return {**given, **changed}


def change(desk, connection, **changed):
    return desk.post(
        reverse("admin:connections_connection_change", args=[connection.pk]), fields(**changed)
    )


def errors(response):
    return {
        name: " ".join(said) for name, said in response.context["adminform"].form.errors.items()
    }


def actions():
    return list(AuditEntry.objects.order_by("pk").values_list("action", "target"))


def test_no_connection_answers_everybody_unless_told_to(desk):
    page = desk.get(reverse("admin:connections_connection_add"))
    assert page.context["adminform"].form["is_default"].value() is False
    desk.post(
        reverse("admin:connections_connection_add"),
        fields(new_key=KEY, is_default="on", parameters='{"temperature": 0.9}'),
    )
    main = Connection.objects.get()
    assert (main.usable_key, main.is_default, main.parameters) == (KEY, True, {"temperature": 0.9})
    assert actions() == [("connection.key", "Main"), ("connection.default", "Main")]


def test_no_page_sends_the_key_back(desk, main):
    pages = [
        desk.get(reverse("admin:connections_connection_change", args=[main.pk])),
        desk.get(reverse("admin:connections_connection_changelist")),
        desk.get(reverse("admin:connections_connection_history", args=[main.pk])),
        desk.get(reverse("admin:index")),
        change(desk, main, new_key=KEY + "-new", base_url="nonsense"),
    ]
    for page in pages:
        assert KEY not in page.content.decode()
    assert "····6789" in pages[0].content.decode()


def test_an_empty_field_keeps_the_key(desk, main):
    assert change(desk, main, model="other").status_code == 302
    main.refresh_from_db()
    assert (main.model, main.usable_key) == ("other", KEY)
    assert actions() == []


@pytest.mark.parametrize(
    "address",
    [
        "https://sink.example/v1",
        "https://a.example:8443/v1",
        "http://a.example/v1",
        "https://a.example.sink.example/v1",
    ],
)
def test_an_address_elsewhere_asks_for_the_key_again(desk, main, address):
    response = change(desk, main, base_url=address)
    assert "is not sent to" in errors(response)["new_key"]
    main.refresh_from_db()
    assert (main.base_url, main.usable_key) == ("https://a.example/v1", KEY)


def test_an_address_elsewhere_with_a_key_of_its_own_is_taken_and_written_down(desk, main):
    assert (
        change(desk, main, base_url="https://b.example", new_key="sk-another-key-000").status_code
        == 302
    )
    main.refresh_from_db()
    assert main.usable_key == "sk-another-key-000"
    assert actions() == [("connection.key", "Main"), ("connection.address", "Main: b.example")]


def test_a_key_can_be_forgotten(desk, main):
    change(desk, main, base_url="http://localhost:11434/v1", forget_key="on")
    main.refresh_from_db()
    assert (main.key, main.host) == ("", "localhost:11434")


def test_another_path_on_the_same_host_keeps_the_key(desk, main):
    change(desk, main, base_url="https://a.example/v2/")
    main.refresh_from_db()
    assert (main.base_url, main.usable_key) == ("https://a.example/v2", KEY)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"parameters": '{"temperature": }'}, "parameters", "line 1, column 17"),
        ({"parameters": "[1]"}, "parameters", "an object"),
        ({"options": '{"stream": "yes"}'}, "options", "true, false"),
        ({"base_url": "https://me:secret@a.example"}, "base_url", "Leave names and passwords out"),
        ({"base_url": "ftp://a.example"}, "base_url", "whole address"),
        ({"base_url": ""}, "base_url", "needs an address"),
        ({"model": ""}, "model", "Name the model"),
        ({"name": ""}, "name", "required"),
        ({"kind": "telepathy"}, "kind", "valid choice"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(desk, main, changed, field, words):
    given = {"forget_key": "on"} if "base_url" in changed else {}
    assert words in errors(change(desk, main, **changed, **given))[field]
    main.refresh_from_db()
    assert (main.base_url, main.model, main.parameters) == ("https://a.example/v1", "m", {})


def test_the_default_changes_hands_in_one_step_and_is_never_put_down(desk, main):
    second = Connection.objects.create(name="Second", kind="demo")
    change(desk, second, name="Second", kind="demo", base_url="", is_default="on")
    assert Connection.objects.chosen() == second
    assert actions() == [("connection.default", "Second")]
    change(desk, second, name="Second", kind="demo", base_url="")
    assert list(Connection.objects.filter(is_default=True)) == [second]


def test_fields_that_are_not_in_the_form_change_nothing(desk, main):
    change(desk, main, key_host="sink.example", created="2001-01-01", id="99")
    main.refresh_from_db()
    assert (main.key_host, main.usable_key) == ("a.example", KEY)


def test_the_test_needs_a_post_and_a_right(desk, main, alices_browser):
    url = reverse("admin:connections_connection_test", args=[main.pk])
    assert desk.get(url).status_code == 405
    assert alices_browser.post(url).status_code == 302
    assert desk.post(reverse("admin:connections_connection_test", args=[999])).status_code == 404


def test_without_a_script_the_test_is_a_page_with_all_five_steps(desk, main):
    with in_thread() as upstream:
        main.base_url = upstream.url_of("status_401")
        main.save()
        page = desk.post(reverse("admin:connections_connection_test", args=[main.pk]))
    assert [(step.name, step.state) for step in page.context["steps"]] == [
        ("reachable", "ok"),
        ("key", "failed"),
        ("model", "pending"),
        ("replies", "pending"),
        ("streams", "pending"),
    ]
    assert "The key is not accepted. Enter it again" in page.content.decode()


@pytest.mark.anyio
@pytest.mark.django_db(transaction=True)
async def test_with_a_script_each_step_is_a_line_as_it_comes(operator):
    browser = AsyncClient()
    await browser.aforce_login(operator)
    with in_thread() as upstream:
        upstream.pace = 40
        made = await Connection.objects.acreate(
            name="Local", kind="openai", base_url=upstream.url, model="m"
        )
        url = reverse("admin:connections_connection_test", args=[made.pk])
        response = await browser.post(url, headers={"Accept": "text/html+steps"})
        lines = [line async for line in response.streaming_content]
    assert response["Content-Type"].startswith("text/html+steps")
    assert [line.count(b"\n") for line in lines] == [1] * 5
    names = [line.split(b'data-step="')[1].split(b'"')[0].decode() for line in lines]
    assert names == ["reachable", "key", "model", "replies", "streams"]
    assert all(b'data-state="ok"' in line for line in lines)


@pytest.mark.parametrize("case", ["html_in_text"])
def test_what_a_model_says_in_a_test_is_text_and_not_markup(desk, main, case):
    with in_thread() as upstream:
        main.base_url = upstream.url_of(case)
        main.save()
        page = desk.post(reverse("admin:connections_connection_test", args=[main.pk]))
    said = page.context["steps"][-1].said
    assert "<" in said
    assert said not in page.content.decode()
    assert "&lt;" in page.content.decode()
