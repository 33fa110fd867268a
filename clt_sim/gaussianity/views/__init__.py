"""Sources of every kind in the forms that measures take.

Draws become a sorted `sample`, a summary `binned` draws, a law a `distribution`, draws of a
variance a `scale_mixture`, and a layer its `units`; `sources` finds out which.
"""
