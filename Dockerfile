# The controller's image, and with --target standins the one with our stand-ins, seed and simulated callers.
#   docker build -t callctl/controller .        docker build -t callctl/standins --target standins .

FROM python:3.13-slim AS dependencies
COPY requirements.lock /
# A virtual environment without pip of its own: what runs later can install nothing.
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /venv && pip --python /venv/bin/python install --require-hashes --no-deps -r /requirements.lock

FROM dependencies AS standins-dependencies
COPY requirements-standins.lock /
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /venv/bin/python install --require-hashes --no-deps -r /requirements-standins.lock

FROM python:3.13-slim AS base
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent callctl && install -d -o callctl -g callctl /var/lib/callctl
WORKDIR /app
COPY LICENSE THIRD_PARTY_NOTICES.md ./

FROM base AS standins
# sipp signals the simulated callers' telephone calls.
RUN apt-get update && apt-get install -y --no-install-recommends sip-tester && rm -rf /var/lib/apt/lists/*
COPY --from=standins-dependencies /venv /venv
COPY audiosocket audiosocket
COPY agent agent
COPY migrations migrations
COPY controller controller
COPY ops ops
COPY asterisk asterisk
RUN python -m compileall -q .
USER 10001
CMD ["python", "-c", "print('name what to run: python -m ops.standins.shop_api, ops.standins.google_stt, ops.seed_staging, ...')"]

FROM base AS controller
COPY --from=dependencies /venv /venv
COPY audiosocket audiosocket
COPY agent agent
COPY migrations migrations
COPY controller controller
# Compiled here, for the running container can write nothing.
RUN python -m compileall -q . && printf '#!/venv/bin/python\nfrom controller.cli import main\nmain()\n' >/venv/bin/callctl && chmod 755 /venv/bin/callctl
USER 10001
ENV JOURNAL_DIRECTORY=/var/lib/callctl/journal
# The spool: records wait here while PostgreSQL is away, and must outlive the container.
VOLUME /var/lib/callctl
EXPOSE 8080 9092
# Docker waits ten seconds by itself; calls are given CALLS_DRAIN_S, so give the container more: --stop-timeout.
STOPSIGNAL SIGTERM
# Fit for new calls, also while something is down that calls can do without.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 \
    CMD ["python", "-S", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8080, timeout=4); c.request('GET', '/health/ready'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["callctl"]
CMD ["run"]
