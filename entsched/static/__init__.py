"""The best static routing: baseline output against waiting over all memoryless behaviors, with both ends proved."""
