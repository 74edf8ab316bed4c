"""What the leader knows of its workers' comings and goings, by two paths.

A worker's own agent hears of notices from the metadata service and is asked for them; EventBridge
puts the same notices into a queue. Either is enough.
"""
