"""People in the panel: who may do what to whom, and what is written down."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from roleplay.accounts.models import AuditEntry, Usage, User


def change_url(person):
    return reverse("admin:accounts_user_change", args=[person.pk])


def fields(person, **changed):
    given = {"username": person.username, "email": "", "is_active": "on"}
    if person.is_staff:
        given |= {"is_staff": "on"}
    if person.is_superuser:
        given |= {"is_superuser": "on"}
    given |= changed
    return {name: value for name, value in given.items() if value is not None}


def actions():
    return list(
        AuditEntry.objects.order_by("pk").values_list("actor__username", "action", "target")
    )


@pytest.fixture
def clerk(db):
    """Staff who looks after people, and has no other rights."""
    person = User.objects.create_user("clerk", is_staff=True, language="en")
    names = ["view_user", "change_user", "delete_user", "add_user"]
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return person


@pytest.fixture
def clerks_desk(clerk):
    browser = Client()
    browser.force_login(clerk)
    return browser


def test_disabling_somebody_ends_their_sessions_at_once(desk, alice, alices_browser):
    assert alices_browser.get(reverse("chats")).status_code == 200
    assert desk.post(change_url(alice), fields(alice, is_active=None)).status_code == 302
    assert alices_browser.get(reverse("chats")).status_code == 302
    assert actions() == [("operator", "person.disabled", "alice")]
    # The session is gone and not only asleep.
    desk.post(change_url(alice), fields(alice))
    assert alices_browser.get(reverse("chats")).status_code == 302
    assert actions()[-1] == ("operator", "person.enabled", "alice")


def test_no_page_shows_a_password_or_its_hash(desk, alice):
    pages = [
        desk.get(change_url(alice)),
        desk.get(reverse("admin:accounts_user_changelist")),
        desk.get(reverse("admin:auth_user_password_change", args=[alice.pk])),
        desk.get(reverse("admin:accounts_user_history", args=[alice.pk])),
    ]
    for page in pages:
        assert page.status_code == 200
        assert alice.password not in page.content.decode()
        assert "md5" not in page.content.decode()


@pytest.mark.parametrize(
    "lookup", ["password__startswith", "email__contains", "username__startswith"]
)
def test_the_list_answers_no_questions_that_are_not_its_filters(desk, alice, lookup):
    response = desk.get(reverse("admin:accounts_user_changelist"), {lookup: "md5"})
    assert response.status_code == 400 or response.url.endswith("?e=1")


def test_a_new_password_signs_the_others_out_and_is_written_down(desk, alice, alices_browser):
    new = {"password1": "a new lamp is lit", "password2": "a new lamp is lit"}
    url = reverse("admin:auth_user_password_change", args=[alice.pk])
    assert desk.post(url, {**new, "usable_password": "true"}).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("a new lamp is lit")
    assert alices_browser.get(reverse("chats")).status_code == 302
    assert actions() == [("operator", "person.password", "alice")]


def test_a_weak_password_is_set_for_nobody_and_none_at_all_is_not_an_answer(desk, alice):
    url = reverse("admin:auth_user_password_change", args=[alice.pk])
    for given in ({"password1": "12345678", "password2": "12345678"}, {"usable_password": "false"}):
        assert desk.post(url, given).status_code == 200
        alice.refresh_from_db()
        assert alice.check_password("a lamp in the window")
    assert actions() == []


def test_somebody_new_is_a_person_without_rights(desk, db):
    given = {"username": "carol", "password1": "carol has a lamp", "password2": "carol has a lamp"}
    url = reverse("admin:accounts_user_add")
    assert desk.post(url, {**given, "is_staff": "on", "is_superuser": "on"}).status_code == 302
    carol = User.objects.get(username="carol")
    assert carol.check_password("carol has a lamp")
    assert not (carol.is_staff or carol.is_superuser or carol.is_guest)


def test_rights_are_given_by_those_who_have_all_of_them(desk, alice):
    desk.post(change_url(alice), fields(alice, is_staff="on"))
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (True, False)
    assert actions() == [("operator", "person.rights", "alice")]


def test_a_clerk_can_disable_people_but_give_nobody_rights(clerks_desk, clerk, alice):
    given = fields(alice, is_staff="on", is_superuser="on", user_permissions="1")
    assert clerks_desk.post(change_url(alice), given).status_code == 302
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (False, False)
    assert not alice.user_permissions.exists()


def test_a_clerk_cannot_touch_other_staff_nor_make_themselves_more(clerks_desk, clerk, operator):
    for person in (operator, clerk):
        given = fields(person, is_superuser="on", username="taken-over")
        assert clerks_desk.post(change_url(person), given).status_code == 403
        password = reverse("admin:auth_user_password_change", args=[person.pk])
        assert (
            clerks_desk.post(password, {"password1": "x" * 12, "password2": "x" * 12}).status_code
            == 403
        )
        person.refresh_from_db()
        assert person.username != "taken-over"
    clerk.refresh_from_db()
    assert not clerk.is_superuser


@pytest.mark.parametrize("lost", ["is_active", "is_staff", "is_superuser"])
def test_nobody_shuts_themselves_out(desk, operator, lost):
    response = desk.post(change_url(operator), fields(operator, **{lost: None}))
    assert list(response.context["adminform"].form.errors) == [lost]
    operator.refresh_from_db()
    assert operator.is_active and operator.is_staff and operator.is_superuser


def test_removing_somebody_takes_their_chats_along_and_names_none_of_them(desk, alice, story):
    story.title = "A very private title"
    story.save()
    url = reverse("admin:accounts_user_delete", args=[alice.pk])
    page = desk.get(url)
    assert "A very private title" not in page.content.decode()
    assert "chats: 1" in page.content.decode().lower()
    assert desk.post(url, {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()
    assert actions() == [("operator", "person.removed", "alice")]


def test_whoever_stands_in_the_audit_log_stays_as_its_witness(desk, bob):
    AuditEntry.objects.create(actor=bob, action="chat.read", target="x")
    assert (
        desk.post(reverse("admin:accounts_user_delete", args=[bob.pk]), {"post": "yes"}).status_code
        == 403
    )
    assert User.objects.filter(pk=bob.pk).exists()


@pytest.mark.parametrize("model", ["auditentry", "usage"])
def test_the_audit_log_and_the_usage_are_looked_at_and_never_touched(desk, operator, model):
    entry = AuditEntry.objects.create(
        actor=operator, action="chat.read", target="a chat", reason="r"
    )
    day = Usage.objects.create(user=operator, day="2026-05-20", replies=3)
    pk = entry.pk if model == "auditentry" else day.pk
    listed = reverse(f"admin:accounts_{model}_changelist")
    assert desk.get(listed).status_code == 200
    assert desk.get(reverse(f"admin:accounts_{model}_add")).status_code == 403
    for act in ("change", "delete"):
        url = reverse(f"admin:accounts_{model}_{act}", args=[pk])
        assert desk.post(url, {"post": "yes", "reason": "other", "replies": "0"}).status_code == 403
    desk.post(listed, {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
    entry.refresh_from_db()
    day.refresh_from_db()
    assert (entry.reason, day.replies) == ("r", 3)


def test_the_audit_log_is_narrowed_by_what_was_done(desk, operator):
    for action in ("chat.read", "person.rights"):
        AuditEntry.objects.create(actor=operator, action=action, target="x")
    page = desk.get(reverse("admin:accounts_auditentry_changelist"), {"action": "chat.read"})
    assert [entry.action for entry in page.context["cl"].result_list] == ["chat.read"]


def test_an_audit_entry_is_written_once(operator):
    entry = AuditEntry.objects.create(actor=operator, action="chat.read", target="a chat")
    with pytest.raises(TypeError):
        entry.save()
