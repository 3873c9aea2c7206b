"""Fit the churn model to a table of customers."""

from argparse import ArgumentParser
from pathlib import Path

from acme_core import fit
from acme_io import read_table


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="the folder to write model.json into")
    options = parser.parse_args()
    table = read_table(options.customers)
    options.model.mkdir(parents=True, exist_ok=True)
    (options.model / "model.json").write_text(fit(table.features, table.labels).to_json())


if __name__ == "__main__":
    main()
