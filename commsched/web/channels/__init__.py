"""The pages where channels are connected, renewed, checked and removed."""
