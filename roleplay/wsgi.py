"""The door for a WSGI server, as development servers use it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roleplay.settings")

django_application = get_wsgi_application()

# Django must be set up before this is read.
from roleplay.serving.static_files import collected_files  # noqa: E402

application = collected_files(django_application)
