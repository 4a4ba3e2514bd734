"""The demo: an invented office with a past and a future, made by the real use cases."""
