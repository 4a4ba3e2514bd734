"""The mapped classes, by what they are about. Import them from :mod:`commsched.store.models`."""
