"""Model servers that Parley starts itself, and ends whatever happens."""
