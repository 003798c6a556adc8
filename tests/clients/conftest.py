"""Real client programs, each in an environment of its own, and a site for them to talk to."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clients.environments import Environment
from tests.clients.served import WRONG_KEY, Served, served

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def site_for_clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("clients")) as running:
        yield running


@pytest.fixture(scope="session")
def sdk(site_for_clients: Served) -> Run:
    """Runs a program that uses the vendor's SDK; gives what each of its calls brought."""
    return _runner("xingchen", site_for_clients)


@pytest.fixture(scope="session")
def openai_client(site_for_clients: Served) -> Run:
    """The same for programs that speak to OpenAI-compatible servers."""
    return _runner("openai", site_for_clients)


def _runner(name: str, server: Served) -> Run:
    made = Environment(name).make()
    known = {"HOST": server.address, "KEY": server.key, "WRONG_KEY": WRONG_KEY}
    return lambda program, **more: made.run(program, **{**known, **more})
