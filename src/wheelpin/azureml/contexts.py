"""Build contexts on their way to Azure ML, uploaded as the official client does it."""

from wheelpin.azureml import Azure
from wheelpin.azureml.assets import Assets
from wheelpin.azureml.shared import Shared
from wheelpin.environment import Context


def workspace_upload(azure: Azure, assets: Assets, context: Context, name: str, version: str) -> str:
    """Put a context into the workspace's own blob store, once per content; its `contextUri`."""
    raise NotImplementedError(azure, assets, context, name, version)


def shared_upload(azure: Azure, shared: Shared, context: Context, name: str, version: str) -> str:
    """Put a context where the shared registry says; its `contextUri`."""
    raise NotImplementedError(azure, shared, context, name, version)
