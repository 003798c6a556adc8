"""What is said below a reply that ended badly, and who is told more."""

from collections.abc import Iterator
from itertools import combinations

import pytest
from django.utils import translation

from roleplay.connections.models import Connection
from roleplay.conversations.models import Generation
from roleplay.conversations.words import KINDS, state_line
from roleplay.providers.base import ProviderError


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def all_kinds() -> set[str]:
    return {error.kind for error in ProviderError.__subclasses__()} | {"over_quota"}


def failed(kind: str, **fields: object) -> Generation:
    return Generation(status="failed", error_kind=kind, **fields)


def told(kind: str, text: str = "", is_staff: bool = False, **fields: object) -> str:
    line = state_line(failed(kind, **fields), text, is_staff)
    assert line
    return line.words


def test_every_kind_of_error_has_words() -> None:
    assert set(KINDS) == all_kinds()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("text", ["", "She turns"])
def test_no_two_kinds_are_told_in_the_same_words(language: str, text: str) -> None:
    with translation.override(language):
        alike = [(a, b) for a, b in combinations(KINDS, 2) if told(a, text) == told(b, text)]
    assert alike == []


def test_a_reply_that_simply_ended_needs_no_words() -> None:
    assert state_line(None, "Hello", is_staff=False) is None
    assert state_line(Generation(status="done"), "Hello", is_staff=False) is None
    assert state_line(Generation(status="streaming"), "Hel", is_staff=False) is None


def test_staff_are_told_which_connection_it_is() -> None:
    main = Connection(pk=1, name="Main")
    assert told("unauthorized", connection=main) == (
        "The model's key isn't accepted. The admin has been told."
    )
    assert told("unauthorized", is_staff=True, connection=main) == (
        'The key for "Main" isn\'t accepted. Nobody is getting replies.'
    )


def test_staff_of_a_deleted_connection_are_told_what_everybody_is() -> None:
    assert told("unauthorized", is_staff=True) == told("unauthorized")


def test_words_after_the_first_words_say_that_they_are_saved() -> None:
    assert told("timed_out") == "No answer after 60 seconds. Your message did arrive."
    assert told("timed_out", "She") == "Silence for 60 seconds. Everything up to here is saved."


def test_a_cut_line_offers_to_go_on_and_to_start_over() -> None:
    line = state_line(Generation(status="interrupted"), "She turns", is_staff=False)
    assert line
    assert line.words == "The connection dropped mid-sentence. Everything up to here is saved."
    assert (line.may_continue, line.again) == (True, "Start over")


def test_a_stopped_reply_offers_to_go_on_or_another_version() -> None:
    line = state_line(Generation(status="stopped"), "She turns", is_staff=False)
    assert line
    assert (line.words, line.may_continue, line.again) == ("Stopped here.", True, "Another version")


def test_a_key_that_is_not_accepted_offers_no_retry() -> None:
    line = state_line(failed("unauthorized"), "", is_staff=False)
    assert line
    assert (line.may_continue, line.again) == (False, "")


def test_a_busy_model_counts_down_when_it_said_for_how_long() -> None:
    line = state_line(failed("rate_limited", retry_after=12.0), "", is_staff=False)
    assert line
    assert line.countdown == 12
    assert line.words == "The model is busy. Trying again in 12 seconds."


@pytest.mark.parametrize("retry_after", [None, 121.0, 86_400.0])
def test_nobody_watches_a_countdown_of_hours(retry_after: float | None) -> None:
    line = state_line(failed("rate_limited", retry_after=retry_after), "", is_staff=False)
    assert line
    assert line.countdown is None
    assert line.words == "The model is busy. Give it a moment, then try again."


def test_an_unknown_kind_still_has_words() -> None:
    assert told("something_new") == "Something went wrong while the reply was written."


@pytest.mark.parametrize("kind", ["unreachable", "upstream", "broke_off", "timed_out"])
def test_what_was_written_before_a_line_failed_is_said_to_be_saved(kind: str) -> None:
    assert told(kind, "She").endswith("Everything up to here is saved.")
    assert "saved" not in told(kind)
