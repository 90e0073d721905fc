"""Bell pairs as qutip objects: states, measurements and the behaviors they give."""
