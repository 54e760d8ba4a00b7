"""The pinned version of Stripe's API, which the sandbox speaks as well."""

API_VERSION = "2026-10-28.endive"
