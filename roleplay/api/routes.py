"""Everything that is offered below `/v2/api/`."""

from roleplay.api import (
    characters,
    chat,
    completions,
    control,
    group,
    history,
    memory,
    not_offered,
    openai_like,
)
from roleplay.api.route import Route

ROUTES: list[Route] = [
    *chat.ROUTES,
    *completions.ROUTES,
    *openai_like.ROUTES,
    *group.ROUTES,
    *control.ROUTES,
    *history.ROUTES,
    *characters.ROUTES,
    *memory.ROUTES,
    *not_offered.ROUTES,
]
