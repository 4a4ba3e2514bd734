"""The gate, the states of a delivery, outcomes and what follows from them."""
