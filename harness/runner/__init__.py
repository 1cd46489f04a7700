"""Many episodes: plan, schedule, execute, journal, progress."""
