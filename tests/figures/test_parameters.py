from __future__ import annotations

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.figures.exact_laws import law_or_refusal
from clt_sim.figures.parameters import (
    check_variances,
    listed,
    nonlinearity_names,
    whole_numbers,
)


def test_one_value_is_a_list_of_one():
    assert listed("relu") == ["relu"]
    assert listed(range(2)) == listed(np.arange(2)) == [0, 1]


def test_names_of_nonlinearities():
    relu = clt.nonlinearities.get("relu")
    assert nonlinearity_names([relu, "tanh"]) == ("relu", "tanh")
    assert nonlinearity_names(relu) == nonlinearity_names("relu") == ("relu",)
    with pytest.raises(ValueError, match="nonlinearities must be at least one"):
        nonlinearity_names(())


def test_numbers_keep_their_order():
    assert whole_numbers("ns", np.array([3.0, 1.0]), most=4) == (3, 1)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (3, TypeError, "ns must be a list of whole numbers, not 3"),
        ((), TypeError, "ns must be a list of whole numbers"),
        ((1, 5), ValueError, "each of ns must be from 1 to 4, not 5"),
        ((1.5,), TypeError, "each of ns must be a whole number"),
    ],
)
def test_numbers_that_are_refused(given, error, message):
    with pytest.raises(error, match=message):
        whole_numbers("ns", given, most=4)


def test_sums_without_a_variance_are_refused():
    check_variances([clt.WeightedSum(2, "normal", weights=1.0)])
    with pytest.raises(ValueError, match=r"finite variance above 0 .* is 0\.0"):
        check_variances([clt.WeightedSum(2, "normal", weights=0.0)])


def test_a_refusal_has_its_reason():
    model = clt.WeightedSum(64, "rademacher", weights=0.5 ** np.arange(64))
    law, refusal = law_or_refusal(model)
    assert law is None
    with pytest.raises(clt.NoExactLaw) as reason:
        clt.exact(model)
    assert refusal == str(reason.value) != ""
