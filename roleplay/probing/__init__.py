"""Tries a model connection out, in five steps that say where the trouble is."""
