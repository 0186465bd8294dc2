"""Fixes that were tried: a problem's cure is made in memory, and the spec is checked again before it is proposed."""
