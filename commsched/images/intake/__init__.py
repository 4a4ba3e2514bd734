"""Opening strangers' files safely: a confined process reads them and writes files of our own."""
