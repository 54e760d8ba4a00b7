"""Whether the books hold, by themselves and beside what the rails say."""

from souk.modules.books.service.check import Books
from souk.modules.books.service.rebuild import Rebuilding, Rebuilt
from souk.modules.books.service.reconcile import Reconciliation

__all__ = ["Books", "Rebuilding", "Rebuilt", "Reconciliation"]
