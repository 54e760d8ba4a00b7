"""Whether the books hold."""

from souk.modules.books.service.check import Books

__all__ = ["Books"]
