"""manage.py create_admin [--username NAME] [--password-env VAR | --random-password]"""

import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations

from roleplay.accounts.models import User

DEFAULT_VARIABLE = "ADMIN_PASSWORD"


class Command(BaseCommand):
    help = (
        "Makes an administrator. Needs no terminal: the password comes from an environment "
        f"variable ({DEFAULT_VARIABLE} unless another is named) or is made up and printed once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", default="admin")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--password-env", metavar="VAR", default=DEFAULT_VARIABLE)
        source.add_argument("--random-password", action="store_true")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"].strip()
        person = User(username=username, is_staff=True, is_superuser=True)
        self._refuse_taken(username)
        password = secrets.token_urlsafe(15) if options["random_password"] else ""
        password = password or _given(options["password_env"])
        try:
            person.clean_fields(exclude=["password"])
            validate_password(password, person)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        person.set_password(password)
        person.save()
        self.stdout.write(f"{username} is an administrator now.")
        if options["random_password"]:
            self.stdout.write(f"Password (shown this once): {password}")

    def _refuse_taken(self, username: str) -> None:
        # The sign-in does not tell capitals apart from small letters, so neither do we.
        taken = User.objects.filter(username__iexact=username).first()
        if taken is None:
            return
        rights = "is an administrator" if taken.is_superuser else "is not an administrator"
        raise CommandError(
            f"{taken.username} exists already and {rights}. Nothing was changed. "
            f"A new password: manage.py changepassword {taken.username}"
        )


def _given(variable: str) -> str:
    password = os.environ.get(variable, "")
    if not password:
        raise CommandError(
            f"The environment has no {variable}. Set it, name another variable with "
            "--password-env, or use --random-password."
        )
    return password
