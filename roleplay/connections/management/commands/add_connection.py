"""manage.py add_connection NAME --kind xingchen|openai|demo --base-url URL --model M --key-env VAR"""

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import transaction

from roleplay.accounts.audit import record
from roleplay.connections import rules
from roleplay.connections.models import KINDS, Connection
from roleplay.panel.fields import cleaned


class Command(BaseCommand):
    help = (
        "Adds a model connection, or changes the one of this name: only what is given changes. "
        "The key is read from an environment variable, so that it stands in no list of processes "
        "and in no shell history."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--kind", choices=list(KINDS))
        parser.add_argument("--base-url", metavar="URL", help="as in https://nlp.aliyuncs.com")
        parser.add_argument("--model", metavar="M")
        parser.add_argument("--key-env", metavar="VAR", help="the variable that holds the key")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="key=value",
            help="a parameter sent with every request; JSON where it is JSON, else a text",
        )
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="key=value",
            help="how we speak: endpoint, stream, incremental, inspection, prefill, pace, seed",
        )
        parser.add_argument("--default", action="store_true", help="answers where no other is set")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        connection = Connection.objects.filter(name=options["name"]).first()
        is_new = connection is None
        if connection is None:
            if not options["kind"]:
                raise CommandError("A new connection needs --kind xingchen, openai or demo.")
            connection = Connection(name=options["name"])
        before = connection.base_url
        try:
            _change(connection, options)
            with transaction.atomic():
                self._store(connection, options, before)
        except ValidationError as error:
            raise CommandError(_sentences(error)) from error
        self.stdout.write(f"{'Added' if is_new else 'Changed'} {connection}.")
        if connection.kind == "xingchen" and not connection.key:
            self.stderr.write("It has no key. Give one with --key-env VAR.")

    def _store(self, connection: Connection, options: dict[str, Any], before: str) -> None:
        key = _key(options["key_env"])
        had_key = bool(connection.key)
        moved = bool(before) and rules.origin(before) != rules.origin(connection.base_url)
        if moved:
            connection.enter_key("")
        if key:
            connection.enter_key(key)
        connection.full_clean(exclude=["base_url", "is_default"])
        rules.check(connection)
        connection.save()
        if key:
            record(None, "connection.key", connection)
        elif had_key and not connection.key:
            self.stderr.write("The address is another one: its key was dropped. Use --key-env.")
            record(None, "connection.key", connection)
        if moved:
            record(None, "connection.address", f"{connection}: {connection.host}")
        if options["default"] and not connection.is_default:
            connection.make_default()
            record(None, "connection.default", connection)


def _change(connection: Connection, options: dict[str, Any]) -> None:
    if options["kind"]:
        connection.kind = options["kind"]
    if options["base_url"] is not None:
        connection.base_url = rules.checked_address(options["base_url"])
    if options["model"] is not None:
        connection.model = options["model"]
    connection.parameters = {**connection.parameters, **_values(options["set"])}
    connection.options = {**connection.options, **_values(options["option"])}


def _values(pairs: list[str]) -> dict[str, Any]:
    return dict(_value(pair) for pair in pairs)


def _value(pair: str) -> tuple[str, Any]:
    name, sign, text = pair.partition("=")
    if not sign or not name.strip():
        raise CommandError(f"{pair!r} is not of the form key=value.")
    try:
        value = json.loads(text, parse_constant=_no_number)
    except ValueError:
        value = text
    return name.strip(), cleaned(value)


def _no_number(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON: they stay words


def _key(variable: str | None) -> str:
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise CommandError(f"The environment has no {variable}, or it is empty.")
    return key


def _sentences(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return "\n".join(f"{field}: {' '.join(said)}" for field, said in error.message_dict.items())
