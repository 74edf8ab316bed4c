"""Configuration as text: pure functions from what a machine knows to what its services read."""
