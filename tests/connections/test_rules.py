"""What an operator may enter as a connection."""

import pytest
from django.core.exceptions import ValidationError

from roleplay.connections import rules
from roleplay.connections.models import Connection


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://nlp.aliyuncs.com", "https://nlp.aliyuncs.com"),
        (" http://127.0.0.1:11434/v1/ ", "http://127.0.0.1:11434/v1"),
        ("http://ollama:11434/v1", "http://ollama:11434/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("HTTPS://Models.Example.org", "HTTPS://Models.Example.org"),
        ("", ""),
    ],
)
def test_an_address_is_kept_without_its_trailing_slash(given, kept):
    assert rules.checked_address(given) == kept


@pytest.mark.parametrize(
    "address",
    [
        "nlp.aliyuncs.com",
        "ftp://models.example.org",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///v1",
        "http://key@models.example.org",
        "http://name:word@models.example.org",
        "https://models.example.org/v1#part",
        "https://models.example.org/v1#",
        "https://models.example.org/v1?key=1",
        "https://models.example.org:port",
        "https://models.example.org:99999",
        "https://models.exa mple.org",
        "https://models.example.org\\@evil.example",
        "http://[::1",
        "https://models..example.org",
    ],
)
def test_what_is_no_address_of_a_service_is_refused(address):
    with pytest.raises(ValidationError):
        rules.checked_address(address)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "xingchen"}, "base_url"),
        ({"kind": "openai", "model": "m"}, "base_url"),
        ({"kind": "openai", "base_url": "http://localhost/v1"}, "model"),
        ({"kind": "demo", "parameters": [1]}, "parameters"),
        ({"kind": "demo", "options": "fast"}, "options"),
        ({"kind": "demo", "options": {"pace": "fast"}}, "options"),
        ({"kind": "demo", "options": {"pace": -1}}, "options"),
        ({"kind": "xingchen", "base_url": "https://x.org", "options": {"stream": 1}}, "options"),
        (
            {"kind": "xingchen", "base_url": "https://x.org", "options": {"endpoint": "chats"}},
            "options",
        ),
    ],
)
def test_a_connection_that_cannot_work_says_which_field_is_wrong(fields, field):
    with pytest.raises(ValidationError) as refusal:
        rules.check(Connection(name="Main", **fields))
    assert list(refusal.value.error_dict) == [field]


def test_the_examples_that_the_form_shows_pass_our_own_rules():
    import json

    for kind in ("xingchen", "openai", "demo"):
        rules.check(
            Connection(
                name=kind,
                kind=kind,
                base_url=rules.checked_address(rules.EXAMPLE_ADDRESSES[kind]),
                model="m",
                parameters=json.loads(rules.EXAMPLE_PARAMETERS[kind]),
                options=json.loads(rules.EXAMPLE_OPTIONS[kind]),
            )
        )
