"""What was said in saved dialogues, page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from roleplay.conversations.models import Conversation, Message
from tests.api.said import INVALID, masked, whole

DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.fixture
def asks(mei):
    def ask(text, user="u-1", **context):
        aca = {
            "botProfile": {"characterId": mei.pk.hex},
            "userProfile": {"userId": user, "userName": "Lin"},
            "context": context,
        }
        return {"input": {"messages": [{"role": "user", "content": text}], "aca": aca}}

    return ask


@pytest.fixture
def talk(caller, asks):
    """Three questions, their answers and the greeting, an hour after each other."""
    for text in ("One?", "Two?", "Three?"):
        caller.post("chat/send", asks(text))
    messages = list(Conversation.objects.get().thread())
    for place, message in enumerate(messages):
        Message.objects.filter(pk=message.pk).update(created=DAY + timedelta(hours=place))
    return Conversation.objects.get().thread()


def found(caller, **body):
    """The contents of a page, and how many there are in all."""
    data = caller.post("chat/message/histories", body).data
    return [one["content"] for one in data["list"]], data["total"]


def texts(talk, *places):
    return [talk[place].text for place in places]


def milliseconds(moment):
    return int(moment.timestamp() * 1000)


def test_each_message_is_told_whole(caller, talk, alice, mei):
    story = Conversation.objects.get()
    greeting, question, answer = talk[:3]
    body = {"orderBy": ["gmtCreate asc"], "pageSize": 3, "pageNum": 1}
    shared = {"sessionId": story.pk.hex, "chatId": story.pk.hex, "regenerateTimes": 0}
    character = {
        "userId": mei.pk.hex,
        "bizUserId": mei.pk.hex,
        "userName": "Mei",
        "userType": "character",
    }
    person = {
        "userId": str(alice.pk),
        "bizUserId": "u-1",
        "userName": "Lin",
        "userType": "user",
    }
    answered = caller.post("chat/message/histories", body)
    assert {**answered.body, "requestId": "requestId"} == whole(
        {
            "list": [
                {
                    **shared,
                    "content": greeting.text,
                    "messageType": "opening_remarks",
                    "messageId": greeting.key.hex,
                    "messageIssuer": character,
                    "gmtCreate": milliseconds(DAY),
                    "isGreeting": True,
                },
                {
                    **shared,
                    "content": "One?",
                    "messageType": "user",
                    "messageId": question.key.hex,
                    "messageIssuer": person,
                    "gmtCreate": milliseconds(DAY + timedelta(hours=1)),
                    "isGreeting": False,
                },
                {
                    **shared,
                    "content": answer.text,
                    "messageType": "character",
                    "messageId": answer.key.hex,
                    "messageIssuer": character,
                    "gmtCreate": milliseconds(DAY + timedelta(hours=2)),
                    "isGreeting": False,
                },
            ],
            "page": 1,
            "pageSize": 3,
            "total": 7,
            "pageOffsetValue": 0,
        }
    )


def test_the_newest_comes_first(caller, talk):
    assert found(caller, pageSize=2) == (texts(talk, 6, 5), 7)
    assert found(caller, pageSize=2, orderBy=["gmtCreate desc"]) == (texts(talk, 6, 5), 7)
    assert found(caller, pageSize=2, orderBy=["  GMTCREATE   ASC "]) == (texts(talk, 0, 1), 7)
    assert found(caller, pageSize=2, orderBy=["gmtCreate"]) == (texts(talk, 0, 1), 7)


def test_pages_nought_and_one_are_the_first(caller, talk):
    for page in (None, 0, 1):
        assert found(caller, pageNum=page, pageSize=3) == (texts(talk, 6, 5, 4), 7)
    assert found(caller, pageNum=2, pageSize=3) == (texts(talk, 3, 2, 1), 7)
    assert found(caller, pageNum=3, pageSize=3) == (texts(talk, 0), 7)
    assert found(caller, pageNum=4, pageSize=3) == ([], 7)
    assert found(caller, pageNum=1_000_000, pageSize=50) == ([], 7)
    assert len(found(caller)[0]) == 7


FAULTS = {
    "no page": ({"pageSize": 0}, "pageSize Input should be greater than or equal to 1"),
    "a large page": ({"pageSize": 51}, "pageSize Input should be less than or equal to 50"),
    "before all pages": ({"pageNum": -1}, "pageNum Input should be greater than or equal to 0"),
    "a page in words": ({"pageNum": "1"}, "pageNum Input should be a valid integer"),
    "another order": (
        {"orderBy": ["rating desc"]},
        "orderBy knows gmtCreate desc and gmtCreate asc",
    ),
    "an order with more in it": (
        {"orderBy": ["gmtCreate desc; DROP TABLE"]},
        "orderBy knows gmtCreate desc and gmtCreate asc",
    ),
    "no time": ({"where": {"startTime": "noon"}}, None),
    "a time out of range": ({"where": {"startTime": 10**18}}, None),
    "a time of another kind": (
        {"where": {"endTime": [1]}},
        "where.endTime Value error, has to be epoch milliseconds or ISO text",
    ),
    "a truth for a time": (
        {"where": {"endTime": True}},
        "where.endTime Value error, has to be epoch milliseconds or ISO text",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_cannot_be_asked_is_refused(caller, case):
    body, detail = FAULTS[case]
    told = masked(caller.post("chat/message/histories", body).body)
    assert told == INVALID(detail or told["errorMessage"].removeprefix("Invalid Param: "))
    assert told["errorMessage"].startswith("Invalid Param: ")


def test_time_is_told_in_either_form(caller, talk, settings):
    at = [DAY + timedelta(hours=hour) for hour in range(7)]
    local = at[4].astimezone(datetime.now().astimezone().tzinfo)
    forms = [
        milliseconds(at[4]),
        at[4].isoformat(),
        at[4].strftime("%Y-%m-%dT%H:%M:%SZ"),
        (at[4] + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S+08:00"),
        local.isoformat(),
    ]
    for form in forms:
        assert found(caller, where={"startTime": form}) == (texts(talk, 6, 5, 4), 3)
        assert found(caller, where={"endTime": form}) == (texts(talk, 4, 3, 2, 1, 0), 5)
        assert found(caller, where={"startTime": form, "endTime": form}) == (texts(talk, 4), 1)


def test_iso_text_without_a_zone_is_the_sites_own_time(caller, talk, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    start = (DAY + timedelta(hours=4 + 8)).strftime("%Y-%m-%dT%H:%M:%S")
    assert found(caller, where={"startTime": start}) == (texts(talk, 6, 5, 4), 3)


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", -62135596800000, 0])
def test_the_ends_of_time_are_times(caller, talk, edge):
    for name in ("startTime", "endTime"):
        _, total = found(caller, where={name: edge})
        assert total in (0, 7)


def test_messages_may_be_asked_for_by_their_ids(caller, talk):
    ids = [talk[2].key.hex, talk[5].key.hex, "0" * 32, "no id"]
    assert found(caller, where={"messageIds": ids}) == (texts(talk, 5, 2), 2)


def test_dialogues_are_told_apart(caller, asks, talk, mei):
    caller.post("chat/send", asks("Hello.", "u-2"))
    second = Conversation.objects.get(biz_user="u-2")
    assert found(caller)[1] == 10
    assert found(caller, where={"bizUserId": "u-2"})[1] == 3
    assert found(caller, where={"sessionId": second.pk.hex})[1] == 3
    assert found(caller, where={"characterId": mei.pk.hex})[1] == 10
    assert found(caller, where={"characterId": "0" * 32}) == ([], 0)
    assert found(caller, where={"sessionId": "no id"}) == ([], 0)
    assert found(caller, where={"bizUserId": "nobody"}) == ([], 0)


def test_only_the_path_that_is_read_is_told(caller, asks, talk):
    question = talk[5]
    again = caller.post("chat/send", asks("", queryId=question.key.hex, isRegenerate=True))
    newest = caller.post("chat/message/histories", {"pageSize": 1}).data["list"][0]
    assert newest["messageId"] == again.data["context"]["answerId"]
    assert newest["regenerateTimes"] == 1
    assert found(caller)[1] == 7


def test_a_rating_is_told(caller, talk):
    caller.post("chat/rating", {"messageId": talk[6].key.hex, "rating": 4})
    newest = caller.post("chat/message/histories", {"pageSize": 2}).data["list"]
    assert [one.get("rating") for one in newest] == [4, None]


def test_what_people_say_in_their_browser_is_not_told(caller, story):
    assert found(caller) == ([], 0)


def test_bob_sees_nothing_of_it(bobs_caller, talk, mei):
    story = Conversation.objects.get()
    for where in (
        {},
        {"characterId": mei.pk.hex},
        {"bizUserId": "u-1"},
        {"sessionId": story.pk.hex},
        {"messageIds": [talk[1].key.hex]},
    ):
        assert found(bobs_caller, where=where) == ([], 0)


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_takes_as_many_queries_whatever_is_on_it(
    caller, asks, django_assert_num_queries, count
):
    for number in range(count):
        caller.post("chat/send", asks(f"{number}?"))
    with django_assert_num_queries(6):
        assert found(caller)[1] == 2 * count + 1


def test_texts_are_read_for_one_page_alone(caller, asks):
    for number in range(3):
        caller.post("chat/send", asks(f"{number}?"))
    with CaptureQueriesContext(connection) as queries:
        assert found(caller, pageSize=1)[1] == 7
    (page,) = [q["sql"] for q in queries if '"conversations_message"."text"' in q["sql"]]
    assert page.endswith("LIMIT 1")
