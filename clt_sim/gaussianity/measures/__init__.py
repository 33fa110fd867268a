"""Measures of gaussianity, one family a module; the table is in `clt_sim.gaussianity.registry`."""
