"""τ²'s `airline` domain: a booking desk over a month of flights.

Names, parameters, effects and result texts of the tools are upstream's (the benchmark's interface);
descriptions are our own.
"""
