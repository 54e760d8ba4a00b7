"""What a scraper reads."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from souk.core.errors import UnavailableError
from souk.core.metrics import Metrics, MetricsNetworks, Reading, Readings
from souk.core.web import Section, provided
from souk.entrypoints.http.middleware import parse_address
from souk.entrypoints.http.problems import problem

router = Section(tags=["operations"])

_READABLE = "souk_database_readable"
_MEANINGS = {_READABLE: "Whether the gauges could be read from the database"}


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "The text format", "content": {"text/plain": {}}},
        403: {"description": "Not from this network (METRICS_NETWORKS)"},
    },
)
async def read_metrics(
    request: Request,
    networks: Annotated[MetricsNetworks, Depends(provided(MetricsNetworks))],
    metrics: Annotated[Metrics, Depends(provided(Metrics))],
    readings: Annotated[Readings, Depends(provided(Readings))],
) -> Response:
    """Requests by route, and how the books, the comparison with the rails, the queues and the
    chains are. Nobody signs in for it, so it is shown to networks of the operator's choice alone;
    it names no person, order or payment."""
    client = None if request.client is None else parse_address(request.client.host)
    forwarded = bool({"x-forwarded-for", "forwarded"} & set(request.headers))
    if not networks.allow(client, forwarded=forwarded):
        return problem(
            status=403,
            code="metrics_not_for_you",
            detail="metrics are read from the networks in METRICS_NETWORKS alone",
        )
    found = await _latest(readings)
    meanings = {**_MEANINGS, **readings.meanings}
    body = await run_in_threadpool(metrics.expose, found, meanings)
    return Response(body, media_type=metrics.media_type, headers={"Cache-Control": "no-store"})


async def _latest(readings: Readings) -> Sequence[Reading]:
    """Without a database there are no gauges, and the counts are wanted all the more."""
    try:
        found = await readings.latest()
    except UnavailableError:
        return [Reading(_READABLE, {}, 0)]
    return [Reading(_READABLE, {}, 1), *found]
