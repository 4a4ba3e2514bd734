"""``python -m commsched`` is the command line."""

from commsched.cli.main import main

if __name__ == "__main__":
    main()
