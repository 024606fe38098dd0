"""Clicks, types, drags and drops at random in the whole desktop while faults come and go."""
