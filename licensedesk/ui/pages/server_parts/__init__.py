"""The parts of the view of servers: columns, and what is done with the selected one."""
