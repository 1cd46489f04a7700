"""τ²'s `telecom` domain: a carrier's desk, a customer's phone, and the network between them.

Names, parameters, effects and result texts of tools, helpers and probes are upstream's (the benchmark's
interface); descriptions are our own.
"""
