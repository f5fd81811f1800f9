# One image for every command: `serve` (the default), `worker`, `setup`, …
#
#   docker build -t kombo-sync .
#   docker run --env-file .env -p 3000:3000 kombo-sync              # serve
#   docker run --env-file .env --no-healthcheck kombo-sync worker
#
# Debian, not Alpine: Temporal's native module needs glibc. The digest is that of the tag, for all platforms; renew both
# together for security fixes.
ARG NODE=node:24.21.0-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

FROM ${NODE} AS dependencies
WORKDIR /app
# Without the clone's settings of npm, which bring the development packages too.
COPY package.json package-lock.json ./
# The native module comes for every platform; one of them is enough.
RUN npm ci --omit=dev --no-fund --no-audit \
 && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY workflows workflows
COPY activities activities
COPY sandbox sandbox
RUN npm run build

FROM ${NODE}
# Node brings its own list of authorities; Temporal's native module reads the system's.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN ln -s /app/dist/src/cli/main.js /usr/local/bin/kombo-sync
USER node
EXPOSE 3000
# `worker` ends within 45 seconds of this signal and `serve` within 10: give containers 60 to stop.
STOPSIGNAL SIGTERM
# For `serve`. A worker has no port; run it with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OPERATIONS_PORT || process.env.PORT || 3000}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["kombo-sync"]
CMD ["serve"]
