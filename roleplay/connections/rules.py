"""What a connection must be before it is stored: the same for the panel and for commands."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from roleplay.connections.models import Connection

VENDOR_ADDRESS = "https://nlp.aliyuncs.com"
EXAMPLE_ADDRESSES = {"xingchen": VENDOR_ADDRESS, "openai": "https://api.example.com/v1", "demo": ""}
EXAMPLE_PARAMETERS = {
    "xingchen": '{"temperature": 0.92, "topP": 0.95, "maxLength": 800}',
    "openai": '{"temperature": 0.9, "max_tokens": 800}',
    "demo": "{}",
}
EXAMPLE_OPTIONS = {
    "xingchen": '{"endpoint": "auto", "stream": true, "incremental": true, "inspection": true}',
    "openai": '{"stream": true}',
    "demo": '{"pace": 14, "seed": 7}',
}
UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]")


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


# Options that we know are checked; others pass, since an engine may learn new ones.
OPTION_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "endpoint": (lambda value: value in {"auto", "chat", "completions"}, "auto, chat, completions"),
    "stream": (_flag, "true, false"),
    "incremental": (_flag, "true, false"),
    "inspection": (_flag, "true, false"),
    "prefill": (_flag, "true, false"),
    "include_usage": (_flag, "true, false"),
    "pace": (_amount, "0, 14, 60 …"),
    "seed": (lambda value: isinstance(value, int), "1, 2, 3 …"),
}


def checked_address(address: str) -> str:
    """The address without its trailing slashes. Raises ValidationError where it is none of ours."""
    address = address.strip()
    if not address:
        return ""
    parts = _split(address)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise ValidationError(
            _("Write the whole address, as in %(example)s."),
            params={"example": EXAMPLE_ADDRESSES["openai"]},
        )
    if parts.username is not None or parts.password is not None:
        raise ValidationError(
            _("Leave names and passwords out of the address. The key goes below.")
        )
    if parts.fragment or parts.query or "#" in address or "?" in address:
        raise ValidationError(_("Leave out everything from “?” or “#” on."))
    return address.rstrip("/")


def origin(address: str) -> tuple[str, str]:
    """Scheme, host and port: what a key is entered for."""
    parts = urlsplit(address)
    return parts.scheme.lower(), parts.netloc.lower()


def _split(address: str) -> SplitResult:
    try:
        if UNPRINTABLE.search(address) or "\\" in address:
            raise ValueError("blanks")
        parts = urlsplit(address)
        # Read for their errors: a port out of range, a name that no resolver can be asked for.
        parts.port, (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise ValidationError(
            _("This is not an address: look for blanks, a wrong port or a stray character.")
        ) from error
    return parts


def check(connection: Connection) -> None:
    """Raises ValidationError, by field, for what cannot work."""
    faults: dict[str, str] = {}
    if connection.kind in {"xingchen", "openai"} and not connection.base_url:
        faults["base_url"] = (
            _("This kind needs an address, as in %s.") % (EXAMPLE_ADDRESSES[connection.kind])
        )
    if connection.kind == "openai" and not connection.model:
        faults["model"] = _("Name the model that is to answer.")
    if not isinstance(connection.parameters, dict):
        faults["parameters"] = _("Write an object, as in %s.") % EXAMPLE_PARAMETERS["openai"]
    if fault := _option_fault(connection.options):
        faults["options"] = fault
    if faults:
        raise ValidationError(faults)


def _option_fault(options: Any) -> str:
    if not isinstance(options, dict):
        return _("Write an object, as in %s.") % EXAMPLE_OPTIONS["xingchen"]
    for name, value in options.items():
        fits, allowed = OPTION_RULES.get(name, (lambda _value: True, ""))
        if not fits(value):
            return _("“%(name)s” must be one of: %(allowed)s.") % {
                "name": name,
                "allowed": allowed,
            }
    return ""
