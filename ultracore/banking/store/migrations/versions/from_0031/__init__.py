"""Revisions from 0031 on."""
