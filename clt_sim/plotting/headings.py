"""What the terms of a sum are, in the heading of a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clt_sim.laws import Law

if TYPE_CHECKING:
    from clt_sim.models import WeightedSum


def weights_text(model: WeightedSum) -> str:
    """Return the law of the weights, or the number that all weights are, after its sign.

    Parameters
    ----------
    model : WeightedSum
        A sum whose weights have a law, or are all one number.

    Returns
    -------
    str
        For `terms_heading`.

    Examples
    --------
    >>> import clt_sim as clt
    >>> print(weights_text(clt.WeightedSum(4, "normal", "relu", weights=0.5)))
    = 0.5
    """
    if isinstance(model.weights, Law):
        return rf"$\sim$ {model.weights}"
    return f"= {float(model.weights.values[0]):g}"


def terms_heading(nonlinearity: str, inputs: str, weights: str) -> str:
    r"""Return what the terms ``w*phi(x)`` of a sum are, in two lines.

    Parameters
    ----------
    nonlinearity, inputs : str
        The function phi and the law of x.
    weights : str
        As `weights_text` returns it.

    Returns
    -------
    str
        The heading.

    Examples
    --------
    >>> print(terms_heading("relu", "uniform(low=-1.0)", "= 1"))
    relu($x$), $x \sim$ uniform(low=−1)
    $w$ = 1
    """
    x = "$x$" if nonlinearity == "identity" else f"{nonlinearity}($x$)"
    words = rf"{x}, $x \sim$ {inputs}" + f"\n$w$ {weights}"
    return words.replace("=-", "=−").replace("= -", "= −").replace(".0)", ")")
