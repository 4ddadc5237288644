"""The reference central API."""
