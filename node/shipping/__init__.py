"""From the journal to CloudWatch Logs: read, decide what may leave, batch, send, remember."""
