"""Customer tables in, scores out."""

from acme_io.tables import Table, read_table, write_scores

__version__ = "2.1.0"
__all__ = ["Table", "read_table", "write_scores"]
