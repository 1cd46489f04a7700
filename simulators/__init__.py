"""Simulated users: `scripted` plays by rules and needs no model, `llm` is any model client."""
