"""Comparing the rails with the legs and the books, and mending what was only missed."""

from souk.modules.books.service.reconcile.run import Reconciliation

__all__ = ["Reconciliation"]
