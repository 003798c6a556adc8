"""Puts our panel in the place of Django's own."""

from django.contrib.admin.apps import AdminConfig


class PanelConfig(AdminConfig):
    default_site = "roleplay.panel.site.Panel"
