"""Whole numbers may be written with a point; anything else about numbers is exact."""

import pytest


@pytest.mark.parametrize("seed", [7, 7.0])
def test_a_whole_number_with_a_point_is_the_same_number(seed, caller, custom):
    first = caller.post("chat/send", {**custom, "parameters": {"seed": 7}})
    again = caller.post("chat/send", {**custom, "parameters": {"seed": seed}})
    assert again.data["choices"] == first.data["choices"]


@pytest.mark.parametrize("seed", [7.5, "7", True])
def test_what_is_no_whole_number_is_refused(seed, caller, custom):
    answer = caller.post("chat/send", {**custom, "parameters": {"seed": seed}})
    assert (answer.status, answer.key) == (400, "invalid.param")
