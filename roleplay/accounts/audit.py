"""Writes the audit log: what staff and commands did that people would want to know of, and every
key that people made or revoked themselves."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from roleplay.accounts.models import AuditEntry

ACTIONS = {
    "chat.read": _("Read a chat"),
    "connection.key": _("Changed the key of a connection"),
    "connection.address": _("Changed the address of a connection"),
    "connection.default": _("Changed the site's default connection"),
    "connection.removed": _("Removed a connection"),
    "person.disabled": _("Disabled a person"),
    "person.enabled": _("Enabled a person"),
    "person.rights": _("Changed the rights of a person"),
    "person.password": _("Set a password for a person"),
    "person.removed": _("Removed a person"),
    "key.made": _("Made an API key"),
    "key.revoked": _("Revoked an API key"),
    "data.exported": _("Exported data"),
    "data.imported": _("Imported data"),
}
# What people do with what is their own. It makes nobody a witness who may not be removed.
OWN = ("key.made", "key.revoked")


def record(actor: Any, action: str, target: object, reason: str = "") -> AuditEntry:
    """Add one line. `actor` is None where a command did it; `action` is one of ACTIONS."""
    if action not in ACTIONS:
        raise ValueError(f"{action} is not an action of the audit log.")
    return AuditEntry.objects.create(
        actor=actor, action=action, target=str(target)[:200], reason=reason[:1000]
    )
