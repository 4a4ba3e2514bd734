"""What every page stands on: authorisation, cookies, errors, forms, language, icons."""
