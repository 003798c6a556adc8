"""The front door: home, first run, media, error pages, and what every page is told."""
