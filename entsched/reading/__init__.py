"""From a YAML file to plain data: strict reading, ranges, and the keys that are given several values."""
