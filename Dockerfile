# syntax=docker/dockerfile:1
# docker build -t contract-data-processor --build-arg SOURCE_COMMIT=$(git rev-parse --short HEAD) .
# docker run --rm contract-data-processor demo

# A release of Node.js with long-term support, in both stages; 20.19 and later work.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts: none of the dependencies needs one, and `prepare` has nothing to build yet.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/after-build.mjs scripts/
COPY proto proto
COPY workers workers
COPY src src
ARG SOURCE_COMMIT
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
# curl: for the health check here, and the one in compose files that flowctl writes.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates curl \
  && rm -rf /var/lib/apt/lists/*
ARG SOURCE_COMMIT=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="contract-data-processor" \
  org.opencontainers.image.description="Stellar contract data as Arrow record batches: raw ledgers in, rows over Arrow Flight, PostgreSQL or the command line out" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${SOURCE_COMMIT}"
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist/src dist/src
COPY --from=build /app/dist/workers dist/workers
COPY package.json LICENSE ./
COPY proto proto
# Served as it is written.
COPY src/status-page/browser src/status-page/browser
COPY deploy/docker/entrypoint.sh /usr/local/bin/contract-data-processor
RUN chmod 0755 /usr/local/bin/contract-data-processor \
  && install -d -o node -g node /var/lib/contract-data/quarantine

ENV NODE_ENV=production \
  QUARANTINE_DIR=/var/lib/contract-data/quarantine
VOLUME /var/lib/contract-data
USER node
# control, Flight, health and metrics; metrics of `consume`; ledgers of `simulate` and `replay`
EXPOSE 8815 8816 8089 9090 50053
STOPSIGNAL SIGTERM
# Of `serve`; other commands end by themselves, or have their own in compose.yaml.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD curl -fsS "http://localhost:${HEALTH_PORT:-8089}/health" || exit 1
ENTRYPOINT ["contract-data-processor"]
CMD ["serve"]
