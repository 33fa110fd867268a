"""What several measures share: integrals, suprema and sums over pairs."""
