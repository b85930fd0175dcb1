# One image for the three services and the gateway: they share their packages, and a process is chosen by its entry, such as
# `services/blocklists/src/main.ts`. Sources run as they are, so nothing is built. Needs nothing of its base but Node 24 and npm.
ARG BASE=node:24-slim

FROM ${BASE} AS sources
WORKDIR /app
COPY . .

# The manifests alone, so that packages are installed anew only when one of these changes.
FROM sources AS manifests
RUN find . \( -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -o -type d -empty \) -delete

FROM ${BASE} AS packages
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --omit=dev

FROM ${BASE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app ./
COPY . .
# By number, because a base may have no user of a name. The files are root's: the processes cannot change what they run.
USER 1000:1000
ENTRYPOINT ["node"]
CMD ["gateway/src/main.ts"]
# No EXPOSE and no HEALTHCHECK: both depend on the process. docker-compose.yml has them for each.
