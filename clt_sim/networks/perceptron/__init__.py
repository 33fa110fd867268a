"""The perceptron of the built-in experiment: its layers, normalizations and gradients."""
