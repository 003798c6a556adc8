"""The last reply of a day is one reply, however many are asked for at once."""

import pytest

from roleplay.accounts.models import Usage
from roleplay.conversations import replying
from roleplay.conversations.models import Generation


@pytest.mark.parametrize("left", [1, 3])
def test_more_answers_than_are_left_are_refused_together(left, caller, custom, settings, alice):
    settings.REPLIES_PER_DAY = left
    custom["input"]["aca"]["context"] = {"resultCount": 4}
    custom["input"]["messages"][0]["content"] = "/demo slow"
    answer = caller.post("chat/send", custom)
    assert (answer.status, answer.key) == (429, "throttling")
    for begun in Generation.objects.asked_by(alice):
        assert [batch[-1] for batch in replying.listen(begun, 0)][-1].data["status"] == "stopped"
    assert not Usage.objects.filter(user=alice).exists()


def test_one_answer_is_given_and_the_next_is_refused(caller, custom, settings, alice):
    settings.REPLIES_PER_DAY = 1
    assert caller.post("chat/send", custom).status == 200
    assert caller.post("chat/send", custom).key == "throttling"
    assert [row.replies for row in Usage.objects.filter(user=alice)] == [1]
