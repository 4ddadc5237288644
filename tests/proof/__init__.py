"""Proofs that no fen is lost: crash explorers, power cuts, kills, a day of chaos.  ``make proof`` runs them whole."""
