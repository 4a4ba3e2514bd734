"""What every page needs of a request and an answer: authorisation, cookies, forms, errors, language, icons."""
