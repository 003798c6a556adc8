from django.apps import AppConfig


class RoleplayConfig(AppConfig):
    """Carries the commands and checks of the whole site; it has no tables."""

    name = "roleplay"
    verbose_name = "Lamplight"
