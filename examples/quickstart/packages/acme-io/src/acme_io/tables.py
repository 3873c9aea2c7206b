"""CSV files: one customer a row, one feature a column, and a column that says who left."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from acme_core import Model

LABEL = "left"
KEY = "customer"


@dataclass(frozen=True)
class Table:
    """Customers with their features; `labels` is empty where nobody knows yet who leaves."""

    customers: tuple[str, ...]
    features: tuple[tuple[float, ...], ...]
    labels: tuple[bool, ...]


def read_table(path: Path) -> Table:
    """Read a table; every column but the customer and the label is a feature."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Table(
        customers=tuple(row[KEY] for row in rows),
        features=tuple(
            tuple(float(value) for name, value in row.items() if name not in (KEY, LABEL)) for row in rows
        ),
        labels=tuple(row[LABEL] == "1" for row in rows if row.get(LABEL)),
    )


def write_scores(path: Path, table: Table, model: Model) -> None:
    """Write each customer with the probability that they leave, the likeliest first."""
    scores = zip(table.customers, map(model.probability, table.features), strict=True)
    _write(path, sorted(scores, key=lambda score: -score[1]))


def _write(path: Path, scores: Iterable[tuple[str, float]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([KEY, "probability"])
        writer.writerows((customer, f"{score:.4f}") for customer, score in scores)
