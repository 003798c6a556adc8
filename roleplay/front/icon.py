"""The icon that browsers ask for by its old name, whatever a page says."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

DAY = 24 * 60 * 60


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    response = redirect(static("img/lamp.svg"))
    response["Cache-Control"] = f"public, max-age={DAY}"
    return response
