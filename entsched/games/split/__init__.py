"""The split game of routing: least cost at each splitting probability, over each set of correlations."""
