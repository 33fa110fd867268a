"""Training of the perceptron: steps, checkpoints, and the history of accuracies and shapes."""
