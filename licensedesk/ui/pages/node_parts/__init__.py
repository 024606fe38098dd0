"""The parts of the views of nodes: columns, filters, what is read, what is done."""
