"""The tabs of one range: its product licenses, its servers, how it is counted."""
