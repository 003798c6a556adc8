"""Turns cast and thread into a Prompt that fits."""
