"""The parts of the map of ranges: what is drawn, in which colours, and its pictures."""
