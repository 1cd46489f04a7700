"""τ²'s `retail` domain: the help desk of an online shop.

Names, parameters, effects and result texts of the tools are upstream's (the benchmark's interface);
descriptions are our own.
"""
