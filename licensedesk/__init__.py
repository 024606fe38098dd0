"""LicenseDesk: hold, apportion and deliver product licenses over a tree of management servers."""

__version__ = "0.1.0"
