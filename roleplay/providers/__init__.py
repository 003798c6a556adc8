"""Speaks to engines; knows neither Django nor us."""
