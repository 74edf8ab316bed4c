"""A week of the autoscaler, simulated: the leader's own decisions on a synthetic market."""
