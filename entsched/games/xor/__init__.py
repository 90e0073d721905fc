"""XOR games: only whether the two answers are equal counts."""
