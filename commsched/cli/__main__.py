"""``python -m commsched.cli``."""

from commsched.cli.main import main

main(prog_name="commsched")
