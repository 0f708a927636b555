# PinSched in one image: `web`, `worker`, `beat` and `release` differ only in their command.
# Built assets and collected static files are inside; nothing is downloaded when it runs.

# Style sheet, scripts, icons and fonts.
FROM node:24-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY static/src static/src
COPY templates templates
COPY accounts accounts
COPY pins pins
RUN npm run --silent build

# Packages in an environment of their own, and the house with its static files collected.
FROM python:3.11-slim-bookworm AS house
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /opt/venv && pip install --no-cache-dir --require-hashes -r requirements.txt
COPY manage.py gunicorn.conf.py LICENSE ./
COPY static/public static/public
COPY --from=assets /app/static/dist static/dist
COPY templates templates
COPY accounts accounts
COPY pins pins
COPY pinsched pinsched
# DEBUG only for these commands, so that settings load without keys.
RUN DEBUG=1 python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q accounts pins pinsched

# Only what runs.
FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WEB_HOST=0.0.0.0 \
    PORT=8000 \
    MEDIA_ROOT=/data/media
RUN groupadd --gid 10001 pinsched \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin pinsched \
    && install -d -o pinsched -g pinsched /data/media
WORKDIR /app
COPY --from=house /opt/venv /opt/venv
COPY --from=house /app /app
USER 10001:10001
EXPOSE 8000
# For `web`. Worker and beat are seen by their heartbeats in /readyz, and end when something in them dies.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
CMD ["gunicorn", "pinsched.wsgi"]
