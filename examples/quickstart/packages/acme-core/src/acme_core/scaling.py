"""Bring every feature to mean 0 and deviation 1."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev


@dataclass(frozen=True)
class Scaler:
    """Means and deviations of the training data, one for each feature."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> "Scaler":
        """The scaler that these rows call for; a constant feature is left where it is."""
        columns = list(zip(*rows, strict=True))
        return cls(tuple(map(fmean, columns)), tuple(pstdev(column) or 1.0 for column in columns))

    def __call__(self, row: Sequence[float]) -> list[float]:
        return [
            (value - mean) / deviation
            for value, mean, deviation in zip(row, self.means, self.deviations, strict=True)
        ]
