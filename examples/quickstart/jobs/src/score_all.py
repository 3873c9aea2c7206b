"""Score every customer of a table."""

from argparse import ArgumentParser
from pathlib import Path

from acme_core import Model
from acme_io import read_table, write_scores


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="the folder with model.json")
    parser.add_argument("--scores", type=Path, required=True, help="the CSV file to write")
    options = parser.parse_args()
    model = Model.from_json((options.model / "model.json").read_text())
    write_scores(options.scores, read_table(options.customers), model)


if __name__ == "__main__":
    main()
