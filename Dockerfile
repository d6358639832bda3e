# The server with its core dependencies. All it writes lies below /shop, the shop's folder:
# docs/deploy.md says how to fill it.

FROM python:3.11-slim-bookworm AS builder
# uv from the same registry as everything else.
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /opt/aftercare
# Dependencies change seldom: they are a layer of their own.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project
COPY . .
RUN uv sync --frozen --no-dev --no-editable

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /shop aftercare \
    && install --directory --owner=aftercare --group=aftercare /shop
# Owned by root: the server can't change itself.
COPY --from=builder /opt/aftercare/.venv /opt/aftercare/.venv
ENV PATH=/opt/aftercare/.venv/bin:$PATH \
    HOME=/shop \
    AFTERCARE_HOME=/shop \
    AFTERCARE_DEMO=off \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RASA_TELEMETRY_ENABLED=false
# By number: Kubernetes can tell that it is not root.
USER 10001:10001
WORKDIR /shop
VOLUME /shop
EXPOSE 8000
# In the first minute a failure is the start. http.client, unlike urllib, asks no proxy of the environment.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["aftercare"]
CMD ["run", "--host", "0.0.0.0"]
