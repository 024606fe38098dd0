"""What pages and dialogs are put together from. No widget here knows the core's actions."""
