"""Packs and suites on disk: find, load, validate, resolve, scaffold, and import upstream formats."""
