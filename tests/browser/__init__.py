"""Tests that drive the app in real Chromium, as a person would."""
