"""Interruptions on purpose, while queries and writes run: nothing fails, and how much slower it is.

python -m benchmarks.interruption --interruptions 100     the soak
python -m benchmarks.interruption.slowdown                the price of one notice
"""
