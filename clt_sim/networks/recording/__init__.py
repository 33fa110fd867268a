"""Recording of layers: what is kept of each call, and the record that merges, saves and loads."""
