"""Whether the ways to pay are there: `/api/payments/health`."""

import json
from typing import Annotated

from fastapi import Depends, Response

from souk.core.web import Section, json_response, provided
from souk.modules.payments.schemas.health import HealthOut
from souk.modules.payments.service import RailHealth

router = Section(prefix="/api/payments", tags=["payments"])


@router.get("/health", summary="Do the ways to pay answer?", response_model=HealthOut)
def read_health(rails: Annotated[RailHealth, Depends(provided(RailHealth))]) -> Response:
    """For each method, by each rail that serves it: whether it is offered to anybody, and whether
    the rail answers, as far as that is known already. Of a chain that is whether its blocks are
    being taken in. The card provider is asked twice a minute at most, however often this is."""
    body = json.dumps(rails.report(), separators=(",", ":")).encode()
    return json_response(body, headers={"Cache-Control": "no-store"})
