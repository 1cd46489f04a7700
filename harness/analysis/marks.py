"""What the marks on a user's messages say of whose fault a failure was."""

from __future__ import annotations

SPOILING = ("drift", "early stop")
"""How marks begin by which the user, not the agent, is blamed; a leak helps the agent."""
