"""Sealing: words of a person lie in an envelope under their key; a closed list says what stays clear."""

from ultracore.audit.sealing import clear
from ultracore.audit.sealing.clear import IDS
from ultracore.audit.sealing.envelope import DataKey, EnvelopeBroken, Revealed
from ultracore.audit.sealing.epoch import end_epoch, epoch
from ultracore.audit.sealing.keys import MasterKey, SigningKey, key_id_of, load_public_key
from ultracore.audit.sealing.prepare import BrokenEvent, QuickTexts, divided, forget_texts, rejected, sealed_event
from ultracore.audit.sealing.subject_keys import SealingKeys, unwrapped

__all__ = [
    "IDS",
    "BrokenEvent",
    "DataKey",
    "EnvelopeBroken",
    "MasterKey",
    "QuickTexts",
    "Revealed",
    "SealingKeys",
    "SigningKey",
    "clear",
    "divided",
    "end_epoch",
    "epoch",
    "forget_texts",
    "key_id_of",
    "load_public_key",
    "rejected",
    "sealed_event",
    "unwrapped",
]
