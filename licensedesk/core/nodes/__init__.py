"""Discovered devices: found again or new, listed, managed, and counted exactly."""
