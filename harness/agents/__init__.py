"""Agents: built-in ones, and the loader for anyone's class."""
