"""Pacemaker's tools, and what their XML says."""
