"""Submissions, from a run to a folder that anybody can verify, and the static site that is made of them."""
