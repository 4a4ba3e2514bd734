"""The rules of delivery: the gate, the states, what a call ends in, and what follows from that."""
