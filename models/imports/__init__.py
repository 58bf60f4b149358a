"""Rolls that staff bring as sheets: checked row by row, and taken in whole or not at all."""
