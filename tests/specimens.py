"""Specimens of every registered law, for the tests that run over the registry."""

from __future__ import annotations

import clt_sim as clt

LAWS = {
    "arcsine": ["low=-1,high=3", "low=.75,high=3.25"],
    "bernoulli": ["probability=.03", "probability=.95"],
    "beta": ["a=.5,b=.5", "a=1,b=3.5", "a=.25,b=6,low=0,high=3", "a=30,b=50,low=-1"],
    "cauchy": ["location=.75,scale=3.25", "scale=.03"],
    "constant": ["value=3.25", "value=0", "value=-24"],
    "discrete": [
        "values=(-1,0,1),probabilities=(.25,.5,.25)",
        "values=(17,-3.5,.25),probabilities=(.9,.07,.03)",
    ],
    "empirical": ["data=(3,1,4,1,5,9,2,6)", "data=(-.5,0,24)", "data=(7,)"],
    "exponential": ["scale=3.25", "scale=.03", "scale=24"],
    "gamma": ["shape=.3", "shape=1,scale=24", "shape=40.5,scale=.03"],
    "laplace": ["mean=.75,scale=3.25", "scale=.03", "mean=-17,scale=24"],
    "logistic": ["mean=.75,scale=3.25", "scale=.03", "mean=-17,scale=24"],
    "lognormal": ["mean_log=.75,sd_log=.5", "mean_log=-5", "mean_log=2,sd_log=.1"],
    "mixture": [
        "components=('normal','laplace(mean=3)'),weights=(.3,.7)",
        "components=('uniform','uniform(low=2,high=3)','exponential(scale=.5)')",
        "components=('rademacher','normal(mean=2,sd=.5)'),weights=(.25,.75)",
        "components=('constant(value=2)','bernoulli')",
    ],
    "normal": ["mean=.75,sd=3.25", "sd=.03", "mean=-17,sd=24"],
    "pareto": ["shape=.5", "shape=1.5,scale=3.25", "shape=9.5,scale=.03"],
    "piecewise-polynomial": [
        "knots=(-1,1),coefficients=(('3/4',0,'-3/4'),)",
        "knots=(0,1,'5/4','7/4'),coefficients=((0,0,1),(0,),('4/3',))",
    ],
    "scipy": [
        "distribution='gamma',shapes=(2.5,),loc=-1,scale=3.25",
        "distribution='binom',shapes=(5,.25),loc=2",
    ],
    "sparse": [
        "slab='laplace(scale=2)',zero_probability=.9",
        "slab='uniform(low=1,high=3)',zero_probability=.25",
        "slab='bernoulli(probability=.25)'",
    ],
    "student-t": [
        "df=.5",
        "df=1.5,scale=3.25",
        "df=9.25,location=-17,scale=24",
        "df=60,location=.75",
    ],
    "stable": [
        "alpha=.5,beta=1",
        "alpha=1.3,beta=-.7,location=2,scale=.5",
        "alpha=2,scale=3",
        "alpha=1,location=-17",
        "alpha=1,beta=.5,location=-17,scale=3.25",
        "alpha=.9,beta=1",
        "alpha=.75,beta=.25,scale=.03",
    ],
    "symmetric-weibull": ["shape=.75,scale=3.25", "shape=4.5,scale=.03", "shape=1.5,scale=24"],
    "triangular": [
        "low=-1.5,mode=-1,high=3.25",
        "low=0,mode=0,high=.03",
        "low=-17,mode=24,high=24",
    ],
    "truncated-normal": [
        "low=0,high=None",
        "location=-.75,scale=3.25,low=None,high=1",
        "low=3,high=3.5",
        "location=.5,scale=.2,low=0,high=1",
    ],
    "uniform": ["low=.75,high=3.25", "high=.03", "low=-17,high=24"],
}
"""Changed parameters, by the name of the law."""

WITHOUT_DEFAULTS = {"empirical"}
"""Laws with a parameter that has to be given."""


def laws():
    """Return every registered law with its defaults, where it has them, and changed."""
    names = clt.laws.names()
    defaults = [clt.laws.get(name) for name in names if name not in WITHOUT_DEFAULTS]
    changed = [clt.laws.get(f"{name}({text})") for name in names for text in LAWS.get(name, [])]
    return sorted(defaults + changed, key=lambda law: law.name)
