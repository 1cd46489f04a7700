"""From records to numbers: summaries with intervals, and tables for pandas."""
