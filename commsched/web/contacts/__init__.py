"""The pages of press contacts: who they are, the lists they are on, files that come in and go out."""
