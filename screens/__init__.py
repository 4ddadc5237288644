"""Kivy only: screens draw frozen views."""
