"""Build and publish private wheels, pin them in Azure ML environments, register the environments."""

__version__ = "0.1.0"
