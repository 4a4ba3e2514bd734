"""Documents that go with a release: looked through by a confined process, kept as they came, given to whoever may."""
