"""Helpers of those who work on the repository; nothing here is installed."""
