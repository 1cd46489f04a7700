"""The vocabulary of Parley and its protocols. Imports nothing else of ours.

Everything that crosses a boundary (files, wire, command line) is a frozen pydantic model
that refuses unknown keys; what only lives inside a process is a frozen dataclass.
"""
