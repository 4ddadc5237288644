"""Fonts, icons, pictures and their licences."""
