"""Crops, fitting, consents and sizes of pictures."""
