"""What theory says of sums and of random networks: bounds, expansions, limits, exact results."""

from __future__ import annotations

from clt_sim.theory.berry_esseen import (
    asymptotic_constant,
    berry_esseen_bound,
    goldstein_bound,
    lyapunov_fraction,
)
from clt_sim.theory.cumulants import Cumulants, sum_cumulants
from clt_sim.theory.depth_limit import DepthLimit, depth_limit
from clt_sim.theory.edgeworth import Edgeworth, cornish_fisher
from clt_sim.theory.finite_width import (
    KernelMoments,
    Prediction,
    kernel_moments,
    mardia_kurtosis,
    network_kurtosis,
    unit_correlation,
)
from clt_sim.theory.generating_function import CumulantGeneratingFunction
from clt_sim.theory.kernels import dual_activation, nngp_kernel
from clt_sim.theory.lindeberg import effective_terms, lindeberg_ratio, lindeberg_sum
from clt_sim.theory.normalization import (
    batch_normalization_law,
    layer_normalization_law,
    rms_normalization_law,
)
from clt_sim.theory.rates import CertifiedBoundWarning, RateFit, check_bound, fit_rate
from clt_sim.theory.saddlepoint import Saddlepoint
from clt_sim.theory.stable_layers import stable_next_layer, stable_norming, stable_output
from clt_sim.theory.stable_limit import stable_limit
from clt_sim.theory.sub_weibull import sub_weibull_index
from clt_sim.theory.tail_constants import TailConstants, stable_tail_constant, tail_constants

__all__ = [
    "CertifiedBoundWarning",
    "CumulantGeneratingFunction",
    "Cumulants",
    "DepthLimit",
    "Edgeworth",
    "KernelMoments",
    "Prediction",
    "RateFit",
    "Saddlepoint",
    "TailConstants",
    "asymptotic_constant",
    "batch_normalization_law",
    "berry_esseen_bound",
    "check_bound",
    "cornish_fisher",
    "depth_limit",
    "dual_activation",
    "effective_terms",
    "fit_rate",
    "goldstein_bound",
    "kernel_moments",
    "layer_normalization_law",
    "lindeberg_ratio",
    "lindeberg_sum",
    "lyapunov_fraction",
    "mardia_kurtosis",
    "network_kurtosis",
    "nngp_kernel",
    "rms_normalization_law",
    "stable_limit",
    "stable_next_layer",
    "stable_norming",
    "stable_output",
    "stable_tail_constant",
    "sub_weibull_index",
    "sum_cumulants",
    "tail_constants",
    "unit_correlation",
]
