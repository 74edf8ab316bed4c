"""What runs on a machine of ours: boot, probe, health, worker agent.

Carried by the image with `lakehouse.boot` and `lakehouse.ports` and nothing else of the house;
standard library and botocore only (Debian's), except `node.probe`, which runs in Spark's own
Python and speaks Spark Connect.
"""
