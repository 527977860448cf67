"""Documents that a customer takes away: a statement, a receipt, a conversation; as PDF and in other formats."""

from ultracore.documents.layout import Column, Document, FactList, Lines, Note
from ultracore.documents.pages import document_files, document_pages
from ultracore.documents.parts import DocumentParts, DocumentServer
from ultracore.documents.typesetting import Typesetter, typeset

__all__ = [
    "Column",
    "Document",
    "DocumentParts",
    "DocumentServer",
    "FactList",
    "Lines",
    "Note",
    "Typesetter",
    "document_files",
    "document_pages",
    "typeset",
]
