"""Results that the bank worked out, kept in Redis for as long as they are used and true."""

from ultracore.cache.derived.preloader import Loader, Preloader
from ultracore.cache.derived.service import DerivedCache

__all__ = ["DerivedCache", "Loader", "Preloader"]
