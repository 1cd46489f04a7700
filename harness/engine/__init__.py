"""One episode: the turn loop, its budgets, and how it ends. No files, no printing, no scheduling."""
