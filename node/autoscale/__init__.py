"""The autoscaler: how many workers a cluster has, of which market, and which of them leave.

`decide` is pure: an observation and a memory go in, a decision and a memory come out. Only
`spark`, `group` and `__main__` touch the world.
"""
