"""Table models: rows are plain values, columns are declared, and nothing here reads a database."""
