from clt_sim import laws as laws
from clt_sim import networks as networks
from clt_sim import nonlinearities as nonlinearities
from clt_sim import theory as theory
from clt_sim.effective_size import EffectiveSize as EffectiveSize
from clt_sim.effective_size import effective_size as effective_size
from clt_sim.engine import sample as sample
from clt_sim.engine import simulate as simulate
from clt_sim.engine import simulate_conditional as simulate_conditional
from clt_sim.engine import simulate_path as simulate_path
from clt_sim.estimate import Estimate as Estimate
from clt_sim.exact import ClosedFamilyLaw as ClosedFamilyLaw
from clt_sim.exact import ExactLaw as ExactLaw
from clt_sim.exact import InvertedLaw as InvertedLaw
from clt_sim.exact import LatticeLaw as LatticeLaw
from clt_sim.exact import NetworkLaw as NetworkLaw
from clt_sim.exact import NoExactLaw as NoExactLaw
from clt_sim.exact import PiecewisePolynomialLaw as PiecewisePolynomialLaw
from clt_sim.exact import PushforwardLaw as PushforwardLaw
from clt_sim.exact import exact as exact
from clt_sim.figures import figure as figure
from clt_sim.gaussianity import gaussianity as gaussianity
from clt_sim.models import RandomNetwork as RandomNetwork
from clt_sim.models import WeightedSum as WeightedSum
from clt_sim.multivariate import multivariate_gaussianity as multivariate_gaussianity
from clt_sim.networks import LayerRecord as LayerRecord
from clt_sim.networks import MultilayerPerceptron as MultilayerPerceptron
from clt_sim.networks import record as record
from clt_sim.networks import train as train
from clt_sim.report import Report as Report
from clt_sim.sparsity import sparsity as sparsity
from clt_sim.summaries import NormalMixture as NormalMixture
from clt_sim.summaries import Summary as Summary

__version__: str
__all__: list[str]
