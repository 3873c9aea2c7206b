"""The churn model: features in, probabilities out."""

from acme_core.model import Model, fit
from acme_core.scaling import Scaler

__all__ = ["Model", "Scaler", "fit"]
