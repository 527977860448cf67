"""Pages on which a customer sees where the figures of an answer come from, down to the lines of the ledger."""

from ultracore.figures.pages import figure_pages
from ultracore.figures.parts import FigureParts, FigureServer

__all__ = ["FigureParts", "FigureServer", "figure_pages"]
