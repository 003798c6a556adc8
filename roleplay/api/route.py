"""One line of the list of what is offered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from roleplay.api.dialects import XINGCHEN, Dialect

if TYPE_CHECKING:
    from roleplay.api.door import Call


@dataclass(frozen=True, slots=True)
class Route:
    """A path of one of the doors, what it takes and what it gives.

    `path` may hold `{name}` for one step. `service` is the vendor's gateway name, for the reference
    alone: nobody is turned away for another one. `asks` is the shape of the body, or of the query
    where the method is GET; `answers` that of `data` in the envelope, or of the whole body where
    `bare`. `stream` says how a call asks for a stream: "" never, "header" as role chat does, "body"
    by its field `stream`.
    """

    path: str
    view: "Callable[[Call], Any]"
    scope: str
    service: str
    summary: str
    asks: type[BaseModel] | None = None
    answers: Any = None
    methods: tuple[str, ...] = ("POST",)
    stream: str = ""
    bare: bool = False
    dialect: Dialect = XINGCHEN
