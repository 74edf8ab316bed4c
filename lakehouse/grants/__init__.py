"""Grants of Lake Formation as code: what is granted, how the service says it, who enforces it.

Pure: no AWS call is made here. `components/` makes what these modules describe, `ops/` compares.
"""
