"""The tournament: every strategy meets every other on the same customers, under the name of its class."""
