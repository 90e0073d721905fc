"""The exact local (classical) value of a game: the best deterministic strategies, found and proved."""
