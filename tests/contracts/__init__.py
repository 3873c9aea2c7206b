"""What every backend of a kind promises: one suite each for stores and registries."""

import pytest

pytest.register_assert_rewrite("tests.contracts.store", "tests.contracts.registry")
