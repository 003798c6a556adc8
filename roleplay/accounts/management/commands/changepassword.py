"""manage.py changepassword [--revoke-keys] [NAME]"""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.core.management.base import CommandParser

from roleplay.accounts.api_keys import revoke_all
from roleplay.accounts.models import ApiKey, User


class Command(changepassword.Command):
    help = "Sets another password for a person, and takes the API keys back if asked to."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--revoke-keys",
            action="store_true",
            help="Take back this person's API keys too: a new password does not end them.",
        )

    def handle(self, *args: Any, **options: Any) -> str | None:
        told: str | None = super().handle(*args, **options)
        person = User.objects.get_by_natural_key(options["username"])
        if options["revoke_keys"]:
            self.stdout.write(f"API keys revoked: {revoke_all(person)}")
        elif left := ApiKey.objects.of(person).live().count():
            self.stdout.write(f"API keys that still work: {left}. --revoke-keys ends them.")
        return told
