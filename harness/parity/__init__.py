"""Whether our worlds do what upstream's do: the same calls through both, and every difference.

The peer runs in a child process under its own interpreter, so that its dependencies and ours needn't agree.
"""
