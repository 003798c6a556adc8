"""The door for a WSGI server, as development servers use it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roleplay.settings")

application = get_wsgi_application()
