"""Rules that every stack keeps, as plain functions over the resources it registers.

What is judged is the request to the engine, so that the same functions serve the tests (over
recorded resources) and a Pulumi policy pack (`policy/pack`, over the engine's).
"""
