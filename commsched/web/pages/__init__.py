"""The pages, one module each: found by file name. A module has ``bp``, and ``NAV`` if it belongs in the menu."""
