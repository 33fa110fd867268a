"""The exact law of a model for a figure that is drawn without one, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clt_sim.exact import ExactLaw, NoExactLaw, exact

if TYPE_CHECKING:
    from clt_sim.models import Model


def law_or_refusal(model: Model) -> tuple[ExactLaw | None, str]:
    """Return the exact law of a model, or the reason why there is none.

    Parameters
    ----------
    model : Model
        A random sum.

    Returns
    -------
    law : ExactLaw or None
        The law, if there is a route to it.
    refusal : str
        Empty if there is.

    Examples
    --------
    >>> import clt_sim as clt
    >>> law, refusal = law_or_refusal(clt.WeightedSum(2, "uniform", weights=1.0))
    >>> law.mean, refusal
    (1.0, '')
    """
    try:
        return exact(model), ""
    except NoExactLaw as refusal:
        return None, str(refusal)
