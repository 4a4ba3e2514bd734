"""What every platform must offer, and what is given to it: the contract, a content as one channel gets it, limits."""
