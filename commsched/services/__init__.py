"""The use cases: what people and the scheduler do, one sentence each. What an edge changes, it changes by calling one of these."""
