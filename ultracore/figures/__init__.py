"""Pages on which a customer sees the origin of the figures of an answer, down to the lines of the ledger."""

from ultracore.figures.pages import figure_pages
from ultracore.figures.parts import FigureParts, FigureServer

__all__ = ["FigureParts", "FigureServer", "figure_pages"]
