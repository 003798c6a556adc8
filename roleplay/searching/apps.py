from django.apps import AppConfig, apps
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class SearchingConfig(AppConfig):
    name = "roleplay.searching"
    label = "searching"

    def ready(self) -> None:
        from roleplay.searching.installing import install, remove_triggers, teach

        connection_created.connect(teach)
        # It has no tables that Django knows: the chats' own are what it follows.
        chats = apps.get_app_config("conversations")
        pre_migrate.connect(remove_triggers, sender=chats)
        post_migrate.connect(install, sender=chats)
