"""The views of the menu area, one a file."""
