"""The pages for what cannot be shown, and the answer to an expired form."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token is old or missing. What was typed stays in the browser."""
    return render(request, "errors/csrf.html", status=403)
