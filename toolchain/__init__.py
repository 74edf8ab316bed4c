"""Tools that this project drives: found installed, or built from pinned sources into a cache.

`toolchain.ensure.ensure` is the way in. Imports `lakehouse` (errors) and nothing else of ours.
"""
