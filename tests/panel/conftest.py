import pytest
from django.test import Client


@pytest.fixture
def desk(operator):
    """The operator's browser."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(operator)
    return client


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
