"""Databases in which an agent explores with SQL and hands in an answer (BIRD-INTERACT's family)."""
