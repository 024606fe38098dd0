"""The dialogs, one a file: each returns a frozen dataclass or asks its page to act."""
