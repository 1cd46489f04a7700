"""Model clients: what a model is asked and answers, and the ways to reach one.

Nothing here imports a provider's library before a model is called.
"""
