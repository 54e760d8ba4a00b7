"""Payments: attempts, their legs, quotes, and the one place where facts about money arrive."""
