"""Logistic regression by gradient descent: small enough to read, good enough to score."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from acme_core.scaling import Scaler


@dataclass(frozen=True)
class Model:
    """A fitted model; it knows how its features were scaled."""

    weights: tuple[float, ...]
    bias: float
    scaler: Scaler

    def probability(self, row: Sequence[float]) -> float:
        """How likely it is that this customer leaves."""
        return _sigmoid(self.bias + sum(map(_product, self.weights, self.scaler(row))))

    def to_json(self) -> str:
        return json.dumps(
            {
                "weights": self.weights,
                "bias": self.bias,
                "means": self.scaler.means,
                "deviations": self.scaler.deviations,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Model":
        data = json.loads(text)
        scaler = Scaler(tuple(data["means"]), tuple(data["deviations"]))
        return cls(tuple(data["weights"]), data["bias"], scaler)


def fit(
    rows: Sequence[Sequence[float]], labels: Sequence[bool], *, rounds: int = 200, rate: float = 0.1
) -> Model:
    """Fit a model to rows of features and whether each customer left."""
    scaler = Scaler.of(rows)
    scaled = [scaler(row) for row in rows]
    weights, bias = [0.0] * len(scaled[0]), 0.0
    for _ in range(rounds):
        errors = [
            _sigmoid(bias + sum(map(_product, weights, row))) - label
            for row, label in zip(scaled, labels, strict=True)
        ]
        bias -= rate * sum(errors) / len(errors)
        for index, column in enumerate(zip(*scaled, strict=True)):
            weights[index] -= rate * sum(map(_product, errors, column)) / len(errors)
    return Model(tuple(weights), bias, scaler)


def _sigmoid(value: float) -> float:
    return 1 / (1 + exp(-max(-60.0, min(60.0, value))))


def _product(left: float, right: float) -> float:
    return left * right
