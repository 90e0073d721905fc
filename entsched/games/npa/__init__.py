"""Upper bounds on quantum values by moment matrices (Navascués, Pironio & Acín 2008, arXiv:0803.4290)."""
