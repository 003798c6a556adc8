"""Data on its way out of a site and into another: one ZIP of JSON lines and pictures.

It stands in this room because it knows all tables, and this is the room above the others.

    manifest.json          {"format": "lamplight", "version": 2, "files": {name: sha256}}
    people.jsonl           a person a line, with personas and usage; no passwords, no rights
    characters.jsonl       a character a line, with the versions it keeps
    connections.jsonl      a connection a line; no keys
    conversations.jsonl    a chat a line, with its whole tree of messages and all generations
    media/<sha256>.webp    the pictures, each once

The same data gives the same bytes. Rows name each other by what is the same on every site: a person
by user name, a connection by name, characters and chats by their ids, messages by their place in the
chat. Sign-ins, API keys and the audit log are no part of it: they belong to the site they were made on.
"""

FORMAT = "lamplight"
VERSION = 2
MANIFEST = "manifest.json"
TABLES = ("people.jsonl", "characters.jsonl", "connections.jsonl", "conversations.jsonl")


class BadArchive(Exception):
    """This file cannot be taken in; the message says why, and where."""
