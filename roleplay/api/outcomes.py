"""What goes wrong in our own rooms, in the API's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from roleplay.accounts.quota import QuotaExceeded
from roleplay.api import errors
from roleplay.api.errors import ApiError
from roleplay.conversations import replying
from roleplay.conversations.models import Conversation, Message
from roleplay.prompting.budget import PromptTooLong
from roleplay.streaming.runner import Draining, Full

# How a reply failed, and what a program is told of it. Kinds are those of providers.base.
FAULTS: dict[str, tuple[type[ApiError], str]] = {
    "refused": (errors.Refused, ""),
    "too_long": (errors.TooLong, "send fewer or shorter messages"),
    "rate_limited": (errors.Throttled, "the engine is busy"),
    "timed_out": (errors.TimedOut, "the engine fell silent"),
    "restart": (errors.Unavailable, "the server restarted"),
    "revoked": (errors.InvalidToken, "the key was revoked"),
    "unauthorized": (errors.ServiceFault, "the engine does not accept this site's key"),
    "out_of_money": (errors.ServiceFault, "this site's account with the engine is empty"),
    "model_gone": (errors.ServiceFault, "the engine does not know the model"),
    "rejected": (errors.ServiceFault, "the engine did not accept the request"),
    "unreachable": (errors.ServiceFault, "the engine cannot be reached"),
    "broke_off": (errors.ServiceFault, "the answer broke off"),
    "empty": (errors.ServiceFault, "the engine had nothing to say"),
    "too_much": (errors.ServiceFault, "the answer was without end"),
}


def fault_of(kind: str, retry_after: float | None = None) -> ApiError:
    """The error for a reply that ended so."""
    made, detail = FAULTS.get(kind, (errors.ServiceFault, "the engine failed"))
    return made(detail, retry_after)


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what an act refuses into the error that says so."""
    try:
        yield
    except QuotaExceeded as over:
        left = (over.renewed - timezone.now()).total_seconds()
        raise errors.Throttled(f"the quota is {over.limit} replies a day", left) from None
    except Full as full:
        if full.personal:
            raise errors.Throttled("too many answers at once for this key's owner", 1) from None
        raise errors.Unavailable("too many answers at once", 5) from None
    except Draining:
        raise errors.Unavailable("the server is restarting", 3) from None
    except (replying.Busy, replying.StaleHead):
        raise errors.Busy("wait for the last answer to end, or stop it") from None
    except PromptTooLong:
        raise fault_of("too_long") from None
    except (replying.NotPossible, replying.SendKeyReused):
        raise errors.InvalidParam("this message cannot be answered again") from None
    except (Conversation.DoesNotExist, Message.DoesNotExist, replying.CharacterGone):
        raise errors.NotFound from None
