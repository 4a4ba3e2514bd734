"""The use cases: what people and the scheduler do, one sentence each. An edge changes things by calling these."""
