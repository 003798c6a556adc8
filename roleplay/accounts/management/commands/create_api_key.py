"""manage.py create_api_key USERNAME [--scope S …] [--name N] [--days D]"""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.utils import timezone

from roleplay.accounts import api_keys
from roleplay.accounts.models import SCOPES, User

MOST_DAYS = 36500


class Command(BaseCommand):
    help = (
        "Makes an API key for somebody and prints it, alone on one line. It is shown this once; "
        "all scopes unless some are named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--scope", action="append", metavar="S", help=f"one of {', '.join(SCOPES)}"
        )
        parser.add_argument("--name", help="what it is for; `command line` and the day unless said")
        parser.add_argument("--days", type=int, help="how long it works; forever unless said")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        person = _person(options["username"])
        days = options["days"]
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days is a number from 1 to {MOST_DAYS}.")
        expires = timezone.now() + timedelta(days=days) if days else None
        name = options["name"]
        if name is None:
            name = f"command line {timezone.localdate()}"
        try:
            _key, secret = api_keys.issue(person, name, options["scope"] or SCOPES, expires)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(secret)


def _person(username: str) -> User:
    # The sign-in does not tell capitals apart from small letters, so neither do we.
    people = User.objects.filter(username__iexact=username)
    person = people.filter(username=username).first() or people.first()
    if person is None:
        raise CommandError(f"There is nobody called {username}.")
    if not person.is_active:
        raise CommandError(f"{person.username} is disabled: the key would open nothing.")
    return person
