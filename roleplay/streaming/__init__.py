"""Keeps a reply running and its events readable."""
