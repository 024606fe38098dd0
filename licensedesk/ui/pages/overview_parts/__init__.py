"""The parts of the Overview: figures of each product, what needs attention, the first steps of a new site."""
