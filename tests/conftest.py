"""The cast of our stories: Alice who owns them, Bob who must not, an operator, and Mei."""

import pytest
from django.conf import settings
from django.test import Client

from characters.models import Character
from roleplay.accounts.models import Persona, User
from roleplay.conversations.models import Conversation
from roleplay.conversations.replying import start_story


def pytest_configure() -> None:
    # Hashed names need a build; the journeys make one, the rest does without.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # Passwords are made by the hundred.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password="a lamp in the window", language="en")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="another lamp", language="en")


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("operator", password="keeper of lamps", language="en")


@pytest.fixture
def xiaolin(alice: User) -> Persona:
    """Alice's mask."""
    return alice.personas.create(name="小林", about="摄影社社员", is_current=True)


@pytest.fixture
def mei(db: None) -> Character:
    return Character.objects.create(
        name="Mei",
        language="en",
        visibility="public",
        tagline="Mends kites.",
        description="Mei mends kites on the roof and calls {{user}} by name.",
        scenario="A roof, late wind.",
        greeting="*Mei looks up.* “Hello, {{user}}.”",
        alternate_greetings=["“You again?”"],
        example_dialogue="<START>\n{{user}}: Is it broken?\n{{char}}: Only resting.",
        starters=["What are you mending?"],
    )


@pytest.fixture
def story(alice: User, mei: Character) -> Conversation:
    return start_story(alice, mei)


@pytest.fixture
def alices_browser(alice: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(alice)
    return client


@pytest.fixture
def bobs_browser(bob: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(bob)
    return client
