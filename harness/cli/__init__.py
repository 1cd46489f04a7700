"""The command `bench`: one file a command, no logic."""
