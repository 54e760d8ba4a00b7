"""A sandbox that speaks Stripe's HTTP API: a process of its own, for the local default and tests.

The official library talks to it unchanged. It keeps the shapes and rules of the published API
reference for the objects that a marketplace uses, and can be told to fail in the ways that the
real one has failed.
"""
