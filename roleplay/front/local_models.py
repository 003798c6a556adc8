"""Looks for a model server on this very machine, at the ports such servers are known for."""

import http.client
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

PORTS = {11434: "Ollama", 1234: "LM Studio", 8080: "llama.cpp", 8000: "vLLM"}
SECONDS = 0.3
MOST_BYTES = 256 * 1024


@dataclass(frozen=True)
class LocalServer:
    """An OpenAI-compatible server that answered, with the names of its models."""

    name: str
    base_url: str
    models: tuple[str, ...]


def find_local(ports: Iterable[int] = PORTS, skip: int | None = None) -> LocalServer | None:
    """The first one that lists a model; None where nobody answers. `skip`: our own port."""
    for port in ports:
        models = _models_at(port) if port != skip else ()
        if models:
            name = PORTS.get(port, f"127.0.0.1:{port}")
            return LocalServer(name, f"http://127.0.0.1:{port}/v1", models)
    return None


def _models_at(port: int) -> tuple[str, ...]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/v1/models", headers={"Accept": "application/json"})
        response = connection.getresponse()
        return _names(response.read(MOST_BYTES)) if response.status == 200 else ()
    except (OSError, http.client.HTTPException):
        return ()
    finally:
        connection.close()


def _names(body: bytes) -> tuple[str, ...]:
    try:
        listed: Any = json.loads(body)["data"]
        return tuple(str(model["id"]) for model in listed)
    except (ValueError, LookupError, TypeError):
        return ()
