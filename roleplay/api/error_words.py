"""What each error means and each scope opens, for people who read the reference."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from roleplay.api import errors
from roleplay.api.errors import ApiError

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

SCOPES_OPEN: "dict[str, _StrPromise]" = {
    "chat": _("Talk to roles, characters and groups; rate, stop and reset."),
    "characters:read": _("Find and read characters, with their versions."),
    "characters:write": _("Make, change and take away characters of one’s own."),
    "memory": _("Take facts out of a talk, and sum it up."),
    "history": _("Read what was said in saved dialogues."),
}

MEANINGS: "dict[type[ApiError], _StrPromise]" = {
    errors.InvalidParam: _("A field is missing, of the wrong type or out of range."),
    errors.Unreadable: _("The body is no JSON."),
    errors.WrongMethod: _("The path does not know this HTTP method."),
    errors.InvalidToken: _("No key, or one that is wrong, revoked or expired."),
    errors.Duplicate: _("It is there already. This says nothing about the key."),
    errors.NoPermission: _("The key lacks the scope, or the thing belongs to somebody else."),
    errors.NotFound: _("There is no such thing, or none that this key may see."),
    errors.NoVersions: _("Only its owner manages the versions of a character."),
    errors.ChatClosed: _("The character’s owner does not let it be talked to."),
    errors.ApiClosed: _("The character’s owner does not let it be used from programs."),
    errors.NotOffered: _("The platform has this, this site does not."),
    errors.Refused: _("Content inspection, or the model’s own policy, declined."),
    errors.TooLong: _("More than the model can read."),
    errors.Busy: _("The last answer of this dialogue is still being written."),
    errors.Throttled: _("Too much at once, or today’s replies are used up."),
    errors.Broken: _("A fault of this site; it is in the log under the requestId."),
    errors.ServiceFault: _("The engine behind this site failed."),
    errors.Unavailable: _("This site is full or restarting. Try again in a moment."),
    errors.TimedOut: _("The engine behind this site did not answer in time."),
}
