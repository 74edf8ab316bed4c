"""Which client works with which server: every version set's server tried with every set's client.

`cell` runs in a client's own environment, `run` boots servers and runs cells, `record` keeps what
came of it and makes the page `docs/reference/version-sets.md`. A set may be promoted only when
its record says that it passed (`lakehouse image matrix`).
"""
