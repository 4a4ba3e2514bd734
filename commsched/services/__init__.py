"""The use cases: what people and the scheduler do, one sentence each. Edges call these and nothing below."""
