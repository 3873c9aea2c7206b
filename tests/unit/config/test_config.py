"""The config's types: one place for keys, defaults and kinds."""

from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from wheelpin.config import VARIANTS, Config, EnvironmentConfig, RegistryConfig, StoreConfig

UNIONS = {"stores": StoreConfig, "registries": RegistryConfig}


@pytest.mark.parametrize("table", UNIONS)
def test_the_words_that_choose_a_model_are_the_kinds_of_the_models(table: str) -> None:
    union, _ = get_args(UNIONS[table])
    assert list(VARIANTS[table].values()) == list(get_args(union))
    for word, model in VARIANTS[table].items():
        assert get_args(model.model_fields["kind"].annotation) == (word,)


def test_both_forms_of_environments_are_known() -> None:
    union, _ = get_args(EnvironmentConfig)
    assert [get_args(form)[0] for form in get_args(union)] == list(VARIANTS["environments"].values())


@pytest.mark.parametrize(
    "model", [Config, *(model for models in VARIANTS.values() for model in models.values())]
)
def test_every_table_refuses_unknown_keys_and_changes(model: type[BaseModel]) -> None:
    assert (model.model_config.get("extra"), model.model_config.get("frozen")) == ("forbid", True)


def test_a_secret_in_a_value_does_not_stand_in_the_error() -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"output": ["secret"]})
    assert "secret" not in str(caught.value)
