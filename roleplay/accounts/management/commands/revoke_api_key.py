"""manage.py revoke_api_key KEY"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from roleplay.accounts import api_keys
from roleplay.accounts.models import ApiKey


class Command(BaseCommand):
    help = "Takes an API key back for good; what it began ends within about a second."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", help="its number, or its beginning as lists show it: lm-abcd…")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        key = _key(options["key"])
        told = f"{key.user.get_username()}: {key}"
        if api_keys.revoke(key):
            self.stdout.write(f"{told} is revoked.")
        else:
            self.stdout.write(f"{told} was revoked before.")


def _key(given: str) -> ApiKey:
    """The key that is meant. Whoever shares a beginning is told apart by number."""
    number = given.isdecimal() and len(given) < 19
    named = {"pk": int(given)} if number else {"shown": given.rstrip("….") + "…"}
    found = list(ApiKey.objects.filter(**named).select_related("user").order_by("pk"))
    if not found:
        raise CommandError(
            f"There is no key {given}. Name its number, or lm-abcd as lists show it."
        )
    if len(found) > 1:
        every = ", ".join(f"{key.pk} ({key.user.get_username()}: {key.name})" for key in found)
        raise CommandError(f"Several keys begin so. Name the number of one: {every}.")
    return found[0]
