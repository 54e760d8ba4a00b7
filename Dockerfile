# Stages: `souk` (API, workers and commands) and `chain` (a local chain for trying things out).

FROM python:3.13-slim AS packages
WORKDIR /build
RUN python -m venv /opt/souk
COPY requirements.lock .
RUN /opt/souk/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY backend backend
COPY contracts/deployments contracts/deployments
RUN /opt/souk/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM node:24-slim AS chain
WORKDIR /opt/chain
COPY contracts/package.json contracts/package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev
USER node
EXPOSE 8545
ENTRYPOINT ["/opt/chain/node_modules/.bin/anvil"]

FROM python:3.13-slim AS souk
ENV PATH=/opt/souk/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STATE_DIR=/var/lib/souk
RUN useradd --system --home-dir /var/lib/souk --create-home souk
COPY --from=packages /opt/souk /opt/souk
USER souk
WORKDIR /var/lib/souk
VOLUME /var/lib/souk
EXPOSE 8000
CMD ["souk", "api"]
