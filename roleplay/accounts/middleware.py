"""Speaks to people in the language they chose, and keeps their pages out of caches."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.utils import translation


class PreferencesMiddleware:
    """Turns a signed-in person's own language on; strangers keep what their browser asks for.

    Pages of somebody who is signed in are never stored: after signing out, going back shows
    nothing. A view that says otherwise about its own answer is left alone.
    """

    async_capable = sync_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        if iscoroutinefunction(self):
            return self._later(request)
        self._speak_to(request.user)
        return self._kept_private(request.user, self.get_response(request))

    async def _later(self, request: Any) -> Awaitable[Any]:
        user = await request.auser()
        self._speak_to(user)
        return self._kept_private(user, await self.get_response(request))  # type: ignore[no-any-return]

    def _speak_to(self, user: Any) -> None:
        if user.is_authenticated and user.language:
            translation.activate(user.language)

    def _kept_private(self, user: Any, response: Any) -> Any:
        if user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response
