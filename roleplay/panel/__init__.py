"""The admin panel: its site, its first page, and what all its pages share."""
