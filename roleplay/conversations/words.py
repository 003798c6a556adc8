"""What people are told when a reply ends otherwise than it should: whose side it is on, what now.

Every `ProviderError.kind` has a sentence of its own. None holds a word of the model service's.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from roleplay.conversations.models import Generation

# How long a page counts down and tries again by itself, in seconds.
PATIENCE = 120


@dataclass(frozen=True, slots=True)
class Trouble:
    """`words` for everybody, `staff_words` for those who can mend it; `partly` where something was
    written before it happened. `icon`: a symbol of templates/_icons.html. `can_retry`: the same
    once more may go better."""

    icon: str
    words: Any
    partly: Any = ""
    staff_words: Any = ""
    can_retry: bool = True


KINDS = {
    "unauthorized": Trouble(
        "key",
        gettext_lazy("The model's key isn't accepted. The admin has been told."),
        staff_words=gettext_lazy(
            'The key for "%(connection)s" isn\'t accepted. Nobody is getting replies.'
        ),
        can_retry=False,
    ),
    "out_of_money": Trouble(
        "key",
        gettext_lazy("The model's account has run dry. The admin has been told."),
        staff_words=gettext_lazy(
            'The account behind "%(connection)s" has run dry. Nobody is getting replies.'
        ),
        can_retry=False,
    ),
    "rate_limited": Trouble(
        "clock", gettext_lazy("The model is busy. Give it a moment, then try again.")
    ),
    "refused": Trouble(
        "info",
        gettext_lazy("The model service declined to write this. Try taking the story another way."),
    ),
    "too_long": Trouble(
        "layers",
        gettext_lazy(
            "This is more than the model can read at once. Shorten it, or ask the admin for a "
            "model with more room."
        ),
        can_retry=False,
    ),
    "model_gone": Trouble(
        "off",
        gettext_lazy("That model no longer exists. The admin can choose another."),
        staff_words=gettext_lazy(
            'The model of "%(connection)s" no longer exists. Choose another there.'
        ),
        can_retry=False,
    ),
    "rejected": Trouble(
        "warn",
        gettext_lazy("The model service didn't accept the request. The admin can set this right."),
        staff_words=gettext_lazy(
            'The model service didn\'t accept the request: a setting of "%(connection)s" is wrong.'
        ),
    ),
    "unreachable": Trouble(
        "off",
        gettext_lazy("The model service can't be reached. Your message did arrive here."),
        partly=gettext_lazy(
            "The model service can't be reached any more. Everything up to here is saved."
        ),
    ),
    "timed_out": Trouble(
        "clock",
        format_lazy(
            gettext_lazy("No answer after {seconds} seconds. Your message did arrive."),
            seconds=round(settings.REPLY_SILENCE_SECONDS),
        ),
        partly=format_lazy(
            gettext_lazy("Silence for {seconds} seconds. Everything up to here is saved."),
            seconds=round(settings.REPLY_SILENCE_SECONDS),
        ),
    ),
    "broke_off": Trouble(
        "off",
        gettext_lazy("The model service hung up before the first word. Your message did arrive."),
        partly=gettext_lazy(
            "The model service hung up mid-sentence. Everything up to here is saved."
        ),
    ),
    "upstream": Trouble(
        "warn",
        gettext_lazy("The model service had a problem. It isn't you."),
        partly=gettext_lazy(
            "The model service had a problem mid-sentence. Everything up to here is saved."
        ),
    ),
    "nonsense": Trouble(
        "warn",
        gettext_lazy(
            "What came back made no sense as a reply. If it happens again, tell the admin."
        ),
    ),
    "too_much": Trouble(
        "layers",
        gettext_lazy("The reply grew longer than any may be. It was ended here and saved."),
    ),
    "empty": Trouble("info", gettext_lazy("An empty reply came back. It wasn't saved.")),
    "over_quota": Trouble(
        "moon",
        gettext_lazy("Today's replies are used up. More after midnight; your words stay here."),
        can_retry=False,
    ),
}
UNKNOWN = Trouble("warn", gettext_lazy("Something went wrong while the reply was written."))
STOPPED = Trouble("stop", gettext_lazy("Stopped here."))
INTERRUPTED = Trouble(
    "off",
    gettext_lazy("The connection dropped before the first word. Your message is saved."),
    partly=gettext_lazy("The connection dropped mid-sentence. Everything up to here is saved."),
)


@dataclass(frozen=True, slots=True)
class StateLine:
    """What stands below a reply that did not simply end.

    `countdown`: seconds until the page tries again by itself, or None.
    """

    icon: str
    words: str
    may_continue: bool
    again: str
    countdown: int | None


def state_line(attempt: Generation | None, text: str, is_staff: bool) -> StateLine | None:
    """The line for a finished attempt at `text`; None where there is nothing to explain."""
    if attempt is None or attempt.is_running or attempt.status == "done":
        return None
    trouble = _trouble(attempt)
    countdown = _countdown(attempt, text)
    return StateLine(
        icon=trouble.icon,
        words=_busy(countdown) if countdown else _sentence(trouble, attempt, text, is_staff),
        may_continue=bool(text) and attempt.error_kind not in ("too_much", "refused"),
        again=_again(attempt, text, trouble),
        countdown=countdown,
    )


def _trouble(attempt: Generation) -> Trouble:
    if attempt.status == "failed":
        return KINDS.get(attempt.error_kind, UNKNOWN)
    return STOPPED if attempt.status == "stopped" else INTERRUPTED


def _sentence(trouble: Trouble, attempt: Generation, text: str, is_staff: bool) -> str:
    if is_staff and trouble.staff_words and attempt.connection:
        return str(trouble.staff_words) % {"connection": attempt.connection.name}
    return str(trouble.partly if text and trouble.partly else trouble.words)


def _countdown(attempt: Generation, text: str) -> int | None:
    busy = attempt.error_kind == "rate_limited" and attempt.status == "failed"
    if not busy or text or attempt.retry_after is None or attempt.retry_after > PATIENCE:
        return None
    return max(1, round(attempt.retry_after))


def _busy(seconds: int) -> str:
    return _("The model is busy. Trying again in %(seconds)s seconds.") % {"seconds": seconds}


def _again(attempt: Generation, text: str, trouble: Trouble) -> str:
    """The word on the button that asks for another version; empty where it cannot help."""
    if not trouble.can_retry:
        return ""
    if attempt.status == "stopped" or attempt.error_kind == "refused":
        return _("Another version")
    return _("Start over") if text else _("Try again")
