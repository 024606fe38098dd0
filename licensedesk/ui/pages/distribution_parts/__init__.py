"""Parts of License Distribution."""
