"""What two observers see: joint distributions, entropies and Bell tests of recorded answers."""
